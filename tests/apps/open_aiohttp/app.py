"""Requests that take their time, a stream of events without an end, and a WebSocket that says what it hears."""

import asyncio

from aiohttp import web


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


async def events(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for number in range(1_000_000):
        await response.write(b"data: %d\n\n" % number)
        await asyncio.sleep(0.05)
    return response


async def answer(request):
    length = len(await request.read())
    if request.path == "/slow":
        await asyncio.sleep(float(request.query_string))
    return web.Response(text=f"1 {length}")


app = web.Application()
app.router.add_get("/socket", echo)
app.router.add_get("/events", events)
app.router.add_route("*", "/{path:.*}", answer)
