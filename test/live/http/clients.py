"""Speaks to a server with a Python client: LIBRARY URL KEY. Prints what came of it as JSON."""

import asyncio
import contextlib
import json
import sys

library, url, key = sys.argv[1:]
headers = {"Authorization": f"Bearer {key}"}
SEARCH = {"query": "whisper", "kinds": ["model"]}


@contextlib.asynccontextmanager
async def open_fastmcp():
    from fastmcp import Client
    from fastmcp.client.transports import SSETransport, StreamableHttpTransport

    kind = SSETransport if url.endswith("/sse") else StreamableHttpTransport
    async with Client(kind(url, headers=headers)) as client:

        async def call(name, arguments, progress=None):
            return await client.call_tool(name, arguments, progress_handler=progress)

        yield (lambda: client.list_tools()), call


@contextlib.asynccontextmanager
async def open_mcp():
    import httpx2
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with streamable_http_client(url, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()

                async def call(name, arguments, progress=None):
                    return await session.call_tool(name, arguments, progress_callback=progress)

                async def tools():
                    return (await session.list_tools()).tools

                yield tools, call


async def main():
    async with (open_fastmcp if library == "fastmcp" else open_mcp)() as (tools, call):
        names = [tool.name for tool in await tools()]
        steps = []

        async def on_progress(progress, total=None, message=None):
            steps.append(progress)

        found = await call("hub_search", SEARCH)
        drawn = await call("generate_image", {"prompt": "dusk"}, on_progress)
        begun = asyncio.Event()

        async def on_begin(progress, total=None, message=None):
            begun.set()

        slow = {"space": "hugwire/demo-space", "endpoint": "/slow", "arguments": {"steps": 60, "step_seconds": 1}}
        call_of_slow = asyncio.create_task(call("space_call", slow, on_begin))
        await begun.wait()
        call_of_slow.cancel()
        cancelled = False
        try:
            await call_of_slow
        except asyncio.CancelledError:
            cancelled = True
        again = await call("hub_search", SEARCH)
        kind = lambda part: getattr(part, "mimeType", None) or getattr(part, "mime_type", None)
        print(
            json.dumps(
                {
                    "tools": names,
                    "steps": len(steps),
                    "text": found.content[0].text,
                    "image": next(filter(None, map(kind, drawn.content)), None),
                    "cancelled": cancelled,
                    "after": "openai/whisper-large-v3" in again.content[0].text,
                }
            )
        )


asyncio.run(main())
