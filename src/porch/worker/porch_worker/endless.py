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
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from . import listed

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
        self.busy: set[object] = set()
        """Requests in work which have an end of their own, for all that is known."""
        self._mark = f"{folder}/{MARK}"
        self._sockets: dict[object, End] = {}
        self._streams: dict[object, End] = {}
        self._looking = False
        self._since = 0.0

    def begun(self, key: object) -> None:
        """A request is in work, which has an end of its own for all that is known."""
        self.busy.add(key)

    def socket(self, key: object, end: End) -> None:
        """It turned out to be a WebSocket."""
        self.busy.discard(key)
        self._sockets[key] = end
        self._look_soon()

    def stream(self, key: object, end: End) -> None:
        """Its answer turned out to be a stream of events."""
        self.busy.discard(key)
        self._streams[key] = end
        self._look_soon()

    def over(self, key: object) -> None:
        """It is done, of whatever kind it was."""
        if key in self.busy:
            self.busy.discard(key)
        else:
            self._sockets.pop(key, None)
            self._streams.pop(key, None)

    @property
    def going(self) -> bool:
        """Whether streams are to end now."""
        if not self._since and os.path.exists(self._mark):  # noqa: PTH110  # a fifth of the time of Path.exists
            self._since = time.monotonic()
        return bool(self._since) and not self.busy and time.monotonic() - self._since >= QUIET

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


class _Answer:
    """One HTTP request of an ASGI app; what is sent through it tells whether it is a stream."""

    __slots__ = ("_endless", "_send", "_streams", "_task", "_whole", "ended")

    def __init__(self, endless: Endless, send: Send) -> None:
        self.ended = False
        self._endless = endless
        self._send = send
        self._streams = False
        self._task = asyncio.current_task()
        self._whole = False

    def send(self, message: Any) -> Awaitable[None]:
        """For answers to GET."""
        if self._streams:
            if self.ended:
                return _done()
            self._whole = message["type"] == "http.response.body" and not message.get("more_body")
        elif message["type"] == "http.response.start":
            message = listed(message)
            if _is_stream(message["headers"]):
                self._streams = True
                self._endless.stream(self, self._end)
        return self._send(message)

    async def _end(self) -> None:
        if self._task is not None and not self._whole:
            self.ended = True
            self._task.cancel()

    async def finish(self) -> None:
        """The last word of a stream that was ended."""
        if self._task is not None and hasattr(self._task, "uncancel"):
            self._task.uncancel()
        with suppress(Exception):  # the client has just gone
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


class _Socket:
    """One WebSocket of an ASGI app."""

    def __init__(self, endless: Endless, receive: Receive, send: Send) -> None:
        self.ended = False
        self._endless = endless
        self._receive = receive
        self._send = send
        self._closed = False
        self._hearing: asyncio.Future[Any] | None = None
        self._said = asyncio.Event()

    async def receive(self) -> Any:
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

    def send(self, message: Any) -> Awaitable[None]:
        """As the server's own, until it was ended."""
        kind = message["type"]
        if self.ended:
            raise ConnectionResetError("this WebSocket was closed, because the app is being replaced or stopped")
        if kind == "websocket.accept":
            self._endless.socket(self, self._end)
        elif kind == "websocket.close":
            self._closed = True
        return self._send(message)

    async def _end(self) -> None:
        if self._closed:
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

    async def http(scope: Any, receive: Receive, send: Send) -> None:
        one = _Answer(endless, send)
        endless.begun(one)
        try:
            await app(scope, receive, one.send if scope["method"] == "GET" else send)
        except BaseException:
            # What an app makes of the end of its request is no fault of its own.
            if not one.ended:
                raise
        finally:
            endless.over(one)
        if one.ended:
            await one.finish()

    async def websocket(scope: Any, receive: Receive, send: Send) -> None:
        one = _Socket(endless, receive, send)
        endless.begun(one)
        try:
            await app(scope, one.receive if granian else receive, one.send)
        except BaseException:
            if not one.ended:
                raise
        finally:
            endless.over(one)

    kinds = {"http": http, "websocket": websocket}

    def told(scope: Any, receive: Receive, send: Send) -> Awaitable[None]:
        return kinds.get(scope["type"], app)(scope, receive, send)

    return told


def _is_stream(headers: Iterable[Any]) -> bool:
    for name, value in headers:  # noqa: SIM110  # half the time of any(), on the path of every request
        if value[: len(EVENTS)] == EVENTS and name.lower() == b"content-type":
            return True
    return False
