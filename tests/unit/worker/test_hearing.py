"""An ASGI app on gunicorn that gives up waiting for its client."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from porch.worker.porch_worker import hearing


class Gunicorns:
    """A client as gunicorn tells of it: whoever gave up waiting is told from then on that it has gone."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.body = [{"type": "http.request", "more_body": True}, {"type": "http.request"}]
        self._given_up = False

    async def receive(self) -> Any:
        """The next of it."""
        if self.body:
            return self.body.pop(0)
        try:
            if not self._given_up:
                await self.leaves.wait()
        except asyncio.CancelledError:
            self._given_up = True
            raise
        return {"type": "http.disconnect"}


async def look(receive: Any, patience: float = 0.001) -> str:
    """As an app does that must not wait; more patient for what must come."""
    try:
        return str((await asyncio.wait_for(receive(), patience))["type"])
    except TimeoutError:
        return "there"


async def unsaid(message: Any) -> None:
    """None of these apps answers."""
    raise AssertionError(message)


def test_a_client_is_there_until_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the app has looked; and nothing is left to wait when the request is over."""
    monkeypatch.setitem(sys.modules, "gunicorn.asgi.protocol", hearing)
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        seen.extend([await look(receive, 30) for _ in range(2)])
        seen.extend([await look(receive) for _ in range(3)])
        client.leaves.set()
        seen.extend([await look(receive, 30) for _ in range(2)])
        client.leaves.clear()
        seen.append(await look(receive))

    async def once() -> set[Any]:
        nonlocal client
        client = Gunicorns()
        await hearing.asgi(app)({"type": "http"}, client.receive, unsaid)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    client: Any = None
    assert asyncio.run(once()) == set()
    assert seen == ["http.request"] * 2 + ["there"] * 3 + ["http.disconnect"] * 2 + ["there"]


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_only_requests_are_heard_for(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A WebSocket and the lifespan get what the server gives."""
    monkeypatch.setitem(sys.modules, "gunicorn.asgi.protocol", hearing)
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        got.append(receive)

    receive = Gunicorns().receive
    asyncio.run(hearing.asgi(app)({"type": kind}, receive, unsaid))
    assert got == [receive]


def test_elsewhere_the_app_is_left_alone() -> None:
    """By every other server."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """Does nothing."""

    assert hearing.asgi(app) is app
