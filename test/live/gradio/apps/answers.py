"""Answers that hold more than plain files: links, drawings, sound and film in pieces, pictures within text, chats, live streams."""

import base64
import io
import os

import gradio as gr
import numpy as np
from gradio.data_classes import FileData
from PIL import Image

from serving import MAJOR, fitting, say, serve

LINK = "https://hugwire.invalid/picture.png"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="red"/></svg>'
SECONDS = 0.5
PIECES = 3


def png(size=24):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (size, size, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def data_url(content, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def linked():
    return LINK


def linked_pictures():
    return [(LINK, "one"), (LINK + "?size=2", "two")]


def linked_file():
    return LINK


def drawing():
    with open("drawing.svg", "w") as file:
        file.write(SVG)
    return "drawing.svg"


def sound():
    for piece in range(PIECES):
        tone = np.sin(2 * np.pi * 440 * np.linspace(0, SECONDS, int(16000 * SECONDS)))
        # An encoder may be missing here: newer Gradios get pieces that are encoded already.
        yield (16000, (tone * 20000).astype(np.int16)) if MAJOR == 4 else b"ID3\x04piece %d " % piece


def sound_in_pieces():
    yield from sound()


def streamed(whole=True):
    """Sound of pieces that are encoded already, which are put together unless it cannot: no class, which gets a file beside it."""
    audio = gr.Audio(label="Sound", streaming=True)
    if MAJOR == 4:
        return audio

    async def stream_output(value, output_id, first_chunk):
        described = {"path": output_id, "is_stream": True, "orig_name": "audio-stream.mp3"}
        described["meta"] = {"_type": "gradio.FileData"}
        return value and {"data": value, "duration": 1, "extension": ".aac"}, described

    async def combine_stream(stream, desired_output_format=None, only_file=False):
        if not whole:
            raise RuntimeError("No encoder")
        path = os.path.abspath("whole.mp3")
        with open(path, "wb") as file:
            file.write(b"".join(stream))
        return FileData(path=path)

    audio.postprocess = lambda value: value
    audio.stream_output = stream_output
    audio.combine_stream = combine_stream
    return audio


def page():
    return f'<p>Before</p><img src="{data_url(png())}" alt="A chart"><p>Between</p><img src=\'{data_url(png(8))}\'>'


def words():
    return f"# Report\n\n![A chart]({data_url(png())})\n\nThe end."


def cut_off():
    with open("cut.png", "wb") as file:
        file.write(png(200)[:20000])
    return "cut.png"


def chat(message):
    picture = "picture.png"
    with open(picture, "wb") as file:
        file.write(png())
    answer = f"You said: {message}"
    if MAJOR == 4:
        return [[message, answer], [None, (picture, "A picture")]]
    return [
        {"role": "user", "content": message},
        {"role": "assistant", "content": answer, "metadata": {"title": "Thinking"}},
        {"role": "assistant", "content": {"path": picture}},
    ]


def pairs(message):
    return [[message, "First line\nsecond line"]]


def transcript(characters):
    line = "The quick brown fox jumps over the lazy dog, line {}.\n"
    text = "".join(line.format(at) for at in range(int(characters) // 50 + 1))
    return text[: int(characters)]


def flip(image):
    say("flip")
    return None if image is None else np.fliplr(image)


def count(state, sound):
    say("count")
    state = (state or 0) + 1
    return state, f"{state} pieces"


def quick(text):
    return text


def clip(video):
    return video


with gr.Blocks(title="Answers") as demo:
    text = gr.Textbox(label="Text")
    number = gr.Number(30000, label="Characters")
    for function, inputs, output in [
        (linked, [], gr.Image(label="Picture")),
        (linked_pictures, [], gr.Gallery(label="Pictures")),
        (linked_file, [], gr.File(label="File")),
        (drawing, [], gr.Image(label="Drawing")),
        (sound, [], streamed()),
        (sound_in_pieces, [], streamed(whole=False)),
        (page, [], gr.HTML(label="Page")),
        (words, [], gr.Markdown(label="Report")),
        (cut_off, [], gr.Image(label="Cut", type="filepath") if MAJOR > 4 else gr.File(label="Cut")),
        (chat, [text], fitting(gr.Chatbot, label="Chat", type="messages") if MAJOR == 5 else gr.Chatbot(label="Chat")),
        (transcript, [number], gr.Textbox(label="Transcript")),
        (quick, [text], gr.Textbox(label="Echo")),
    ]:
        button = gr.Button()
        button.click(function, inputs, output, api_name=function.__name__)
    if MAJOR == 5:
        gr.Button().click(pairs, [text], gr.Chatbot(label="Chat", type="tuples"), api_name="pairs")
    video = gr.Video(label="Video")
    gr.Button().click(clip, [video], gr.Video(label="Clip"), api_name="clip")
    if MAJOR > 4:
        webcam = gr.Image(label="Webcam", sources=["webcam"], streaming=True)
        webcam.stream(flip, [webcam], gr.Image(label="Flipped"), stream_every=0.1, time_limit=30, api_name="flip")
        state = gr.State(0)
        microphone = gr.Audio(label="Microphone", sources=["microphone"], streaming=True)
        microphone.stream(
            count, [state, microphone], [state, gr.Textbox(label="Pieces")], time_limit=30, api_name="count"
        )

serve(demo)
