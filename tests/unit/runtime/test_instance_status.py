"""The state of an instance from those of its parts."""

from __future__ import annotations

import os

import pytest

from porch.runtime import procfs, status


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


def test_descendants_are_parents_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of workers are found too, zombies and strangers are not."""
    table = [
        procfs.Process(pid=pid, parent=parent, session=1, state=state, born=1, rss_bytes=0)
        for pid, parent, state in ((3, 2, "S"), (2, 1, "S"), (4, 1, "Z"), (9, 8, "S"))
    ]
    monkeypatch.setattr(procfs, "processes", lambda: iter(table))
    assert [found.pid for found in procfs.descendants(1)] == [2, 3]


def test_no_such_process() -> None:
    """A process that is gone is None and no error."""
    assert procfs.process(2**22 + 1) is None
