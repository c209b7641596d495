"""What has no end of its own, and how a worker ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from porch.worker.porch_worker import endless
from porch.worker.porch_worker.endless import MARK, RESTARTS

EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8")]
LAST = {"type": "http.response.body", "body": b"", "more_body": False}
Talk = Callable[[Any, Any, Any], Awaitable[None]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on any machine, with less of a wait."""
    monkeypatch.setattr(endless, "EVERY", 0.001)
    monkeypatch.setattr(endless, "QUIET", 0.005)


class Asked:
    """One request of a wrapped app, as a server makes it; what is put into `said` is what the client says."""

    def __init__(self, app: Talk, kind: str = "http", method: str = "GET") -> None:
        self.sent: list[Any] = []
        self.said: asyncio.Queue[Any] = asyncio.Queue()
        scope = {"type": kind} | ({"method": method} if kind == "http" else {})
        self.task = asyncio.ensure_future(app(scope, self.said.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.said.put_nowait({"type": "websocket.disconnect", "code": message["code"]})


async def events(scope: Any, receive: Any, send: Any) -> None:
    """A stream that never ends."""
    await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
    while True:
        await send({"type": "http.response.body", "body": b"data: x\n\n", "more_body": True})
        await asyncio.sleep(0.001)


async def socket(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that only listens."""
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def finite(scope: Any, receive: Any, send: Any) -> None:
    """An answer when the client says so."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def wrapped(app: Talk, found: endless.Endless | None) -> Talk:
    """The app as the server gets it."""
    return endless.asgi(app, found)


def test_a_stream_ends_whole_when_nothing_else_is_in_work(tmp_path: Path) -> None:
    """Once marked, it goes on as long as another request does, and then gets its last part."""

    async def story() -> None:
        found = endless.Endless(str(tmp_path))
        stream, other = Asked(wrapped(events, found)), Asked(wrapped(finite, found))
        await asyncio.sleep(0.01)
        (tmp_path / MARK).touch()
        await asyncio.sleep(0.05)
        assert not stream.task.done()
        other.said.put_nowait({"type": "http.request"})
        await asyncio.wait_for(stream.task, 30)
        assert stream.sent[-1] == LAST
        assert sum(each == LAST for each in stream.sent) == 1
        assert other.sent[-1]["body"] == b""

    asyncio.run(story())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_headers_that_can_be_read_once_are_sent(tmp_path: Path, method: str) -> None:
    """The standard asks for an iterable: to look at them must not use them up."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": iter([(b"content-length", b"0")])})
        await send({"type": "http.response.body", "body": b""})

    async def story() -> None:
        asked = Asked(wrapped(app, endless.Endless(str(tmp_path))), method=method)
        await asked.task
        assert list(asked.sent[0]["headers"]) == [(b"content-length", b"0")]

    asyncio.run(story())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_what_is_asked_for_again_is_ended(tmp_path: Path, method: str) -> None:
    """A stream that answers a POST is finished by the app, for no client would ask for it again."""

    async def story() -> None:
        (tmp_path / MARK).touch()
        stream = Asked(wrapped(events, endless.Endless(str(tmp_path))), method=method)
        if method == "GET":
            await asyncio.wait_for(stream.task, 30)
        else:
            await asyncio.sleep(0.1)
            assert not stream.task.done()
            stream.task.cancel()

    asyncio.run(story())


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_a_websocket_gets_a_close_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    """It is closed with 1012 at once, whatever else is in work, and the app hears of it."""
    if server == "granian":
        monkeypatch.setitem(endless.sys.modules, "granian", endless)

    async def story() -> None:
        found = endless.Endless(str(tmp_path))
        open_one, other = Asked(wrapped(socket, found), "websocket"), Asked(wrapped(finite, found))
        await asyncio.sleep(0.01)
        assert not open_one.task.done()
        (tmp_path / MARK).touch()
        await asyncio.wait_for(open_one.task, 30)
        assert [each for each in open_one.sent if each["type"] == "websocket.close"] == [
            {"type": "websocket.close", "code": RESTARTS, "reason": ""}
        ]
        assert not other.task.done()
        other.task.cancel()

    asyncio.run(story())


def test_an_app_that_only_sends_hears_of_the_end(tmp_path: Path) -> None:
    """What it sends to a closed WebSocket raises an OSError, as the standard asks for, and is no fault in the log."""

    async def talks(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        while True:
            await send({"type": "websocket.send", "text": "x"})
            await asyncio.sleep(0.001)

    async def story() -> None:
        one = Asked(wrapped(talks, endless.Endless(str(tmp_path))), "websocket")
        (tmp_path / MARK).touch()
        await asyncio.wait_for(one.task, 30)
        assert one.sent[-1]["type"] == "websocket.close"

    asyncio.run(story())


def test_a_fault_of_the_app_stays_one(tmp_path: Path) -> None:
    """Before its end, what an app raises goes on to the server."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("mine")

    async def story() -> None:
        with pytest.raises(LookupError, match="mine"):
            await Asked(wrapped(broken, endless.Endless(str(tmp_path)))).task

    asyncio.run(story())


def test_nothing_is_wrapped_where_nobody_would_tell() -> None:
    """Without a supervisor the app is as it was."""
    assert endless.begin("") is None
    assert endless.asgi(events, None) is events
