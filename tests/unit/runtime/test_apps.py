"""All apps of a generation: proved together, switched together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from porch.errors import Problem, Refused
from porch.runtime import apps
from porch.runtime.apps import Apps
from porch.runtime.logs import Tail


@dataclass
class Part:
    """One app, which fails as told."""

    name: str
    fails: bool = False
    condition: str = "starting"
    child: object = None
    done: list[str] = field(default_factory=list)
    tail: Tail = field(default_factory=Tail)

    async def prove(self, _: object) -> None:
        if self.fails:
            self.condition = "down"
            raise Refused(Problem(f"{self.name} is broken"))
        try:
            await asyncio.sleep(0 if not self.done else 60)
        except asyncio.CancelledError:
            self.done.append("given up")
            raise

    def spawn(self) -> None:
        self.child = object()

    def switch(self) -> None:
        self.done.append("switched")


def made(monkeypatch: pytest.MonkeyPatch, *parts: Part) -> Apps:
    """The apps, each a stand-in."""
    waiting = list(parts)
    around: Any = SimpleNamespace(launch=SimpleNamespace(apps=parts))
    monkeypatch.setattr(apps, "replace", lambda around, **_: around)
    monkeypatch.setattr(apps, "Generation", lambda *_: waiting.pop(0))
    return Apps(around, 2)


def test_nothing_is_switched_to_before_all_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is broken keeps the others from service, and those still being asked are given up."""
    good, slow, bad = Part("good"), Part("slow", done=["asked"]), Part("bad", fails=True)
    found = made(monkeypatch, good, slow, bad)
    with pytest.raises(Refused, match="bad is broken"):
        asyncio.run(found.start())
    assert (good.done, slow.done) == ([], ["asked", "given up"])


def test_the_last_words_are_those_of_the_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that is refused shows the lines of the app that could not be."""
    good, bad = Part("good"), Part("bad", fails=True)
    found = made(monkeypatch, good, bad)
    assert found.tail is good.tail
    with pytest.raises(Refused):
        asyncio.run(found.start())
    assert found.tail is bad.tail


def test_all_are_switched_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """When each is well, each takes over."""
    parts = (Part("one"), Part("two"))
    asyncio.run(made(monkeypatch, *parts).start())
    assert [part.done for part in parts] == [["switched"], ["switched"]]


class Ending:
    """An app that ends after so many turns of the loop, or never."""

    def __init__(self, name: str, turns: int) -> None:
        self.name, self.turns = name, turns

    async def lost(self) -> Refused:
        """Why it ended."""
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if not self.turns:
            await asyncio.Event().wait()
        return Refused(Problem(f"{self.name} ended"))


def test_the_first_that_ends_is_told() -> None:
    """Of several apps one ends while nginx starts: its own reason is given, and nobody waits for the others."""
    apps: Any = SimpleNamespace(parts=(Ending("shop", 0), Ending("admin", 2), Ending("api", 9)))
    refused = asyncio.run(asyncio.wait_for(Apps.lost(apps), 5))
    assert [each.what for each in refused.problems] == ["admin ended"]
