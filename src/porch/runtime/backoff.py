"""How long to wait before a dead process is started again, and when to give up.

Rule: pure; the caller brings the clock, so a jump of the wall clock changes nothing.
"""

from __future__ import annotations

from collections import deque

FIRST = 0.1
LONGEST = 10.0
SOON = 2.0
"""Seconds at most where the machine had no more of something: it shall be back within 5 s after that has passed."""
RESET_AFTER = 60.0
"""Seconds of health after which the past is forgotten."""
HOPELESS_DEATHS = 5
HOPELESS_WITHIN = 60.0


class Backoff:
    """The deaths of one process: 0.1 s doubling to 10 s, from the start again after 60 s of health."""

    def __init__(self) -> None:
        self._next = FIRST
        self._healthy_since: float | None = None
        self._deaths: deque[float] = deque(maxlen=HOPELESS_DEATHS)

    def healthy(self, now: float) -> None:
        """The process answers."""
        self._healthy_since = now

    def died(self, now: float) -> float:
        """The process is gone; returns the seconds to wait before the next start."""
        if self._healthy_since is not None and now - self._healthy_since >= RESET_AFTER:
            self._next = FIRST
        self._healthy_since = None
        self._deaths.append(now)
        delay, self._next = self._next, min(self._next * 2, LONGEST)
        return delay

    @property
    def hopeless(self) -> bool:
        """Five deaths within 60 s: something outside has to decide."""
        return len(self._deaths) == HOPELESS_DEATHS and self._deaths[-1] - self._deaths[0] <= HOPELESS_WITHIN
