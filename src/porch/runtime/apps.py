"""One generation of every app of the instance: the main one and those that are mounted beside it.

Rule: they start, are proved and are switched to together, so that a release is in service as a whole or not at all;
what dies later comes back alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from porch.errors import Refused
from porch.runtime.generation import Generation
from porch.runtime.logs import Tail
from porch.runtime.process import Child
from porch.runtime.together import together
from porch.runtime.unit import Surroundings


class Apps:
    """The generations of all apps that have the same number."""

    def __init__(self, around: Surroundings, number: int) -> None:
        self.number = number
        self.parts = tuple(Generation(replace(around, launch=launch), number) for launch in around.launch.apps)

    @property
    def children(self) -> tuple[Child, ...]:
        """The masters that were started."""
        return tuple(part.child for part in self.parts if part.child is not None)

    @property
    def tail(self) -> Tail:
        """The last words of the one that failed, else of the main app."""
        return next((part for part in self.parts if part.condition == "down"), self.parts[0]).tail

    async def start(self) -> None:
        """Start them, and return when each answers that it is ready."""
        self.spawn()
        await self.prove()
        self.switch()

    def spawn(self) -> None:
        """Start the processes of all."""
        for part in self.parts:
            part.spawn()

    async def prove(self) -> None:
        """Return when each answers that it is ready; Refused with the problem of the first that does not."""
        async with together(*(part.prove(part.child) for part in self.parts if part.child is not None)) as proofs:
            await asyncio.gather(*proofs)

    async def lost(self) -> Refused:
        """Return when one of them has ended by itself: why."""
        async with together(*(part.lost() for part in self.parts)) as waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()

    def switch(self) -> None:
        """From here on, new requests go to these."""
        for part in self.parts:
            part.switch()

    def lead(self) -> None:
        """Lead nginx to those that nothing is led to yet: an app that this generation is the first to have."""
        for part in self.parts:
            # A link to a generation that is gone leads nowhere either.
            if not Path(part.upstream).exists():
                part.link()

    def link(self) -> None:
        """Lead nginx to all of them."""
        for part in self.parts:
            part.link()

    def end_endless(self) -> None:
        """Have WebSockets closed and streams of events ended, which would go on for ever."""
        for part in self.parts:
            part.end_endless()

    async def retire(self) -> None:
        """Let each finish what it has, end it, and remove what it leaves."""
        await asyncio.gather(*(part.retire() for part in self.parts))

    async def wake(self) -> None:
        """Wake masters that would notice late that their workers are gone; returns when none is left."""
        await asyncio.gather(*(part.wake() for part in self.parts))

    async def discard(self) -> None:
        """Nothing of them is left."""
        await asyncio.gather(*(part.discard() for part in self.parts))

    def kill(self) -> None:
        """End them at once."""
        for child in self.children:
            child.kill_group()
