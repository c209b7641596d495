"""One reload at a time, and a storm of requests costs one more.

Rule: who asks is told the outcome of a reload that began after the question, so that what was changed before it is in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Phase = Literal["starting", "ready", "reloading", "stopping"]
Does = Literal["later", "begin", "again", "refuse"]

WHEN_ASKED: Mapping[Phase, Does] = {
    "starting": "later",
    "ready": "begin",
    "reloading": "again",
    "stopping": "refuse",
}
"""What becomes of a request, by the phase that it comes in; all that wait for `later` or `again` share one reload."""


class Turns(Generic[T]):
    """Whose turn it is."""

    def __init__(self, work: Callable[[], Awaitable[T]], refused: Callable[[], T]) -> None:
        self.phase: Phase = "starting"
        self._work = work
        self._refused = refused
        self._now: asyncio.Future[T] | None = None
        self._next: asyncio.Future[T] | None = None
        self._task: asyncio.Future[None] | None = None

    def ask(self) -> asyncio.Future[T]:
        """The outcome to come; to be shielded, since others may wait for the same."""
        does = WHEN_ASKED[self.phase]
        if does == "refuse":
            answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            answer.set_result(self._refused())
            return answer
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        wanted = self._next
        if does == "begin":
            self._begin()
        return wanted

    def open(self) -> None:
        """The start is over: what was asked meanwhile has its turn."""
        self.phase = "ready"
        if self._next is not None:
            self._begin()

    async def close(self) -> None:
        """The stop begins: what is under way is given up, and whoever waits is told so."""
        self.phase = "stopping"
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for waiting in (self._now, self._next):
            if waiting is not None and not waiting.done():
                waiting.set_result(self._refused())

    def _begin(self) -> None:
        self.phase = "reloading"
        self._task = asyncio.ensure_future(self._work_off())

    async def _work_off(self) -> None:
        while self._next is not None:
            self._now, self._next = self._next, None
            outcome = await self._work()
            if not self._now.done():
                self._now.set_result(outcome)
        self.phase = "ready"
