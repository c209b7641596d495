"""gunicorn's workers that look once a second whether they are to stop, and are told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from porch.worker.porch_worker import prompt


class Loop:
    """The event loop of a worker, as far as signals go."""

    def __init__(self) -> None:
        self.told: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[..., None], *given: Any) -> None:
        """As asyncio's; it runs at once."""
        call(*given)

    def add_signal_handler(self, _: int, told: Callable[[], None]) -> None:
        """As asyncio's."""
        self.told.append(told)


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the tests' own process are left alone."""
    monkeypatch.setattr(prompt.signal, "signal", lambda *_: None)


class Aiohttp:
    """aiohttp's worker, as far as stops go."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.heard: list[str] = []

    def handle_exit(self, *_: object) -> None:
        """gunicorn's own."""
        self.heard.append("exit")

    def _notify_waiter_done(self) -> None:
        self.heard.append("waiter")


class Asgi:
    """gunicorn's ASGI worker, as far as stops go."""

    def __init__(self, servers: list[object]) -> None:
        self.loop: Any = asyncio.get_running_loop()
        self.alive = True
        self.servers = servers
        self.ended: list[str] = []

    def handle_exit_signal(self) -> None:
        """gunicorn's own."""
        self.alive = False

    async def _serve(self) -> None:
        try:
            while self.alive:
                await asyncio.sleep(3600 if self.servers else 0)
        except asyncio.CancelledError:
            self.ended.append("cancelled")
        self.ended.append("in order")


def test_aiohttp_is_woken_after_it_was_told() -> None:
    """First that it is to end, then that its pause is over."""
    worker = Aiohttp()
    prompt.stop(worker)
    worker.loop.told[0]()
    assert worker.heard == ["exit", "waiter"]


def stopped(servers: list[object]) -> list[str]:
    """How gunicorn's ASGI worker ended that had these listeners."""

    async def run() -> list[str]:
        worker, signals = Asgi(servers), Loop()
        serving = asyncio.ensure_future(worker._serve())
        await asyncio.sleep(0)
        loop, worker.loop = worker.loop, signals
        prompt.stop(worker)
        worker.loop = loop
        signals.told[0]()
        await asyncio.wait_for(serving, 10)
        return worker.ended

    return asyncio.run(run())


def test_an_asgi_worker_that_serves_ends_its_pause() -> None:
    """An hour would be left of it."""
    assert stopped([object()]) == ["cancelled", "in order"]


def test_an_asgi_worker_that_still_starts_is_not_disturbed() -> None:
    """The app's own start-up would be cut else."""
    assert stopped([]) == ["in order"]


class Gevent:
    """gevent and one event of it, as far as pauses go."""

    def __init__(self) -> None:
        self.told = False
        self.slept: list[tuple[str, float]] = []

    def is_set(self) -> bool:
        """Of the event."""
        return self.told

    def wait(self, seconds: float) -> None:
        """Of the event."""
        self.slept.append(("until told", seconds))

    def sleep(self, seconds: float) -> None:
        """gevent's own."""
        self.slept.append(("all of it", seconds))


def test_a_gevent_worker_sleeps_until_it_is_told_and_then_for_short() -> None:
    """And finds all else of gevent where it was."""
    gevent = Gevent()
    seen = prompt._Gevent(gevent, gevent)
    seen.sleep(1.0)
    gevent.told = True
    seen.sleep(1.0)
    assert gevent.slept == [("until told", 1.0), ("all of it", prompt.PAUSE)]
    assert seen.slept is gevent.slept


def test_a_worker_of_another_kind_is_left_as_it_is() -> None:
    """Nothing is known of it."""
    prompt.stop(object())


def test_a_worker_whose_loop_does_not_run_yet_is_ended_by_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own handler, which would forget it, gives way as soon as it is there."""
    said: list[object] = []
    monkeypatch.setattr(prompt.signal, "pthread_sigmask", lambda how, _: said.append(how))
    monkeypatch.setattr(prompt.signal, "signal", lambda *given: said.append(given))
    worker: Any = Aiohttp()
    worker.init_signals = lambda: said.append("its own")
    prompt.begin(worker)
    worker.init_signals()
    ends = (prompt.signal.SIGTERM, prompt.signal.SIG_DFL)
    assert said == [prompt.signal.SIG_BLOCK, "its own", ends, prompt.signal.SIG_SETMASK]
    prompt.begin(object())
