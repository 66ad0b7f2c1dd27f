"""An app behind a user name and a password."""

import gradio as gr

from serving import serve

with gr.Blocks(title="Locked") as demo:
    text = gr.Textbox(label="Text")
    gr.Button("Run").click(lambda value: value, text, text, api_name="echo")

serve(demo, auth=("ada", "lovelace"))
