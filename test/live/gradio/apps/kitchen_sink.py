"""An app with an endpoint for everything that Gradio can do, on every version that the suites run."""

import gradio as gr

from serving import MAJOR, serve
from sink import behaviours, echoes, names, outputs, typed

with gr.Blocks(title="Kitchen sink") as demo:
    for part in (echoes, outputs, behaviours, names):
        part.build()
    if MAJOR >= 5:
        typed.build()

serve(demo, max_file_size="1mb")
