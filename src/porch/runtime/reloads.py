"""All reloads of one instance: their turns, what came of the last, and the generations on their way out.

Rule: beside the generation in service there is at most one that starts and one that ends, so that a storm of reloads
takes no more memory than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from porch.errors import Problem
from porch.runtime.apps import Apps
from porch.runtime.control import Answer, refusal
from porch.runtime.generation import Generation
from porch.runtime.reload import Outcome, Reload, not_done
from porch.runtime.turns import Turns


class Told(Protocol):
    """Hears of each reload as it begins, and as it is over."""

    def __call__(self, *, over: bool) -> None:
        """Called twice for each."""


class Reloads:
    """What the supervisor knows of reloads."""

    def __init__(self, make: Callable[[], Reload], number: Callable[[], int], told: Told) -> None:
        self.last: Outcome | None = None
        self._make = make
        self._number = number
        self._told = told
        self._current: Reload | None = None
        self._leaving: dict[Apps, asyncio.Future[None]] = {}
        self._turns = Turns(self._reload, self._too_late)

    @property
    def under_way(self) -> bool:
        """Whether a reload is being worked on."""
        return self._turns.phase == "reloading"

    @property
    def beside(self) -> tuple[Generation, ...]:
        """Generations that have processes and are not in service: the one that starts, those that end."""
        new = self._current.new if self._current is not None else None
        return tuple(part for apps in (*((new,) if new is not None else ()), *self._leaving) for part in apps.parts)

    @property
    def leaving(self) -> tuple[Apps, ...]:
        """Generations that end, each of all apps."""
        return tuple(self._leaving)

    def ask(self) -> asyncio.Future[Outcome]:
        """The outcome to come."""
        return self._turns.ask()

    def open(self) -> None:
        """The instance is ready."""
        self._turns.open()

    async def close(self) -> None:
        """The instance is being stopped."""
        await self._turns.close()
        for leaving in self._leaving.values():
            leaving.cancel()

    async def answer(self) -> Answer:
        """Reload, and wait until the old generation is gone too, and those that an earlier reload replaced."""
        outcome = await asyncio.shield(self.ask())
        if not outcome.ok:
            return refusal(*outcome.problems)
        if outcome.drained is not None:
            # nginx may still ask one that an earlier reload replaced, over a connection of the last second.
            await asyncio.wait((outcome.drained, *self._leaving.values()))
        return {"ok": True, "message": outcome.what, "generation": outcome.generation}

    def shown(self) -> dict[str, Any] | None:
        """The last one, for `status`."""
        return self.last.shown() if self.last is not None else None

    async def _reload(self) -> Outcome:
        while len(self._leaving) > 1:
            # Else a WebSocket to the oldest would hold up the third reload.
            next(iter(self._leaving)).end_endless()
            await asyncio.wait(self._leaving.values(), return_when=asyncio.FIRST_COMPLETED)
        self._current = self._make()
        self._told(over=False)
        try:
            outcome = await self._current.run()
            self.last = outcome
            if outcome.drained is not None:
                self._let_go(self._current.old, outcome.drained)
        finally:
            self._current = None
            self._told(over=True)
        return outcome

    def _let_go(self, old: Apps, drained: asyncio.Future[None]) -> None:
        self._leaving[old] = drained
        drained.add_done_callback(lambda _: self._leaving.pop(old, None))

    def _too_late(self) -> Outcome:
        return not_done(self._number(), Problem("the instance is being stopped", fix="start it again with `porch run`"))
