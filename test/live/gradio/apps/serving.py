"""What every app of the suites needs: a free port, a line that says when it is ready, options of several Gradios."""

import inspect
import os
import socket

import gradio as gr

MAJOR = int(gr.__version__.split(".")[0])

# An endpoint that is not listed, and one that cannot be called from outside.
UNLISTED = {"api_visibility": "undocumented"} if MAJOR >= 6 else {"show_api": False}
PRIVATE = {"api_visibility": "private"} if MAJOR >= 6 else {"api_name": False}


def fitting(callable, **options):
    """Calls something with those of the options that this Gradio knows."""
    known = inspect.signature(callable).parameters
    return callable(**{name: value for name, value in options.items() if name in known})


def say(*words):
    """Writes a line of the app's log at once."""
    print(*words, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(demo, **options):
    """Runs an app until the process is ended, and says where it is as soon as it answers."""
    port = int(os.environ.get("PORT") or free_port())
    defaults = {"server_name": "127.0.0.1", "server_port": port, "quiet": True, "prevent_thread_lock": True}
    fitting(demo.launch, **{"show_error": True, **defaults, **options})
    say("READY", f"http://127.0.0.1:{port}")
    demo.block_thread()
