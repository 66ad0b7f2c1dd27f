"""An app that is an MCP server too (from Gradio 5.28 on)."""

import gradio as gr

from serving import serve


def shout(text: str, times: int = 1) -> str:
    """Says a text loudly.

    Args:
        text: What to say.
        times: How often to say it.
    """
    return " ".join([text.upper()] * int(times))


with gr.Blocks(title="Tools") as demo:
    words = gr.Textbox(label="Text")
    times = gr.Number(label="Times", value=1, precision=0)
    gr.Button("Run").click(shout, [words, times], gr.Textbox(label="Answer"), api_name="shout")

serve(demo, mcp_server=True)
