"""What is kept alive: the app's generation and nginx are units, and this is all the supervisor knows of them.

Rule: a unit that cannot come up says why as Refused, and has then killed what it started.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Literal, Protocol

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import folder
from porch.runtime.census import Census
from porch.runtime.failures import Failures
from porch.runtime.identity import Identity
from porch.runtime.launch import Launch, Program
from porch.runtime.logs import Logs, Tail
from porch.runtime.process import Child, Order, Reaper
from porch.runtime.say import Voice

Condition = Literal["waiting", "starting", "healthy", "down"]


class Ended(Refused):
    """The unit ended by itself before it answered; its own exit code counts, not ours."""


class Unit(Protocol):
    """One process with what it starts itself."""

    child: Child | None
    condition: Condition
    census: Census
    """Who its workers are, and how often each was replaced."""
    tail: Tail
    """Its last lines."""

    @property
    def name(self) -> str:
        """For messages and `status`."""
        ...

    async def start(self) -> None:
        """Start it and return when it answers."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every unit needs to start a process."""

    launch: Launch
    identity: Identity | None
    reaper: Reaper
    logs: Logs
    voice: Voice
    failures: Failures

    @property
    def owner(self) -> tuple[int, int] | None:
        """User and group of the children, when they are not the supervisor's own."""
        return self.identity.owner if self.identity is not None else None

    def start(
        self,
        program: Program,
        extra: Mapping[str, str] | None = None,
        keep: tuple[int, ...] = (),
        tail: Tail | None = None,
    ) -> Child:
        """Start a program whose output goes into the log, its latest lines into `tail` too."""
        stdout = self.logs.pipe(program.name, "stdout", self.owner, tail)
        try:
            stderr = self.logs.pipe(program.name, "stderr", self.owner, tail)
        except OSError:
            os.close(stdout)
            raise
        return self.start_into(program, (stdout, stderr), extra, keep)

    def start_into(
        self,
        program: Program,
        outputs: tuple[int, ...],
        extra: Mapping[str, str] | None = None,
        keep: tuple[int, ...] = (),
    ) -> Child:
        """Start a program with these outputs, which are closed here."""
        order = Order(
            argv=program.argv,
            folder=program.folder,
            environment={**dict(program.environment), **(extra or {})},
            drops=program.drops,
            identity=self.identity,
            stdout=outputs[0],
            stderr=outputs[-1],
            keep=keep,
            death_signal=stop_signal(program),
        )
        try:
            child = self.reaper.start(order)
        finally:
            for output in outputs:
                os.close(output)
        folder.record_processes(self.launch.folder, (child.pid for child in self.reaper.children))
        return child


class Exhausted(Refused):
    """The machine has no more of something, which may be there again at any moment."""


def exhausted(name: str, error: OSError) -> Exhausted:
    """The machine has no more of something: descriptors, processes, memory, disk."""
    what = f"cannot start {name}: {error.strerror or error}"
    fix = "give the machine more of it, or this user (`ulimit -a`); a running instance tries again by itself"
    return Exhausted(Problem(what, where=str(error.filename or ""), fix=fix, exit=Exit.MACHINE))


def stop_signal(program: Program) -> signal.Signals:
    """The signal that ends it in order."""
    return signal.Signals[f"SIG{program.stop_signal.removeprefix('SIG')}"]
