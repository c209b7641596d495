"""The state of an instance from those of its parts."""

from __future__ import annotations

import os

import pytest

from porch.runtime import status


@pytest.mark.parametrize(
    ("conditions", "was_ready", "stopping", "state"),
    [
        (("waiting", "waiting"), False, False, "starting"),
        (("healthy", "starting"), False, False, "starting"),
        (("down", "waiting"), False, False, "starting"),
        (("healthy", "healthy"), False, False, "starting"),
        (("healthy", "healthy"), True, False, "ready"),
        (("down", "healthy"), True, False, "failed"),
        (("starting", "healthy"), True, False, "starting"),
        (("healthy", "healthy"), True, True, "draining"),
        (("down", "healthy"), True, True, "draining"),
    ],
)
def test_overall(conditions: tuple[str, ...], was_ready: bool, stopping: bool, state: str) -> None:
    """Draining wins, then failed; ready is said only when every part is healthy and it was said before."""
    assert status.overall(conditions, was_ready=was_ready, stopping=stopping) == state


def test_supervisor_is_listed() -> None:
    """The supervisor itself is the first row, with its memory and age."""
    (row,) = status.processes(())
    assert (row["role"], row["pid"]) == ("supervisor", os.getpid())
    assert row["rss_bytes"] > 1_000_000
    assert row["uptime_s"] >= 0
