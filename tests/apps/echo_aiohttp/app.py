"""An aiohttp app that tells what it sees."""

import asyncio
import logging
import os

from aiohttp import web


async def tell(request):
    return web.json_response(
        {
            "remote": request.remote,
            "scheme": request.scheme,
            "host": request.host,
            "port": str(request.url.port),
            "path": request.path,
            "request_id": request.headers.get("X-Request-ID"),
            "headers": {name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers},
            "pid": os.getpid(),
            "uid": os.getuid(),
        }
    )


async def slow(request):
    print("slow begins\n", end="")  # one write: twenty may say it at once
    await asyncio.sleep(float(request.query.get("seconds", "1")))
    return web.Response(text="slow ends")


async def say(request):
    word = request.query["word"]
    print(f"print says {word}")
    logging.getLogger("echo").warning("logging says %s", word)
    return web.Response(text="said")


async def raising(request):
    raise RuntimeError("raised on purpose")


async def body(request):
    return web.Response(text=str(len(await request.read())))


app = web.Application()
app.add_routes(
    [
        web.get("/slow", slow),
        web.get("/say", say),
        web.get("/raise", raising),
        web.post("/body", body),
        web.get("/{path:.*}", tell),
    ]
)
