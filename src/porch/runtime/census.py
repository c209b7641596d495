"""Who the workers of each master are, and how often each place among them was taken anew.

Rule: a worker is named by pid and hour of birth; one that comes after another has gone has its place, and one restart
more. Masters start their workers themselves, so this is only seen by looking.
"""

from __future__ import annotations

from collections.abc import Iterable

from porch.runtime.procfs import Process


class Census:
    """The workers of one master."""

    def __init__(self) -> None:
        self._master = 0
        self._restarts: dict[tuple[int, int], int] = {}
        self._vacant: list[int] = []

    def look(self, master: int, workers: Iterable[Process]) -> list[tuple[int, int]]:
        """Take in who is there now; returns who has gone, each by pid and hour of birth."""
        if master != self._master:
            # The master itself was started again: its own count says so.
            self._master, self._restarts, self._vacant = master, {}, []
        present = [(one.pid, one.born) for one in workers]
        gone = [known for known in self._restarts if known not in present]
        self._vacant += [self._restarts.pop(known) for known in gone]
        for known in present:
            if known not in self._restarts:
                self._restarts[known] = self._vacant.pop(0) + 1 if self._vacant else 0
        return gone

    def restarts(self, worker: Process) -> int:
        """How often the worker's place was taken anew."""
        return self._restarts.get((worker.pid, worker.born), 0)
