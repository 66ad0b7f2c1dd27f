"""What people build and /info tells only half of: example rows, choices that change, chats with files, labels of all sorts."""

import gradio as gr
from PIL import Image

from serving import MAJOR, serve

Image.new("RGB", (8, 8), "red").save("red square.png")
Image.new("RGB", (8, 8), "blue").save("blue.png")

MODELS = {"cats": ["tabby", "manx"], "dogs": ["beagle", "corgi"]}
I18N = {}
if hasattr(gr, "I18n"):
    I18N["i18n"] = gr.I18n(en={"prompt.label": "Your prompt"}, de={"prompt.label": "Ihre Eingabe"})


def paint(picture, words, strength):
    """Paints words over a picture."""
    return f"{picture.size[0]}x{picture.size[1]} {words} {strength}"


def models_of(kind):
    return gr.update(choices=MODELS[kind], value=MODELS[kind][0])


def grown(kind):
    return gr.update(choices=[*MODELS[kind], "mutt"], value="mutt"), "grown"


def pick(kind, model, fixed):
    """Says which model was picked."""
    return f"{kind}: {model} ({fixed})"


def answer(message, history):
    """Answers a message."""
    return f"You said {message['text']!r} with {len(message['files'])} files."


def count(*values):
    """Counts what is ticked."""
    return sum(map(bool, values))


def hear(prompt, face, value):
    return f"{prompt} {face} {value}"


def hold(words, kept):
    return f"{words} {kept}"


def open_file(file):
    return file.name if file else "nothing"


with gr.Blocks(title="Described") as demo:
    with gr.Tab("Rows"):
        picture, words = gr.Image(label="Picture", type="pil"), gr.Textbox(label="Words")
        strength = gr.Slider(0, 1, 0.5, label="Strength")
        painted = gr.Textbox(label="Painted")
        gr.Button("Paint").click(paint, [picture, words, strength], painted, api_name="paint")
        gr.Examples([["red square.png", "a fox", 0.25], ["blue.png", "an owl", 0.75]], [picture, words, strength])
    with gr.Tab("Changing"):
        kind = gr.Dropdown(list(MODELS), label="Kind", value="cats")
        model = gr.Dropdown(MODELS["cats"], label="Model", value="tabby")
        fixed = gr.Radio(["fast", "slow"], label="Speed", value="fast")
        told = gr.Textbox(label="Told")
        kind.change(models_of, kind, model, api_name="models_of")
        gr.Button("Grow").click(grown, kind, [model, told], api_name="grown")
        gr.Button("Pick").click(pick, [kind, model, fixed], told, api_name="pick")
    with gr.Tab("Chat"):
        rows = [{"text": "What is this?", "files": ["red square.png"]}]
        kind_of_history = {"type": "messages"} if MAJOR == 5 else {}
        gr.ChatInterface(answer, multimodal=True, examples=rows, cache_examples=False, **kind_of_history)
    with gr.Tab("Labels"):
        label = I18N["i18n"]("prompt.label") if I18N else "Your prompt"
        heard = [gr.Textbox(label=label), gr.Textbox(label="🙂", value="x"), gr.Number(show_label=False, value=3)]
        gr.Button("Hear").click(hear, heard, gr.HTML(), api_name="hear")
    with gr.Tab("Many"):
        boxes = [gr.Checkbox(label=f"Option {number}") for number in range(200)]
        gr.Button("Count").click(count, boxes, gr.Number(label="Ticked"), api_name="count")
        checks = [gr.Checkbox(label="Keep", value=True) for _ in range(20)]
        gr.Button("Keep").click(count, checks, [gr.Number(label="Kept")], api_name="keep")
    with gr.Tab("Browser"):
        kept = gr.BrowserState("own") if hasattr(gr, "BrowserState") else gr.State("own")
        if hasattr(gr, "BrowserState"):
            gr.Button("Remember").click(lambda words: words, gr.Textbox(label="Words"), kept, api_name="remember")
        gr.Button("Hold").click(hold, [gr.Textbox(label="Words"), kept], gr.Textbox(label="Held"), api_name="hold")
    with gr.Tab("Kinds"):
        files = gr.File(label="Document", file_types=["text", ".pdf"])
        gr.Button("Open").click(open_file, files, gr.Textbox(label="Opened"), api_name="open_file")

serve(demo, **I18N)
