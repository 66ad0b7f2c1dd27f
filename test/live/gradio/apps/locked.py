"""An app behind a user name and a password."""

import gradio as gr

from serving import say, serve


def expire():
    """Ends every session, as a restart does."""
    demo.app.tokens.clear()
    return "expired"


def check(name, password):
    say("login of", name)
    return (name, password) == ("ada", "lovelace & co=1815%")


with gr.Blocks(title="Locked") as demo:
    text = gr.Textbox(label="Text")
    file = gr.File(label="File")
    button = gr.Button("Run")
    button.click(lambda value: value, text, text, api_name="echo")
    button.click(lambda value: value, file, file, api_name="echo_file")
    button.click(expire, None, text, api_name="expire")

serve(demo, auth=check, auth_message="Ask <b>Ada</b> for the password.")
