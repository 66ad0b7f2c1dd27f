"""What an app can answer that it was not given: pictures, files, plots, tables, changes of components."""

import csv
import wave

import gradio as gr
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from serving import MAJOR


def gradient(size):
    """A square picture that is always the same."""
    ramp = np.linspace(0, 255, int(size), dtype="uint8")
    return np.stack([np.tile(ramp, (int(size), 1))] * 3, axis=2)


def several_pictures(count):
    return [(gradient(8 * (index + 1)), f"picture {index + 1}") for index in range(int(count))]


def text_file(text):
    with open("answer ü.txt", "w", encoding="utf-8") as file:
        file.write(text)
    return "answer ü.txt"


def several_files():
    for name in ("one.csv", "two.csv"):
        with open(name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["a", "b"], [1, 2]])
    return ["one.csv", "two.csv"]


def silence(seconds):
    """A sound file."""
    with wave.open("silence.wav", "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "none"))
        file.writeframes(bytes(2 * int(8000 * seconds)))
    return "silence.wav"


def long_text(characters):
    return "0123456789" * (int(characters) // 10)


def numbers_that_json_lacks():
    return {"infinite": float("inf"), "none": None, "nested": [{"deep": [1, [2, [3]]]}]}


def table(rows):
    return {"headers": ["n", "square"], "data": [[n, n * n] for n in range(int(rows))]}


def entities(text):
    return [(word, "name" if word.istitle() else None) for word in text.split()]


def regions(size):
    """A picture with a box and a mask in it."""
    mask = np.eye(int(size))
    return gradient(size), [((0, 0, 4, 4), "corner"), (mask, "diagonal")]


def plot(points):
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([n * n for n in range(int(points))])
    return figure


def line(points):
    return pd.DataFrame({"n": range(int(points)), "square": [n * n for n in range(int(points))]})


def conversation(text):
    if MAJOR >= 5:
        return [{"role": "user", "content": text}, {"role": "assistant", "content": text[::-1]}]
    return [[text, text[::-1]]]


def change(text):
    return gr.update(value=text, visible=False)


def several(text):
    return text, len(text), None, {"text": text}


def build():
    text = gr.Textbox(label="Text")
    number = gr.Number(label="Number", precision=0)
    answer = gr.Textbox(label="Answer")
    data = gr.JSON(label="Data")
    chat = gr.Chatbot(label="Conversation", **({"type": "messages"} if MAJOR == 5 else {}))
    button = gr.Button("Give")
    button.click(gradient, number, gr.Image(label="Picture"), api_name="picture")
    button.click(several_pictures, number, gr.Gallery(label="Pictures"), api_name="pictures")
    button.click(text_file, text, gr.File(label="File"), api_name="text_file")
    button.click(several_files, None, gr.File(label="Files", file_count="multiple"), api_name="several_files")
    button.click(silence, gr.Number(label="Seconds"), gr.Audio(label="Sound"), api_name="sound")
    button.click(long_text, number, answer, api_name="long_text")
    button.click(numbers_that_json_lacks, None, data, api_name="odd_json")
    button.click(table, number, gr.Dataframe(label="Table"), api_name="table")
    button.click(entities, text, gr.HighlightedText(label="Entities"), api_name="entities")
    button.click(regions, number, gr.AnnotatedImage(label="Regions", format="png"), api_name="regions")
    button.click(plot, number, gr.Plot(label="Plot"), api_name="plot")
    button.click(line, number, gr.LinePlot(x="n", y="square", label="Line"), api_name="line")
    button.click(conversation, text, chat, api_name="conversation")
    button.click(change, text, answer, api_name="change")
    button.click(several, text, [answer, number, text, data], api_name="several")
    button.click(lambda: None, None, answer, api_name="none")
    button.click(lambda: None, None, None, api_name="nothing")
