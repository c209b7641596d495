"""Units that take another's place while they are kept alive."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from porch.runtime import keep
from porch.runtime.failures import Failures
from porch.runtime.keep import Keeping, Kept
from porch.runtime.logs import Tail
from porch.runtime.process import Child
from porch.runtime.say import Voice
from porch.runtime.unit import Condition


class Part:
    """A unit without a process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: Child | None = Child(0)
        self.condition: Condition = "healthy"
        self.starts = 0
        self.tail = Tail()

    async def start(self) -> None:
        """Never answers again."""
        self.starts += 1
        await asyncio.Event().wait()

    def die(self, code: int = 1) -> None:
        """End its process."""
        assert self.child is not None
        self.child.exited.set_result(code)


def kept(unit: Part) -> Kept:
    """Kept as in a container: given up after five deaths."""
    return Kept(unit, Voice("text", lambda _: None), Failures(), gives_up=True)


async def settle(seconds: float = 0) -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(seconds)


def test_the_replaced_unit_is_left_to_its_fate() -> None:
    """A unit that dies after another took its place is not started again; the death of the new one is seen."""

    async def story() -> tuple[int, str]:
        old, new, other = Part("old"), Part("new"), Part("other")
        keeping = Keeping([kept(old), kept(other)])
        task = asyncio.ensure_future(keeping.keep())
        await settle()
        keeping.replace([old], [kept(new)])
        assert [each.unit.name for each in keeping.kept] == ["new", "other"]
        old.die()
        await settle()
        new.die()
        await settle()
        task.cancel()
        return old.starts, new.condition

    assert asyncio.run(story()) == (0, "down")


def test_a_restart_under_way_is_given_up() -> None:
    """The old unit's restart does not go on when another has taken its place."""

    async def story() -> bool:
        old = Part("old")
        watched = kept(old)
        keeping = Keeping([watched])
        task = asyncio.ensure_future(keeping.keep())
        await settle()
        old.die()
        async with asyncio.timeout(30):
            while not old.starts:
                await asyncio.sleep(0.01)
        keeping.replace([old], [kept(Part("new"))])
        await settle()
        restarting = [each for each in asyncio.all_tasks() if "Kept.keep" in repr(each)]
        task.cancel()
        return len(restarting) == 1 and not task.done()

    assert asyncio.run(story())


class Starved(Part):
    """A unit that the machine has no room for."""

    async def start(self) -> None:
        """Cannot be started."""
        self.starts += 1
        raise OSError(24, "Too many open files")


def test_what_the_machine_refuses_is_tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it was refused, the next try is at most two seconds away; a crash waits for up to ten."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await settle_once()

    settle_once = partial(asyncio.sleep, 0)

    async def story() -> None:
        starved = Starved("app")
        watched = Kept(starved, Voice("text", lambda _: None), Failures(), gives_up=False)
        monkeypatch.setattr(keep.asyncio, "sleep", sleep)
        task = asyncio.ensure_future(watched.keep())
        starved.die()
        while starved.starts < 12:
            await settle_once()
        task.cancel()

    asyncio.run(story())
    assert slept[:5] == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert max(slept) == 2.0
