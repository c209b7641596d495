"""Answers made bit by bit, and a WebSocket that says what it hears."""

import asyncio
from pathlib import Path

from aiohttp import web

HERE = Path(__file__).parent


async def bit_by_bit(request):
    answer = web.StreamResponse()
    answer.content_type = "text/event-stream" if request.path == "/events" else "text/plain"
    await answer.prepare(request)
    await answer.write(b"first\n")
    for _ in range(1000):
        if (HERE / request.query["gate"]).exists():
            break
        await asyncio.sleep(0.01)
    await answer.write(b"second\n")
    return answer


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


async def plain(request):
    return web.Response(text="ok")


app = web.Application()
app.add_routes(
    [
        web.get("/", plain),
        web.get("/events", bit_by_bit),
        web.get("/chunks", bit_by_bit),
        web.get("/socket", echo),
    ]
)
