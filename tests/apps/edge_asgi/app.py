"""Answers made bit by bit, and a WebSocket that says what it hears."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs

HERE = Path(__file__).parent


async def until_there(gate):
    for _ in range(1000):
        if (HERE / gate).exists():
            return
        await asyncio.sleep(0.01)


async def echo(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": event["text"].upper()})


async def there(receive, send):
    """Three times whether the client has left, as Starlette finds it out; then it waits for that."""
    await receive()
    gone = []
    for _ in range(3):
        try:
            await asyncio.wait_for(receive(), 0.01)
            gone.append(True)
        except TimeoutError:
            gone.append(False)
    body = repr(gone).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/octet-stream")]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await receive()
    (HERE / "left").touch()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": f"{event['type']}.complete"})
            if event["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        return await echo(receive, send)
    if scope["path"] == "/there":
        return await there(receive, send)
    kind = {"/events": b"text/event-stream", "/chunks": b"text/plain"}.get(scope["path"])
    if kind is None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        return await send({"type": "http.response.body", "body": b"ok"})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": b"first\n", "more_body": True})
    await until_there(parse_qs(scope["query_string"].decode())["gate"][0])
    await send({"type": "http.response.body", "body": b"second\n"})
