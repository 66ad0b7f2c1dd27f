"""Uses the demo Space through Python's own Gradio client and prints what came back, as JSON.

Arguments: the Space's address, a file to send, a directory for downloads.
"""

import json
import sys
import time

from gradio_client import Client, handle_file


def failure_of(call):
    """The words in which a call fails."""
    try:
        call()
    except Exception as error:
        return str(error)
    return None


def cancel_in_the_middle(client):
    """Starts a job that would take long, waits for its first step, cancels it; gives that step."""
    job = client.submit(1000, 1, api_name="/slow")
    while not job.status().progress_data:
        time.sleep(0.02)
    step = job.status().progress_data[0]
    job.cancel()
    return {"description": step.desc, "length": step.length, "unit": step.unit}


def main(url, path, downloads):
    client = Client(url, verbose=False, download_files=downloads)
    api = client.view_api(print_info=False, return_format="dict")
    answers = {
        "endpoints": list(api["named_endpoints"]),
        "greet": client.predict("Ada", api_name="/greet"),
        "greet_by_name": client.predict(name="Ada", excited=True, api_name="/greet"),
        "draw": client.predict("sunset", 7, 128, api_name="/draw"),
        "count": list(client.submit(4, 0, api_name="/count")),
        "describe_file": client.predict(handle_file(path), api_name="/describe_file"),
        "remember": client.predict("milk", api_name="/remember"),
        "recall": client.predict(api_name="/recall"),
        "fail": failure_of(lambda: client.predict("No ink left.", "Printer", api_name="/fail")),
        "slow": cancel_in_the_middle(client),
    }
    json.dump(answers, sys.stdout)


main(*sys.argv[1:])
