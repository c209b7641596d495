"""Requests that take their time, a stream of events without an end, and a WebSocket that says what it hears."""

import asyncio


async def echo(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": event["text"].upper()})


async def events(send):
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(1_000_000):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.sleep(0.05)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError("no lifespan here")
    if scope["type"] == "websocket":
        return await echo(receive, send)
    if scope["path"] == "/events":
        return await events(send)
    length, more = 0, True
    while more:
        event = await receive()
        length += len(event.get("body", b""))
        more = event.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(float(scope["query_string"]))
    body = f"1 {length}".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
