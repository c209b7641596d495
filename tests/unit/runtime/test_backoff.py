"""Waiting before a dead process is started again."""

from __future__ import annotations

from porch.runtime.backoff import Backoff


def test_pauses_double() -> None:
    """The pause starts at 0.1 s, doubles, and never passes 10 s."""
    backoff = Backoff()
    assert [round(backoff.died(number), 1) for number in range(9)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_health_resets() -> None:
    """After 60 s of health the pause starts anew."""
    backoff = Backoff()
    backoff.died(0)
    backoff.died(1)
    backoff.healthy(2)
    assert backoff.died(62) == 0.1


def test_short_health_does_not_reset() -> None:
    """A process that answers for less than 60 s is still the one that keeps dying."""
    backoff = Backoff()
    backoff.died(0)
    backoff.healthy(1)
    assert backoff.died(60.9) == 0.2


def test_hopeless() -> None:
    """Five deaths within 60 s are hopeless, four are not."""
    backoff = Backoff()
    for number in range(4):
        backoff.died(number)
    assert not backoff.hopeless
    backoff.died(60)
    assert backoff.hopeless


def test_slow_deaths_are_not_hopeless() -> None:
    """Five deaths in more than 60 s are borne."""
    backoff = Backoff()
    for number in range(5):
        backoff.died(number * 16)
    assert not backoff.hopeless
