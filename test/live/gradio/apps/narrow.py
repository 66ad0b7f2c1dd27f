"""A queue with one place, and functions that take it for as long as they are told."""

import time

import gradio as gr

from serving import say, serve


def occupy(seconds):
    say("occupy started")
    time.sleep(seconds)
    return f"free after {seconds:g} s"


with gr.Blocks(title="Narrow") as demo:
    seconds = gr.Number(label="Seconds", value=1)
    gr.Button("Run").click(occupy, seconds, gr.Textbox(label="Answer"), api_name="occupy")

demo.queue(max_size=1)
serve(demo)
