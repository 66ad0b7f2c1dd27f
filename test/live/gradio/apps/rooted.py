"""An app that was told below which path a proxy shows it, and the proxy."""

import asyncio
import threading

import gradio as gr

from serving import free_port, say, serve

PREFIX = "/tools/rooted"
port = free_port()

with gr.Blocks(title="Rooted") as demo:
    text = gr.Textbox(label="Text")
    file = gr.File(label="File")
    button = gr.Button("Run")
    button.click(lambda value: value, text, text, api_name="echo")
    button.click(lambda value: value, file, file, api_name="echo_file")


async def pump(reader, writer):
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


async def pass_on(reader, writer):
    """One request for each connection, its path without the prefix, as nginx passes it on."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, protocol = first.split(" ")
    if not path.startswith(PREFIX):
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return writer.close()
    kept = [line for line in lines if not line.lower().startswith("connection:")]
    source, sink = await asyncio.open_connection("127.0.0.1", app_port)
    told = [f"{method} {path.removeprefix(PREFIX) or '/'} {protocol}", "Connection: close", *kept]
    sink.write("\r\n".join(told).encode("latin-1"))
    await asyncio.gather(pump(reader, sink), pump(source, writer), return_exceptions=True)


async def proxy():
    async with await asyncio.start_server(pass_on, "127.0.0.1", port) as server:
        say("READY", f"http://127.0.0.1:{port}{PREFIX}")
        await server.serve_forever()


app_port = free_port()
demo.launch(
    server_name="127.0.0.1", server_port=app_port, quiet=True, prevent_thread_lock=True, root_path=PREFIX, show_error=True
)
threading.Thread(target=lambda: asyncio.run(proxy())).start()
