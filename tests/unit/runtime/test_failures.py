"""The failure that `porch status` tells of."""

from __future__ import annotations

from porch.runtime.failures import SHOWN, Failures
from porch.runtime.logs import Tail


def test_at_first_nothing_has_failed() -> None:
    """An instance without a failure tells of none."""
    assert Failures().shown() is None


def test_the_last_one_is_told_with_its_last_lines() -> None:
    """A later failure takes the place of an earlier one, and lines that came after the news are there too."""
    failures, tail = Failures(), Tail()
    failures.note("nginx", "nginx exited with code 1")
    failures.note("app", "app was killed by SIGKILL", tail)
    tail.put(b"".join(b"line %d\n" % number for number in range(15)))
    told = failures.shown()
    assert told is not None
    assert (told["name"], told["what"], failures.count) == ("app", "app was killed by SIGKILL", 2)
    assert told["lines"] == [f"line {number}" for number in range(15 - SHOWN, 15)]
    assert told["at"].endswith("+00:00")
