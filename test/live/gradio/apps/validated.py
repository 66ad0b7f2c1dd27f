"""Functions whose inputs are checked before they are queued (from Gradio 5.46 on)."""

import gradio as gr

from serving import serve


def check(name, age):
    return [gr.validate(len(name) > 2, "too short"), gr.validate(age >= 18, "too young")]


with gr.Blocks(title="Validated") as demo:
    name = gr.Textbox(label="Name")
    age = gr.Number(label="Age")
    answer = gr.Textbox(label="Answer")
    gr.Button("Run").click(
        lambda name, age: f"{name} is {age:g}", [name, age], answer, api_name="register", validator=check
    )

serve(demo)
