"""How a function can behave beside returning: state, generators, progress, notices, errors, batches."""

import time

import gradio as gr
from gradio import Error, Info, Warning as Notice

from serving import MAJOR, fitting


def count_up(state):
    """Counts the calls of this session."""
    return f"call {state + 1}", state + 1


def between(first, state, second):
    """Has its state between two visible inputs and before its visible outputs."""
    return state + [first], f"{first}-{second}", len(state)


def stream_words(text):
    """Hands words out one by one."""
    said = ""
    for word in text.split():
        said += word + " "
        yield said


def stream_two(steps):
    """Two outputs, the second of which only comes in the end."""
    for step in range(int(steps)):
        yield {"step": step, "done": list(range(step))}, None
    yield {"step": steps, "done": "all"}, "finished"


def stream_then_fail(text):
    yield text
    raise Error("Broke after the first word.")


async def stream_later(count):
    for index in range(int(count)):
        yield index


def with_progress(steps, progress=gr.Progress()):
    """Tells how far it is, in shares."""
    for step in range(int(steps)):
        progress(step / steps, desc="Rendering")
        time.sleep(0.05)
    return "rendered"


def with_tqdm(steps, progress=gr.Progress()):
    """Tells how far it is, in steps."""
    for _ in progress.tqdm(range(int(steps)), desc="Counting", unit="things"):
        time.sleep(0.05)
    return "counted"


def with_notices(text):
    Info(f"About {text}")
    Notice(f"Mind <b>{text}</b>")
    return text


def refuse(text):
    raise fitting(Error, message=f"Cannot do <b>{text}</b>.", title="Refused")


def crash(text):
    raise ValueError(f"secret detail of {text}")


def in_batches(words):
    """Takes many calls at once."""
    return [[word.upper() for word in words]]


def who_calls(text, request: gr.Request):
    """Sees the caller's headers."""
    return {"text": text, "client": request.headers.get("x-gradio-user"), "token": "authorization" in request.headers}


def defaults(flag=False, count=0, text="", choice=None):
    """All of its components have a value that counts for nothing."""
    return [flag, count, text, choice]


def build():
    text = gr.Textbox(label="Text")
    steps = gr.Number(label="Steps", precision=0, value=3)
    answer = gr.Textbox(label="Answer")
    data = gr.JSON(label="Data")
    button = gr.Button("Run")
    counter = gr.State(0)
    said = gr.State([])
    button.click(count_up, counter, [answer, counter], api_name="count_up")
    button.click(between, [text, said, steps], [said, answer, steps], api_name="between")
    button.click(stream_words, text, answer, api_name="stream_words")
    button.click(stream_two, steps, [data, answer], api_name="stream_two")
    button.click(stream_then_fail, text, answer, api_name="stream_then_fail")
    button.click(stream_later, steps, gr.Number(label="Last"), api_name="stream_later")
    button.click(with_progress, steps, answer, api_name="with_progress")
    button.click(with_tqdm, steps, answer, api_name="with_tqdm")
    button.click(with_notices, text, answer, api_name="with_notices")
    button.click(refuse, text, answer, api_name="refuse")
    button.click(crash, text, answer, api_name="crash")
    button.click(in_batches, text, answer, api_name="in_batches", batch=True, max_batch_size=4)
    button.click(who_calls, text, data, api_name="who_calls")
    button.click(lambda value: value[::-1], text, answer, api_name="at_once", queue=False)
    nothing = [
        gr.Checkbox(label="Flag", value=False),
        gr.Number(label="Count", value=0),
        gr.Textbox(label="Text", value=""),
        gr.Dropdown(["a", "b"], label="Choice", value=None),
    ]
    button.click(defaults, nothing, data, api_name="defaults")
    if MAJOR >= 5:
        button.click(lambda: (gr.skip(), "said"), None, [text, answer], api_name="skip")
