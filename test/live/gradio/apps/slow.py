"""Jobs that take long, and say in the app's log when they start, take a step, are cancelled and end."""

import asyncio
import time

import gradio as gr

from serving import say, serve


def silent(seconds):
    """Works without a word."""
    say("silent started")
    time.sleep(seconds)
    say("silent ended")
    return f"slept {seconds:g} s"


def stepwise(steps, seconds, progress=gr.Progress()):
    """Works in steps and tells them; a plain function cannot be stopped from outside."""
    say("stepwise started")
    for step in range(int(steps)):
        progress((step, int(steps)), desc="Working", unit="steps")
        say("stepwise step", step + 1)
        time.sleep(seconds)
    say("stepwise ended")
    return f"did {steps:g} steps"


def streaming(steps, seconds):
    """Hands out a value with each step; it is stopped at the next one."""
    say("streaming started")
    ended = False
    try:
        for step in range(int(steps)):
            say("streaming step", step + 1)
            yield step + 1
            time.sleep(seconds)
        ended = True
    finally:
        say("streaming ended" if ended else "streaming cancelled")


async def waiting(seconds):
    """Waits without holding a thread; it is stopped at once."""
    say("waiting started")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        say("waiting cancelled")
        raise
    say("waiting ended")
    return f"waited {seconds:g} s"


with gr.Blocks(title="Slow") as demo:
    seconds = gr.Number(label="Seconds", value=90)
    steps = gr.Number(label="Steps", value=10)
    answer = gr.Textbox(label="Answer")
    button = gr.Button("Start")
    button.click(silent, seconds, answer, api_name="silent")
    button.click(stepwise, [steps, seconds], answer, api_name="stepwise")
    button.click(streaming, [steps, seconds], gr.Number(label="Step"), api_name="streaming")
    button.click(waiting, seconds, answer, api_name="waiting")

serve(demo)
