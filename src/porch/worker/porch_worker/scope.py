"""Wraps an ASGI app, so that it sees the client as nginx saw it.

Rule: the server's scope is never changed, only copied; lifespan passes through, and is watched for one thing alone:
an app that refuses to start.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from . import OUTSIDE_BODY, READY, READY_BODY, listed, request_id
from .failure import LoadError, exited, leave
from .settings import Settings

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SCHEMES = {("http", b"http"): "http", ("http", b"https"): "https", ("websocket", b"http"): "ws"} | {
    ("websocket", b"https"): "wss"
}

FORGED = frozenset(
    (
        b"forwarded",
        b"proxy",
        b"remote-user",
        b"script-name",
        b"x-forwarded-prefix",
        b"x-forwarded-scheme",
        b"x-forwarded-ssl",
        b"x-script-name",
    )
)
"""Left out: frameworks and middleware would believe them, and nobody vouches for them."""

CLOSING = (("gunicorn.asgi.protocol", "gunicorn.error"), ("uvicorn.server", "uvicorn.error"))
"""Module that tells of the server -> its logger."""

BARE = (204, 304)
"""Statuses without a body (RFC 9110, 15.3.5 and 15.4.5). Apps give one, `null` mostly; uvicorn (0.54) sends it, and
nginx hands it to the next client, or closes the connection, on which nginx may have sent a POST."""

HINTS = "http.response.informational"
"""nginx before 1.29 takes a 103 for the answer itself, and its client waits for a body until the connection is cut."""

LOG = logging.getLogger("porch.worker")

TELLING = (b"content-length", b"x-accel-buffering")
"""With the first, an answer is whole or a file; with the second, the app has decided for itself."""


def wrap(app: App, settings: Settings) -> App:
    """The app under its mount, with the client, scheme, host and port as the client used them."""
    mount = settings.mount
    below = mount + "/"
    log = _log()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            return await app(scope, receive, _watched(send, settings))
        if kind not in ("http", "websocket"):
            return await app(scope, receive, send)
        path: str = scope["path"]
        if path.startswith(READY) and kind == "http":
            return await _answer(send, 200, b"application/json", READY_BODY)
        if mount and not path.startswith(below) and path != mount:
            return await _refuse(kind, receive, send)
        if kind == "websocket":
            return await app(_truthful(scope, mount), receive, send)
        answer = _Sending(send)
        try:
            return await app(_truthful(scope, mount), receive, answer.send)
        except SystemExit as left:
            raise exited(left) from left
        except Exception:
            if log is None or not answer.whole:
                raise
            await answer.end()
            log.exception("Exception in ASGI application")

    return application


def _log() -> logging.Logger | None:
    """Of a server that closes its connection for what comes after a whole answer; None of one that does not.

    Starlette answers 500, and then raises on. nginx may have sent the next request by then, and cannot ask again for a
    POST: of 180 that followed such an answer, 39 were 502 with uvicorn (0.54). gunicorn (27.0.1) does not even log it.
    """
    closing = () if "granian" in sys.modules else CLOSING
    return next((logging.getLogger(name) for module, name in closing if module in sys.modules), None)


class _Sending:
    """One HTTP answer on its way: no more of it is sent than it told, and nothing after its end.

    nginx is asked to hand it on as it comes, where its length is not told.
    """

    __slots__ = ("_ended", "_lacks", "_send", "_silent", "whole")

    def __init__(self, send: Send) -> None:
        self._ended = False
        """Whether the server was told that this was the last of it."""
        self._lacks = -1
        """Bytes that are to come; below 0: that was not told."""
        self._send = send
        self._silent = False
        """Whether what is too much is no news."""
        self.whole = False
        """Whether nginx has all of it, and may send the next request."""

    def send(self, message: Message) -> Awaitable[None]:
        """What the app says, as far as it belongs to the answer."""
        kind = message["type"]
        if kind == "http.response.start":
            return self._send(self._begun(listed(message)))
        if self._ended or kind == HINTS:
            return _left_out()
        if kind == "http.response.body":
            return self._send(self._counted(message))
        return self._send(message)

    def _begun(self, message: Message) -> Message:
        headers: list[tuple[bytes, bytes]] = message["headers"]
        if message["status"] in BARE:
            self._silent, self._lacks = True, 0
            return {**message, "headers": [each for each in headers if each[0].lower() != b"content-length"]}
        flows = True
        for name, value in headers:
            if name.lower() in TELLING:
                flows = False
                if value.isdigit() and name.lower() == b"content-length":
                    self._lacks = int(value)
        return {**message, "headers": [*headers, (b"x-accel-buffering", b"no")]} if flows else message

    def _counted(self, message: Message) -> Message:
        self._ended = self.whole = not message.get("more_body")
        if self._lacks < 0:
            return message
        body = message.get("body", b"")
        if len(body) > self._lacks:
            message = {**message, "body": body[: self._lacks]}
            if not self._silent:
                self._silent = True
                LOG.error("the app sent a longer body than it told in Content-Length; the rest is left out")
        self._lacks -= min(len(body), self._lacks)
        self.whole = self.whole or not self._lacks
        return message

    async def end(self) -> None:
        """Says that this was the last of it, where the app did not."""
        if not self._ended:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left_out() -> None:
    """Nobody waits for it; other tasks have their turn."""
    await asyncio.sleep(0)


def _truthful(scope: Scope, mount: str) -> Scope:
    """The scope as if the client had come without nginx; `path` keeps the mount, as ASGI has it since 3.0."""
    headers = dict(scope["headers"])
    true = dict(scope)
    request_id.set(headers.get(b"x-request-id", b"").decode("latin-1"))
    address = headers.get(b"x-forwarded-for")
    if address is not None:
        true["client"] = (address.decode("latin-1"), 0)  # nginx does not tell the port: nobody needs it
    scheme = SCHEMES.get((scope["type"], headers.get(b"x-forwarded-proto", b"")))
    if scheme is not None:
        true["scheme"] = scheme
    host = headers.get(b"host", b"").decode("latin-1")
    port = headers.get(b"x-forwarded-port", b"")
    if host and port.isdigit():
        name, colon, digits = host.rpartition(":")
        true["server"] = (name if colon and digits.isdigit() else host, int(port))
    if mount:
        true["root_path"] = mount
    if not headers.keys().isdisjoint(FORGED):
        true["headers"] = [each for each in scope["headers"] if each[0] not in FORGED]
    return true


def _watched(send: Send, settings: Settings) -> Send:
    """Report an app whose startup failed: no server says so in a way that the supervisor could read."""

    async def watched(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            said = message.get("message", "")
            failure = LoadError(
                f"{settings.target} failed in its lifespan startup", "correct what the app does when it starts"
            )
            failure.traceback = said if said.endswith("\n") or not said else said + "\n"
            leave(failure, settings)
        await send(message)

    return watched


async def _answer(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(kind: str, receive: Receive, send: Send) -> None:
    if kind == "http":
        await _answer(send, 404, b"text/plain; charset=utf-8", OUTSIDE_BODY)
    else:
        await receive()  # the client's `websocket.connect`, which comes before any answer
        await send({"type": "websocket.close", "code": 1000})
