"""How nginx of a pod is had to go."""

from __future__ import annotations

import signal

import pytest

from porch.runtime import leave


def test_it_waits_then_asks_then_stays_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds come first, then QUIT; it returns when process 1 is gone."""
    done: list[object] = []

    def kill(pid: int, number: int) -> None:
        done.append((pid, number))
        if len(done) == 6:
            raise ProcessLookupError

    monkeypatch.setattr(leave.time, "sleep", done.append)
    monkeypatch.setattr(leave.os, "kill", kill)
    assert leave.main(["5"]) == 0
    assert done == [5.0, (1, signal.SIGQUIT), leave.PAUSE, (1, 0), leave.PAUSE, (1, 0)]
