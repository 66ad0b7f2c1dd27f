"""An app that its author changes: what it takes is told by EDITION."""

import os

import gradio as gr

from serving import serve

EDITION = os.environ.get("EDITION", "1")


def shout(text, times):
    """Says a text loudly."""
    return " ".join([text.upper()] * int(times))


def exclaim(text, mood):
    """Says a text in a mood."""
    return f"{text.upper()} ({mood})"


with gr.Blocks(title=f"Edition {EDITION}") as demo:
    text = gr.Textbox(label="Text")
    answer = gr.Textbox(label="Answer")
    button = gr.Button("Run")
    if EDITION == "1":
        button.click(shout, [text, gr.Number(label="Times", value=1, precision=0)], answer, api_name="speak")
    else:
        mood = gr.Dropdown(["calm", "cross"], label="Mood", value="calm")
        button.click(exclaim, [text, mood], answer, api_name="speak")

serve(demo)
