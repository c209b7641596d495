"""Reads what an app leaves of a request's body, before its answer is on its way.

Rule: an app may refuse an upload without reading it. Servers then close the connection, though nginx is still sending
on it, or keeps it for somebody else's POST: both are answered 502. And nginx sends no more of a body once the answer
has begun. So the rest is read first: it goes nowhere where the answer is whole by then, and is kept for the app where
it is not. A body without a length is left alone: nginx hands it on as it comes, and its client may wait for an answer
to the first of it. A body that the app has read costs next to nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import suppress
from io import BufferedReader, BytesIO
from time import monotonic
from typing import Any, cast

from . import length_in, listed
from .endless import Application, Receive, Send
from .environ import App, Environ, StartResponse
from .parts import Last, Whole
from .standard import Raw

PATIENCE = 2.0
"""Seconds that an answer waits for the rest, which nginx may hand on as it comes."""
LARGEST = 1 << 20
"""Bytes that are kept at most: of an answer that waits for the body, or of the body of one that cannot wait."""
PIECE = 1 << 14
SOON = 0.01
"""Seconds until an app that waits for the body itself is looked at again."""
REPEATED = frozenset(("GET", "HEAD"))
"""Methods that nginx asks again for by itself; they have no body in practice."""


def wsgi(app: App) -> App:
    """The app; what it leaves of a body is read, but on uWSGI, which reads it itself."""
    if "granian" not in sys.modules and "gunicorn" not in sys.modules:
        return app

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") in ("", "0"):
            return app(environ, start_response)
        length: int | None = None

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            nonlocal length
            length = length_in(headers, "content-length")
            return start_response(status, headers, *failure)

        body = environ["wsgi.input"] = _Body(environ["wsgi.input"])
        try:
            parts = app(environ, start)
            if parts.__class__ is not list:
                if length is None or length > LARGEST:
                    return parts if body.rest(LARGEST) else Last(parts, body.rest)
                parts = Whole(parts)
        except Exception:
            body.rest()
            raise
        body.rest()
        return parts

    return call


def asgi(app: Application) -> Application:
    """The app; what it leaves of a body is read."""

    def whole(scope: Any, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["method"] in REPEATED or not length_in(scope["headers"], b"content-length"):
            return app(scope, receive, send)
        return with_body(scope, receive, send)

    async def with_body(scope: Any, receive: Receive, send: Send) -> None:
        request = _Request(receive, send)
        try:
            await app(scope, request.receive, request.send)
        except Exception:
            await request.rest()
            raise
        finally:
            await request.release()

    return whole


class _Body:
    """The body of a request to a WSGI app."""

    __slots__ = ("_source",)

    def __init__(self, source: Any) -> None:
        self._source = source

    def read(self, *size: int | None) -> bytes:
        """So many bytes; all that are left without a number."""
        return cast("bytes", self._source.read(*size))

    def readline(self, *size: int | None) -> bytes:
        """One line, or so many bytes of it."""
        return cast("bytes", self._source.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """All lines that are left."""
        return cast("list[bytes]", self._source.readlines(*hint))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if line := self.readline():
            return line
        raise StopIteration

    def rest(self, kept: int = 0) -> bool:
        """Reads what is left, as long as more comes; with a number, so many bytes, which the app may still read.

        Whether that was all of it.
        """
        data = b""
        ahead: list[bytes] = []
        until = monotonic() + PATIENCE
        with suppress(Exception):  # the client has just gone, or the app has closed it
            while data := self._source.read(PIECE):
                if kept:
                    ahead.append(data)
                if monotonic() >= until or (kept and sum(map(len, ahead)) >= kept):
                    break
        if ahead:
            self._source = BufferedReader(Raw(BytesIO(b"".join(ahead)), self._source))
        return not data


class _Request:
    """One with a body, to an ASGI app; its answer, where it is small, is held back until both are whole."""

    __slots__ = ("_ahead", "_all", "_hearing", "_held", "_lacks", "_receive", "_send", "_turn")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._all = False
        """Whether the whole body was received."""
        self._hearing = False
        """Whether the app waits for more of it."""
        self._turn: asyncio.Lock | None = None
        """Whose turn it is to receive, when more than the app wants to."""
        self._ahead: list[Any] = []
        """What was received before the app has asked for it."""
        self._held: list[Any] | None = []
        """The answer so far; None: it is on its way."""
        self._lacks = 1
        """Bytes of the answer that are not there yet, for all that is known."""

    async def receive(self) -> Any:
        """For the app."""
        if self._turn is not None:
            async with self._turn:
                return self._ahead.pop(0) if self._ahead else await self._next()
        self._hearing = True
        try:
            return await self._next()
        finally:
            self._hearing = False

    async def _next(self) -> Any:
        message = await self._receive()
        self._all = self._all or not message.get("more_body")
        return message

    def send(self, message: Any) -> Awaitable[None]:
        """For the app."""
        if self._all and not self._held:
            self._held = None
        return self._send(message) if self._held is None else self._hold(self._held, message)

    async def _hold(self, held: list[Any], message: Any) -> None:
        held.append(self._counted(message))
        if not self._all:
            if 0 < self._lacks <= LARGEST:
                return
            await self.rest(LARGEST if self._lacks > 0 else 0)
        await self.release()

    def _counted(self, message: Any) -> Any:
        kind = message["type"]
        if kind == "http.response.start":
            message = listed(message)
            length = length_in(message["headers"], b"content-length")
            self._lacks = LARGEST + 1 if length is None else length
        elif kind != "http.response.informational":
            self._lacks = self._lacks - len(message.get("body", b"")) if message.get("more_body") else 0
        return message

    async def release(self) -> None:
        """Sends what was held back."""
        held, self._held = self._held, None
        if held and not self._all:
            # Who cannot read on will close the connection; nginx must not keep it for another request.
            held[0] = {**held[0], "headers": [*held[0].get("headers", ()), (b"connection", b"close")]}
        for message in held or ():
            await self._send(message)

    async def rest(self, kept: int = 0) -> None:
        """Receives what is left, as long as more comes; with a number, so many bytes, which the app may ask for."""
        if self._all:
            return
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._rest(kept), PATIENCE)

    async def _rest(self, kept: int) -> None:
        self._turn = turn = asyncio.Lock()
        while self._hearing:
            await asyncio.sleep(SOON)
        room = kept
        while not self._all:
            async with turn:
                if self._all:  # the app was quicker
                    return
                message = await self._next()
            if kept:
                self._ahead.append(message)
                room -= len(message.get("body", b""))
                if room <= 0:
                    return
