"""When a worker hangs, and when it does not."""

from __future__ import annotations

import pytest

from porch.runtime.pulse import Pulse
from porch.runtime.stuck import Seen, judge

LIMIT = 33.0
NOW = 1000.0
OLD, NEW = NOW - 40, NOW - 5
IDLE = Pulse(0.0, 7, ())

HANGS = [
    pytest.param(Pulse(0.0, 7, (OLD,)), "S", OLD, "has been at one request for 40 s", id="one-request"),
    pytest.param(Pulse(OLD, 7, ()), "R", OLD, "has not turned its event loop for 40 s", id="loop"),
    pytest.param(IDLE, "T", OLD, "was stopped 40 s ago", id="stopped"),
]
LIVES = [
    pytest.param(IDLE, "S", OLD, id="idle"),
    pytest.param(Pulse(0.0, 7, (NEW,)), "S", OLD, id="young-request"),
    pytest.param(Pulse(0.0, 7, (OLD,)), "S", NEW, id="another-thread-moved"),
    pytest.param(Pulse(NEW, 7, ()), "R", OLD, id="loop-turns"),
    pytest.param(IDLE, "T", NEW, id="stopped-a-moment"),
    pytest.param(None, "R", OLD, id="tells-nothing"),
]


@pytest.mark.parametrize(("told", "state", "moved", "why"), HANGS)
def test_a_worker_hangs(told: Pulse, state: str, moved: float, why: str) -> None:
    """Nothing has moved in it for the limit, though something should have."""
    assert judge(Seen(moved, told), told, state, NOW, LIMIT) == why


@pytest.mark.parametrize(("told", "state", "moved"), LIVES)
def test_a_worker_lives(told: Pulse | None, state: str, moved: float) -> None:
    """It has nothing to do, or something in it moves."""
    assert judge(Seen(moved, told), told, state, NOW, LIMIT) == ""


def test_what_changed_since_the_last_look_moved() -> None:
    """A request that ended a moment ago shows that other threads work."""
    seen = Seen(OLD, Pulse(0.0, 6, (OLD,)))
    assert judge(seen, Pulse(0.0, 7, (OLD,)), "S", NOW, LIMIT) == ""
    assert seen.moved == NOW
