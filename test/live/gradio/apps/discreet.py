"""An app that hides why it fails, as Spaces do unless told otherwise."""

import gradio as gr

from serving import fitting, serve


def crash(text):
    raise ValueError(f"secret detail of {text}")


def refuse(text):
    raise fitting(gr.Error, message=f"Cannot do {text}.", title="Refused")


with gr.Blocks(title="Discreet") as demo:
    text = gr.Textbox(label="Text")
    number = gr.Number(label="Number")
    button = gr.Button("Run")
    button.click(crash, text, text, api_name="crash")
    button.click(refuse, text, text, api_name="refuse")
    button.click(lambda value: value, number, number, api_name="number")

serve(demo, show_error=False)
