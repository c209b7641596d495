"""A plain ASGI callable that tells what it sees."""

import asyncio
import json
import logging
import os
from urllib.parse import parse_qs


def tell(scope):
    headers = {}
    for name, value in scope["headers"]:  # what stands twice is told twice
        before = headers.get(name.decode().lower())
        headers[name.decode().lower()] = value.decode() if before is None else f"{before}, {value.decode()}"
    client = scope.get("client") or [None, None]
    return {
        "remote": client[0],
        "scheme": scope["scheme"],
        "host": headers.get("host"),
        "port": str(scope["server"][1]),
        "prefix": scope.get("root_path", ""),
        "path": scope["path"].removeprefix(scope.get("root_path", "")),
        "request_id": headers.get("x-request-id"),
        "headers": headers,
        "pid": os.getpid(),
        "uid": os.getuid(),
    }


async def slow(query):
    print("slow begins\n", end="")  # one write: twenty may say it at once
    await asyncio.sleep(float(query.get("seconds", ["1"])[0]))
    return "slow ends"


def say(query):
    word = query["word"][0]
    print(f"print says {word}")
    logging.getLogger("echo").warning("logging says %s", word)
    return "said"


async def size(receive):
    total, more = 0, True
    while more:
        event = await receive()
        total += len(event.get("body", b""))
        more = event.get("more_body", False)
    return str(total)


async def answer(scope, receive):
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    query = parse_qs(scope["query_string"].decode())
    if path == "/slow":
        return await slow(query)
    if path == "/say":
        return say(query)
    if path == "/raise":
        raise RuntimeError("raised on purpose")
    if path == "/body":
        return await size(receive)
    return json.dumps(tell(scope))


async def lifespan(receive, send):
    while True:
        event = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    body = (await answer(scope, receive)).encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
