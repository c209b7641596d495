"""Waiting for what must come true.

Rule: no test waits for a fixed time; it waits for a condition, with a deadline and a name for what did not come.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import IO, TypeVar

T = TypeVar("T")

PAUSE = 0.02
DEADLINE = 30.0
"""Seconds: what does not come within them never will, however busy the machine is. A claim about time says its own."""


def until(condition: Callable[[], T], claim: str | Callable[[], str], deadline: float = DEADLINE) -> T:
    """Return the first true value of the condition; fail, naming the claim, when none comes in time."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            said = claim if isinstance(claim, str) else claim()
            raise AssertionError(f"not within {deadline:g} s: {said}; last value: {value!r}")
        time.sleep(PAUSE)
    return value


class Stream:
    """The lines that a process writes, as they come."""

    def __init__(self, pipe: IO[str]) -> None:
        self._pipe = pipe
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._pipe:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    @property
    def lines(self) -> list[str]:
        """What has come until now."""
        with self._changed:
            return list(self._lines)

    @property
    def text(self) -> str:
        """What has come until now, as one text."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, deadline: float = DEADLINE, count: int = 1) -> list[str]:
        """Return the lines that match, as soon as there are `count` of them."""
        wanted = re.compile(pattern)
        end = time.monotonic() + deadline
        with self._changed:
            while len(found := [line for line in self._lines if wanted.search(line)]) < count:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() > end:
                    said = "\n".join(self._lines[-40:])
                    raise AssertionError(f"{len(found)} of {count} lines like {pattern!r} in {deadline:g} s:\n{said}")
        return found

    def close(self) -> None:
        """Read to the end; whoever holds the other end must be gone."""
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "a process still holds the output open"
        self._pipe.close()
