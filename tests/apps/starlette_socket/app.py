"""A Starlette app with a WebSocket, a stream and a static mount."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles


async def index(request):
    return PlainTextResponse("hello from starlette")


async def events(request):
    async def numbers():
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0)

    return StreamingResponse(numbers(), media_type="text/event-stream")


async def echo(socket):
    await socket.accept()
    word = await socket.receive_text()
    await socket.send_text(f"{socket.url.scheme} {socket.client.host} {word}")
    await socket.close()


app = Starlette(
    routes=[
        Route("/", index),
        Route("/events", events),
        WebSocketRoute("/socket", echo),
        Mount("/assets", StaticFiles(directory="static")),
    ]
)
