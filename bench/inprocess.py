"""What the app costs when nothing stands before it: calls it in a loop on one core and prints calls a second.

Rule: the same app, the same request and the same check of the answer as in the other rows.
`python inprocess.py wsgi|asgi|aiohttp SECONDS`, in the app's folder.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from contenders import BODIES

BATCH = 100


def wsgi(app: Any, seconds: float) -> float:
    """Calls a second of a WSGI app."""

    def call() -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        parts = app(environ, lambda *_: None)
        try:
            return b"".join(parts)
        finally:
            getattr(parts, "close", int)()

    check(call(), BODIES["wsgi"])
    return rate(lambda: [call() for _ in range(BATCH)], seconds)


def asgi(app: Any, seconds: float) -> float:
    """Calls a second of an ASGI app."""

    async def call() -> bytes:
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
        return b"".join(parts)

    return asyncio.run(rate_of_coroutine(call, BODIES["asgi"], seconds))


def aiohttp(app: Any, seconds: float) -> float:
    """Calls a second of an aiohttp app: its routing and its handler."""
    from aiohttp.test_utils import make_mocked_request

    # One request for all calls: making it look real is dearer than all that the app does with it.
    request = make_mocked_request("GET", "/", app=app)

    async def call() -> bytes:
        match = await app.router.resolve(request)
        return bytes((await match.handler(request)).body)

    return asyncio.run(rate_of_coroutine(call, BODIES["aiohttp"], seconds))


async def rate_of_coroutine(call: Callable[[], Awaitable[bytes]], expect: bytes, seconds: float) -> float:
    """Calls a second, one after the other."""
    check(await call(), expect)
    count = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(BATCH):
            await call()
        count += BATCH
    return count / (time.perf_counter() - start)


def rate(batch: Callable[[], object], seconds: float) -> float:
    """Calls a second, one after the other."""
    count = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        batch()
        count += BATCH
    return count / (time.perf_counter() - start)


def check(body: bytes, expect: bytes) -> None:
    """End at once when the app's answer is not the one that the other rows are held to."""
    if body != expect:
        sys.exit(f"wrong answer: {body!r}")


def main() -> None:
    kind, seconds = sys.argv[1], float(sys.argv[2])
    sys.path.insert(0, str(Path.cwd()))
    app = importlib.import_module("hello").app
    print({"wsgi": wsgi, "asgi": asgi, "aiohttp": aiohttp}[kind](app, seconds))


if __name__ == "__main__":
    main()
