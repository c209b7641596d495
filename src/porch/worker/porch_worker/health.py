"""Lets the app itself say whether it is well: readiness asks the path that the user named, inside this worker.

Rule: the question goes past the app's hosts and prefix, never past the app; whatever answers below 400 is well, so a
redirect to a login is. What is not well is said, for the supervisor and for people.
"""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from . import READY, READY_BODY

JSON = "application/json"


def wsgi(app: Callable[..., Iterable[bytes]], path: str, host: str, mount: str) -> Callable[..., Iterable[bytes]]:
    """The wrapped app, asked at `path` when readiness is."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(READY):
            return app(environ, start_response)
        asked = dict(environ, REQUEST_METHOD="GET", PATH_INFO=mount + path, QUERY_STRING="", HTTP_HOST=host)
        asked |= {
            "REQUEST_URI": mount + path,
            "RAW_URI": mount + path,
            "CONTENT_LENGTH": "",
            "wsgi.input": io.BytesIO(),
        }
        status, body = _verdict(_ask(app, asked), path)
        words = f"{status} {'OK' if status == 200 else 'Service Unavailable'}"
        start_response(words, [("Content-Type", JSON), ("Content-Length", str(len(body)))])
        return [body]

    return application


def _ask(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> int:
    """The status of the app's answer; 500 for an app that raises, with its traceback on standard error."""
    statuses: list[str] = []

    def start(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], None]:  # noqa: ARG001  # WSGI
        statuses.append(status)
        return lambda _: None

    try:
        answer = app(environ, start)
        try:
            for _ in answer:
                pass
        finally:
            getattr(answer, "close", lambda: None)()
    except Exception:
        traceback.print_exc()
        return 500
    return int(statuses[-1][:3]) if statuses else 500


def asgi(app: Callable[..., Awaitable[None]], path: str, host: str, mount: str) -> Callable[..., Awaitable[None]]:
    """The wrapped app, asked at `path` when readiness is."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(READY):
            await app(scope, receive, send)
            return
        url = mount + path
        headers = [each for each in scope["headers"] if each[0] != b"host"]
        headers.append((b"host", host.encode("latin-1")))
        asked = dict(scope, method="GET", path=url, raw_path=url.encode(), query_string=b"", headers=headers)
        status, body = _verdict(await _ask_async(app, asked), path)
        told = [(b"content-type", JSON.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": body})

    return application


async def _ask_async(app: Callable[..., Awaitable[None]], scope: dict[str, Any]) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(scope, receive, send)
    except Exception:
        traceback.print_exc()
        return 500
    return statuses[-1] if statuses else 500


def aiohttp(app: Any, path: str, host: str, mount: str) -> Any:
    """A middleware, to stand before all others of the outermost app, that asks the app at `path`."""
    from aiohttp import web

    @web.middleware
    async def asking(request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith(READY):
            answer: web.StreamResponse = await handler(request)
            return answer
        headers = request.headers.copy()
        headers["Host"] = host
        try:
            # The way that aiohttp's own server goes; it has no public name.
            status = (await app._handle(request.clone(rel_url=mount + path, headers=headers))).status
        except web.HTTPException as answered:
            status = answered.status
        except Exception:
            traceback.print_exc()
            status = 500
        status, body = _verdict(status, path)
        return web.Response(status=status, body=body, content_type=JSON)

    return asking


def _verdict(status: int, path: str) -> tuple[int, bytes]:
    """Status and body of readiness."""
    if 200 <= status < 400:
        return 200, READY_BODY
    return 503, json.dumps({"status": "unhealthy", "why": f"the app answered {status} at {path}"}).encode()
