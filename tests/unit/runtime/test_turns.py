"""Whose turn it is: each phase answers a request for a reload in its own way."""

from __future__ import annotations

import asyncio

import pytest

from porch.runtime.turns import WHEN_ASKED, Phase, Turns


class Work:
    """Reloads that end when the test says so; each is numbered."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> str:
        """One reload."""
        self.begun += 1
        number = self.begun
        await self.go_on.wait()
        return f"reload {number}"


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def starting() -> tuple[Work, Turns[str]]:
    """Before the instance is ready."""
    work = Work()
    return work, Turns(work, lambda: "refused")


async def ready() -> tuple[Work, Turns[str]]:
    """At rest."""
    work, turns = await starting()
    turns.open()
    return work, turns


async def reloading() -> tuple[Work, Turns[str]]:
    """In the first reload."""
    work, turns = await ready()
    turns.ask()
    await settle()
    return work, turns


async def stopping() -> tuple[Work, Turns[str]]:
    """The stop has begun."""
    work, turns = await ready()
    await turns.close()
    return work, turns


IN = {"starting": starting, "ready": ready, "reloading": reloading, "stopping": stopping}
EXPECTED: dict[Phase, tuple[int, str]] = {
    "starting": (0, "reload 1"),
    "ready": (1, "reload 1"),
    "reloading": (1, "reload 2"),
    "stopping": (0, "refused"),
}
"""Reloads begun at once, and the outcome that whoever asks is told."""


@pytest.mark.parametrize("phase", WHEN_ASKED)
def test_a_request_in_each_phase(phase: Phase) -> None:
    """A request waits for the start, begins, waits for the next turn or is refused, and is told the right outcome."""

    async def story() -> tuple[int, str]:
        work, turns = await IN[phase]()
        assert turns.phase == phase
        answer = turns.ask()
        await settle()
        begun = work.begun
        if phase == "starting":
            turns.open()
        work.go_on.set()
        return begun, await answer

    assert asyncio.run(story()) == EXPECTED[phase]


def test_a_storm_costs_one_more() -> None:
    """A hundred requests during a reload are all told of the one that follows it, and there is no third."""

    async def story() -> tuple[set[str], int, Phase]:
        work, turns = await reloading()
        answers = [turns.ask() for _ in range(100)]
        work.go_on.set()
        told = {await answer for answer in answers}
        await settle()
        return told, work.begun, turns.phase

    assert asyncio.run(story()) == ({"reload 2"}, 2, "ready")


def test_a_stop_ends_the_wait() -> None:
    """Whoever waits for a reload when the stop begins is told that there is none, whether it had begun or not."""

    async def story() -> list[str]:
        _, turns = await ready()
        answers = [turns.ask()]
        await settle()
        answers.append(turns.ask())
        await turns.close()
        return [await answer for answer in answers]

    assert asyncio.run(story()) == ["refused", "refused"]


def test_nothing_is_done_unasked() -> None:
    """Being ready is no reason to reload."""

    async def story() -> int:
        work, turns = await starting()
        turns.open()
        await settle()
        return work.begun

    assert asyncio.run(story()) == 0
