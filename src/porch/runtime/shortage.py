"""Tells which process the kernel ended because the memory limit was reached.

Rule: the kernel counts whom it ends and names nobody; who has gone by the time of the same look, or of the next ones,
is named, and where nobody is missing the event itself is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from porch.cgroups import Cgroups
from porch.runtime.say import Voice

PATIENCE = 3
"""Looks that may pass until the dead process is missed: its end takes a moment, and so does its master's notice."""
MIB = 1024**2


class Shortage:
    """Looks at the kernel's count."""

    def __init__(self, voice: Voice, killed: Callable[[], int] | None = None, limit: int | None = None) -> None:
        groups = Cgroups(Path("/"))
        self._voice = voice
        self._killed = killed or groups.killed
        self._limit = limit if limit is not None else groups.memory() or 0
        self._known = self._killed()
        self._unnamed = 0
        self._looks = 0

    def look(self, gone: Iterable[int]) -> list[str]:
        """Say what happened since the last look; `gone` are the workers that have ended in it."""
        now = self._killed()
        self._unnamed += max(0, now - self._known)
        self._known = now
        named = list(gone)[: self._unnamed]
        told = [f"a worker of the app (pid {pid}) was" for pid in named]
        self._unnamed -= len(named)
        self._looks = self._looks + 1 if self._unnamed and not named else 0
        if self._looks > PATIENCE:
            several = "a process was" if self._unnamed == 1 else f"{self._unnamed} processes were"
            told, self._unnamed, self._looks = [*told, several], 0, 0
        sentences = [f"{who} ended by the kernel: the memory limit{shown(self._limit)} was reached" for who in told]
        for sentence in sentences:
            self._voice.warning(f"{sentence}; allow more, or run fewer workers")
        return sentences


class Toll:
    """How many the kernel has ended since this was made: whether memory is why something does not start."""

    def __init__(self, killed: Callable[[], int] | None = None, limit: int | None = None) -> None:
        groups = Cgroups(Path("/"))
        self._killed, self._limit = killed or groups.killed, limit if limit is not None else groups.memory() or 0
        self._before = self._killed()

    @property
    def why(self) -> str:
        """A sentence; empty where nobody was ended for memory."""
        if self._killed() <= self._before:
            return ""
        return f"the kernel ended a process, as the memory limit{shown(self._limit)} was reached"


def shown(limit: int) -> str:
    """The limit in words; empty where it is not known."""
    return f" of {limit / MIB:.0f} MiB" if limit else ""
