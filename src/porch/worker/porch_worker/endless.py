"""Ends what has no end of its own when this generation of the app goes: WebSockets, and streams of events.

Rule: a WebSocket gets its close frame at once; an event stream gets a whole ending, but only when no other request is
in work here any more. Its client asks again by itself, as the standard of EventSource has it, so only answers to GET
count. All else is finished as it is. While nothing of the kind is open, nothing is looked at.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

MARK = "ending"
"""The supervisor makes this file in the generation's folder."""
EVERY = 0.1
"""Seconds between two looks."""
QUIET = 0.5
"""Seconds that a stream of events goes on at least: what it tells may come to an end by itself."""
PATIENCE = 1.0
"""Seconds that a client has to answer the close frame."""
RESTARTS = 1012
"""RFC 6455's registry: the service restarts, the client may come again."""
EVENTS = b"text/event-stream"

End = Callable[[], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


class Endless:
    """What is open in this worker."""

    def __init__(self, folder: str) -> None:
        self._busy: set[object] = set()
        self._mark = f"{folder}/{MARK}"
        self._sockets: dict[object, End] = {}
        self._streams: dict[object, End] = {}
        self._looking = False
        self._since = 0.0

    def begun(self, key: object) -> None:
        """A request is in work, which has an end of its own for all that is known."""
        self._busy.add(key)

    def socket(self, key: object, end: End) -> None:
        """It turned out to be a WebSocket."""
        self._busy.discard(key)
        self._sockets[key] = end
        self._look_soon()

    def stream(self, key: object, end: End) -> None:
        """Its answer turned out to be a stream of events."""
        self._busy.discard(key)
        self._streams[key] = end
        self._look_soon()

    def over(self, key: object) -> None:
        """It is done, of whatever kind it was."""
        self._busy.discard(key)
        self._sockets.pop(key, None)
        self._streams.pop(key, None)

    @property
    def going(self) -> bool:
        """Whether streams are to end now."""
        if not self._since and os.path.exists(self._mark):  # noqa: PTH110  # a fifth of the time of Path.exists
            self._since = time.monotonic()
        return bool(self._since) and not self._busy and time.monotonic() - self._since >= QUIET

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(EVERY, self._look)

    def _look(self) -> None:
        self._looking = False
        if self.going:
            _end_all(self._streams)
        if self._since:
            _end_all(self._sockets)
        if self._sockets or self._streams:
            self._look_soon()


def begin(folder: str) -> Endless | None:
    """None where no supervisor would tell."""
    return Endless(folder) if folder else None


def _end_all(ends: dict[object, End]) -> None:
    for key, end in tuple(ends.items()):
        ends[key] = _done
        task = asyncio.ensure_future(end())
        _ENDING.add(task)
        task.add_done_callback(_ENDING.discard)


_ENDING: set[asyncio.Future[None]] = set()


async def _done() -> None:
    """It was ended already."""


class _One:
    """One request of an ASGI app; what is sent through it tells what it is."""

    def __init__(self, endless: Endless, receive: Receive, send: Send) -> None:
        self.ended = False
        self.whole = False
        self._endless = endless
        self._receive = receive
        self._send = send
        self._task = asyncio.current_task()
        self._hearing: asyncio.Future[Any] | None = None
        self._said = asyncio.Event()

    def send_answer(self, message: Any) -> Awaitable[None]:
        """For answers to GET."""
        kind = message["type"]
        if self.ended:
            return _done()
        if kind == "http.response.start":
            if _is_stream(message.get("headers", ())):
                self._endless.stream(self, self._end_stream)
        elif kind == "http.response.body" and not message.get("more_body"):
            self.whole = True
        return self._send(message)

    async def _end_stream(self) -> None:
        if self._task is not None and not self.whole:
            self.ended = True
            self._task.cancel()

    async def finish(self) -> None:
        """The last word of a stream that was ended."""
        if self._task is not None and hasattr(self._task, "uncancel"):
            self._task.uncancel()
        with suppress(Exception):  # the client has just gone
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive_socket(self) -> Any:
        """For granian, which sends no close frame while the app waits to receive."""
        self._hearing = asyncio.ensure_future(self._receive())
        try:
            return await self._hearing
        except asyncio.CancelledError:
            if not self.ended:
                raise
            # granian closes without a code when the app returns.
            await self._said.wait()
            return {"type": "websocket.disconnect", "code": RESTARTS, "reason": ""}

    def send_socket(self, message: Any) -> Awaitable[None]:
        """For WebSockets."""
        kind = message["type"]
        if self.ended:
            raise ConnectionResetError("this WebSocket was closed, because the app is being replaced or stopped")
        if kind == "websocket.accept":
            self._endless.socket(self, self._end_socket)
        elif kind == "websocket.close":
            self.whole = True
        return self._send(message)

    async def _end_socket(self) -> None:
        if self.whole:
            return
        self.ended = True
        if self._hearing is not None:
            self._hearing.cancel()
        with suppress(Exception):  # the client has just gone
            await self._send({"type": "websocket.close", "code": RESTARTS, "reason": ""})
        self._said.set()
        # uvicorn would wait 10 s for a client that does not answer the close frame; the other servers do not.
        hang_up = getattr(getattr(getattr(self._send, "__self__", None), "transport", None), "close", None)
        if hang_up is not None:
            asyncio.get_running_loop().call_later(PATIENCE, hang_up)


def asgi(app: Application, endless: Endless | None) -> Application:
    """The app, what it leaves open told."""
    if endless is None:
        return app
    granian = "granian" in sys.modules

    async def told(scope: Any, receive: Any, send: Any) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await app(scope, receive, send)
            return
        one = _One(endless, receive, send)
        endless.begun(one)
        if kind == "websocket":
            receive, send = (one.receive_socket if granian else receive), one.send_socket
        elif scope["method"] == "GET":
            send = one.send_answer
        try:
            await app(scope, receive, send)
        except BaseException:
            # What an app makes of the end of its request is no fault of its own.
            if not one.ended:
                raise
        finally:
            one.whole = one.whole or kind == "websocket"
            endless.over(one)
        if one.ended and not one.whole:
            await one.finish()

    return told


def _is_stream(headers: Iterable[Any]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(EVENTS) for name, value in headers)


def wsgi(app: Callable[[Any, Any], Iterable[bytes]], endless: Endless | None) -> Callable[[Any, Any], Iterable[bytes]]:
    """The app; a stream of events ends before the part that it would give next."""
    if endless is None:
        return app
    name, events = "content-type", EVENTS.decode()

    def told(environ: Any, start_response: Any) -> Iterable[bytes]:
        found: list[bool] = []
        asked = environ.get("REQUEST_METHOD") == "GET"

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            if asked and any(value.startswith(events) and key.lower() == name for key, value in headers):
                found.append(True)
            return start_response(status, headers, *failure)

        endless.begun(start)
        try:
            parts = app(environ, start)
        finally:
            endless.over(start)
        return Parts(parts, endless) if found else parts

    return told


class Parts:
    """The parts of one stream of a WSGI app."""

    def __init__(self, parts: Iterable[bytes], endless: Endless) -> None:
        self._parts = parts
        self._next = iter(parts)
        self._endless = endless
        self._looked = 0.0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        now = time.monotonic()
        if now - self._looked >= EVERY:
            self._looked = now
            if self._endless.going:
                raise StopIteration
        return next(self._next)

    def close(self) -> None:
        """As the standard asks for."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()
