"""When the next generation is to take over by itself, and when it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from porch.runtime import recycle
from porch.runtime.launch import Recycle
from porch.runtime.process import Child
from porch.runtime.procfs import Process
from porch.runtime.recycle import LONGEST, PAUSE, SOONER, Recycling, over, share
from porch.runtime.say import Voice

MIB = 1024**2


def worker(rss: int) -> Process:
    """One that takes so much memory."""
    return Process(pid=7, parent=1, session=1, state="S", born=1, rss_bytes=rss)


def test_a_share_is_at_most_a_tenth_smaller() -> None:
    """Chance takes up to a tenth off, and leaves one request at least; 0 stays 0."""
    assert share(1000, 0.0) == 1000
    assert share(1000, 1.0) == 1000 * (1 - SOONER)
    assert share(1, 1.0) == 1
    assert share(0, 0.5) == 0


@pytest.mark.parametrize(
    ("rss", "done", "why"),
    [
        (100 * MIB, 99, ""),
        (100 * MIB, 100, "a worker of the app (pid 7) has done 100 requests"),
        (201 * MIB, 0, "a worker of the app (pid 7) takes 201 MiB of memory, more than 200 MiB"),
        (200 * MIB, 0, ""),
    ],
)
def test_one_worker_over_a_limit_is_enough(rss: int, done: int, why: str) -> None:
    """The reason names the worker, what it has, and the limit."""
    assert over([(worker(1), 0), (worker(rss), done)], 100, 200 * MIB)[0] == why


def test_without_limits_nothing_is_over() -> None:
    """A worker may grow, and answer, as long as it likes."""
    assert over([(worker(2**40), 10**9)], 0, 0) == ("", False)


@dataclass
class Generation:
    """One in service."""

    recycle: Recycle
    child: Child | None = None
    home: str = ""


@dataclass
class Site:
    """What serves now."""

    generation: tuple[Generation, ...]
    recycling: Recycling


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Callable[[Recycle, int, int], Site]:
    """A site whose one worker has so many bytes and so many requests done, in every generation."""

    def made(limits: Recycle, rss: int, done: int) -> Site:
        monkeypatch.setattr(recycle, "_told", lambda _: [(worker(rss), done)])
        ask: Callable[[], asyncio.Future[object]] = asyncio.Future
        found = Site((Generation(limits),), None)  # type: ignore[arg-type]
        found.recycling = Recycling(lambda: found.generation, ask, Voice("text", lambda _: None))  # type: ignore[arg-type]
        return found

    return made


def moments(site: Site, until: int) -> list[int]:
    """The seconds at which a next generation is asked for, each of which comes at once."""
    found: list[int] = []
    for now in range(until):
        if site.recycling.due(float(now)):
            found.append(now)
            site.generation = (Generation(site.generation[0].recycle),)
            site.recycling.due(float(now))
    return found


def test_a_limit_that_is_always_passed_is_no_storm(site: Callable[[Recycle, int, int], Site]) -> None:
    """Where each worker is too large from its first moment, the pause doubles, to an hour at most."""
    found = moments(site(Recycle(memory=32 * MIB), 40 * MIB, 0), 20_000)
    gaps = [after - before for before, after in pairwise(found)]
    assert found[0] == PAUSE
    assert gaps[:5] == [10, 20, 40, 80, 160]
    assert max(gaps) == LONGEST


def test_requests_are_counted_at_a_steady_pace(site: Callable[[Recycle, int, int], Site]) -> None:
    """Where the share is done early each time, a generation serves for the pause, and no longer."""
    found = moments(site(Recycle(requests=100), MIB, 1000), 60)
    assert found == [number * int(PAUSE) for number in range(1, 12)]


def test_without_limits_it_is_never_due(site: Callable[[Recycle, int, int], Site]) -> None:
    """Nothing is replaced that nobody asked to be."""
    assert moments(site(Recycle(), 2**40, 10**9), 100) == []
