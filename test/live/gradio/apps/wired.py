"""A page as people wire it: a chat of two steps, state between functions, functions that the page alone can run, seeds."""

import random

import gradio as gr

from serving import fitting, serve


def user(message, history):
    return "", history + [{"role": "user", "content": message}]


def bot(history):
    return history + [{"role": "assistant", "content": f"{len(history)} so far"}]


def vote(event: gr.LikeData):
    return f"voted {event.index}"


def pick(event: gr.SelectData):
    return f"picked {event.index}"


def begin(topic):
    return {"topic": topic, "lines": 1}, f"{topic}, line 1"


def go_on(story):
    story["lines"] += 1
    return f"{story['topic']}, line {story['lines']}"


def draw(prompt, seed, randomize_seed):
    return f"{prompt} with {random.randint(1000, 9999) if randomize_seed else int(seed)}"


def encode(text):
    return text[::-1]


def decode(text):
    return text[::-1]


def hello():
    return "Welcome"


with gr.Blocks(title="Wired") as demo:
    note = gr.Textbox(label="Note")
    chat = fitting(gr.Chatbot, label="Chat", type="messages")
    message = gr.Textbox(label="Message")
    message.submit(user, [message, chat], [message, chat]).then(bot, chat, chat).then(lambda: None, None, None)
    gr.Button("Clear").click(lambda: [], None, chat, api_name="clear_chat")
    chat.like(vote, None, note)
    gr.Gallery(label="Pictures").select(pick, None, note)

    topic, story, line = gr.Textbox(label="Topic"), gr.State(), gr.Textbox(label="Line")
    gr.Button("Begin").click(begin, topic, [story, line])
    gr.Button("Go on").click(go_on, story, line)

    prompt, seed = gr.Textbox(label="Prompt"), gr.Slider(0, 999, value=0, step=1, label="Seed")
    randomize = gr.Checkbox(True, label="Randomize seed")
    gr.Button("Draw").click(draw, [prompt, seed, randomize], gr.Textbox(label="Drawn"))

    text, result = gr.Textbox(label="Text"), gr.Textbox(label="Result")
    for function in (encode, decode):
        gr.Button(function.__name__).click(function, text, result)
    demo.load(hello, None, note)

serve(demo)
