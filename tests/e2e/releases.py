"""Releases of one small app for every kind of interface: each answers with its own number and the length of the body.

Rule: a release takes its time to import, as real apps do; how a bad one fails is said by its first lines.
"""

from __future__ import annotations

import signal

IMPORT_TAKES = 2.0

WSGI = """\
def app(environ, start_response):
    length = len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    if environ["PATH_INFO"] == "/slow":
        time.sleep(float(environ["QUERY_STRING"]))
    body = f"{RELEASE} {length}".encode()
    start_response(STATUS, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
ASGI = """\
import asyncio

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    length, more = 0, True
    while more:
        event = await receive()
        length += len(event.get("body", b""))
        more = event.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(float(scope["query_string"]))
    body = f"{RELEASE} {length}".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
AIOHTTP = """\
import asyncio
from aiohttp import web

async def answer(request):
    length = len(await request.read())
    if request.path == "/slow":
        await asyncio.sleep(float(request.query_string))
    return web.Response(text=f"{RELEASE} {length}")

app = web.Application()
app.router.add_route("*", "/{path:.*}", answer)
"""
BY_INTERFACE = {"wsgi": WSGI, "asgi": ASGI, "aiohttp": AIOHTTP}

RAISES = 'raise RuntimeError("the release is broken")\n'
HANGS = "time.sleep(3600)\n"
CRASHES = f"import os\nos.kill(os.getpid(), {int(signal.SIGSEGV)})\n"
ENDS = "raise SystemExit(7)\n"
ILL = 'STATUS = "500 Ill"\n'
"""In a WSGI app; the others are always well."""


def release(interface: str, number: int, bad: str = "", takes: float = IMPORT_TAKES) -> str:
    """Text of its `app.py`."""
    return (
        f"import time\n\nRELEASE = {number}\nSTATUS = '200 OK'\ntime.sleep({takes})\n{bad}\n{BY_INTERFACE[interface]}"
    )
