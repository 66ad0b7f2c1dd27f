"""Every component as input and as output: each endpoint gives back what it took."""

import gradio as gr

from serving import MAJOR, fitting


def echo(value):
    return value


def texts():
    return {
        "textbox": fitting(gr.Textbox, label="Text", info="Any text", placeholder="hello", max_length=200),
        "textbox_default": gr.Textbox(label="Text", value="as it was"),
        "textbox_empty": gr.Textbox(label="Text", value=""),
        "textarea": gr.Textbox(label="Long text", lines=5),
        "code": gr.Code(label="Source", language="python", value="print(1)"),
        "markdown": gr.Markdown(label="Markdown"),
        "html": gr.HTML(label="Page"),
        "color": gr.ColorPicker(label="Colour", value="#ff0000"),
    }


def numbers():
    return {
        "number": gr.Number(label="Number"),
        "number_zero": gr.Number(label="Number", value=0),
        "number_bounds": gr.Number(label="Number", minimum=-1, maximum=20, value=7.5),
        "integer": gr.Number(label="Integer", precision=0, minimum=1, maximum=9, value=3),
        "slider": gr.Slider(label="Steps", minimum=1, maximum=50, step=1, value=4),
        "slider_fine": gr.Slider(label="Scale", minimum=0, maximum=1, step=0.05, value=0.5),
        "checkbox": gr.Checkbox(label="Yes or no"),
        "checkbox_true": gr.Checkbox(label="Yes or no", value=True),
    }


def choices():
    pairs = [("small", 256), ("large", 1024)]
    return {
        "checkbox_group": gr.CheckboxGroup(label="Colours", choices=["red", "green", "blue"], value=["red"]),
        "checkbox_group_numbers": gr.CheckboxGroup(label="Sizes", choices=pairs),
        "radio": gr.Radio(label="Mode", choices=["fast", "good"], value="good"),
        "radio_numbers": gr.Radio(label="Size", choices=pairs, value=256),
        "dropdown": gr.Dropdown(label="Model", choices=["v1", "v2"], value="v2"),
        "dropdown_none": gr.Dropdown(label="Model", choices=["v1", "v2"], value=None),
        "dropdown_pairs": gr.Dropdown(label="Voice", choices=[("Anna (en)", "en_anna"), ("Bert (nl)", "nl_bert")]),
        "dropdown_numbers": gr.Dropdown(label="Batch", choices=[1, 2, 4], value=2),
        "dropdown_custom": gr.Dropdown(label="Style", choices=["oil", "ink"], value="oil", allow_custom_value=True),
        "dropdown_multi": gr.Dropdown(label="Tags", choices=["a", "b", "c"], value=["a"], multiselect=True),
    }


def files():
    return {
        "image": gr.Image(label="Photo", type="filepath"),
        "image_pixels": fitting(gr.Image, label="Photo", type="numpy", format="png"),
        "audio": gr.Audio(label="Speech", type="filepath"),
        "video": gr.Video(label="Clip"),
        "file": gr.File(label="Document"),
        "file_typed": gr.File(label="Document", file_types=[".txt", ".csv"]),
        "files": gr.File(label="Documents", file_count="multiple"),
        "upload_button": gr.UploadButton("Upload", label="Upload", file_count="single"),
        "download_button": gr.DownloadButton("Download"),
        "gallery": gr.Gallery(label="Pictures", type="filepath"),
        "model3d": gr.Model3D(label="Mesh"),
        "multimodal": gr.MultimodalTextbox(label="Message"),
        "image_editor": gr.ImageEditor(label="Drawing", type="filepath"),
    }


def structures():
    chat = {"type": "messages"} if MAJOR == 5 else {}
    components = {
        "json": gr.JSON(label="Options"),
        "datetime": gr.DateTime(label="When", type="string"),
        "dataframe": gr.Dataframe(label="Table", headers=["name", "age"], type="array"),
        "chatbot": fitting(gr.Chatbot, label="History", **chat),
        "label": gr.Label(label="Classes"),
        "file_explorer": gr.FileExplorer(label="Browse", root_dir="."),
        "timer": gr.Timer(5),
        "dataset": gr.Dataset(components=["textbox"], samples=[["first"], ["second"]], type="index"),
    }
    if hasattr(gr, "ImageSlider"):
        components["image_slider"] = gr.ImageSlider(label="Compare", type="filepath")
    if hasattr(gr, "Dialogue"):
        components["dialogue"] = gr.Dialogue(label="Dialogue", speakers=["A", "B"])
    if hasattr(gr, "BrowserState"):
        components["browser_state"] = gr.BrowserState("nothing yet")
    if MAJOR < 6:
        components["chatbot_pairs"] = fitting(gr.Chatbot, label="Turns", type="tuples")
    return components


def build():
    button = gr.Button("Echo")
    # These come in another form than they go out, so they are given back as they came.
    button.click(echo, gr.HighlightedText(label="Entities"), gr.JSON(), api_name="highlighted")
    button.click(echo, gr.AnnotatedImage(label="Regions"), gr.JSON(), api_name="annotated")
    # A button is no parameter of the API, though the function takes its value.
    button.click(echo, gr.Button("Press"), gr.Textbox(label="Value"), api_name="button")
    for group in (texts, numbers, choices, files, structures):
        for name, component in group().items():
            button.click(echo, component, component, api_name=name)
