"""What /proc tells of the signals that a process has a handler for."""

from __future__ import annotations

import pytest

from porch.runtime import procfs


@pytest.mark.parametrize(("number", "caught"), [(1, True), (2, True), (3, False), (57, False)])
def test_a_handler_is_seen(monkeypatch: pytest.MonkeyPatch, number: int, caught: bool) -> None:
    """Each signal has a bit of its own, the first one the lowest."""
    text = "SigIgn:\t0000000001001000\nSigCgt:\t0000000000000003\nCapInh:\t0000000000000000\n"
    monkeypatch.setattr(procfs, "_text", lambda path: text if path == "/proc/7/status" else "")
    assert procfs.catches(7, number) is caught


def test_of_a_process_that_is_gone_nothing_is_caught() -> None:
    """Its number may be anything."""
    assert not procfs.catches(2**30, 15)
