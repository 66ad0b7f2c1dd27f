"""An app below a path of another web server."""

import socket
from contextlib import asynccontextmanager

import gradio as gr
import uvicorn
from fastapi import FastAPI

from serving import say

with gr.Blocks(title="Mounted") as demo:
    text = gr.Textbox(label="Text")
    file = gr.File(label="File")
    button = gr.Button("Run")
    button.click(lambda value: value, text, text, api_name="echo")
    button.click(lambda value: value, file, file, api_name="echo_file")

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]


@asynccontextmanager
async def announce(_):
    say("READY", f"http://127.0.0.1:{port}/tools/echo")
    yield


app = gr.mount_gradio_app(FastAPI(lifespan=announce), demo, path="/tools/echo")
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
