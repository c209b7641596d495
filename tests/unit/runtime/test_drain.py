"""When an old generation may be told to end: when nothing leads to it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from porch.runtime import drain, procfs
from porch.runtime.procfs import Connections

TABLE = """\
Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 101 /run/a/app-1/app.sock
0000: 00000003 00000000 00000000 0001 03 102 /run/a/app-1/app.sock
0000: 00000003 00000000 00000000 0001 03 103 /run/a/app-1/app.sock
0000: 00000002 00000000 00000000 0001 02 0 /run/a/app-1/app.sock
0000: 00000003 00000000 00000000 0001 03 104 /run/a/app-2/app.sock
0000: 00000003 00000000 00000000 0001 03 105
"""


def test_connections_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this listener alone, taken and waiting; a path that nobody listens on tells nothing."""
    monkeypatch.setattr(procfs, "_text", lambda _: TABLE)
    assert procfs.connections("/run/a/app-1/app.sock") == Connections(accepted=2, waiting=1)
    assert procfs.connections("/run/a/app-2/app.sock") is None


def test_no_process_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc it is not known, which is not the same as none."""
    monkeypatch.setattr(procfs, "_text", lambda _: "")
    assert procfs.connections("/run/a/app-1/app.sock") is None


NONE, WORK, QUEUE = Connections(0, 0), Connections(1, 0), Connections(1, 1)
POOLED = drain.LONGEST_POOLED


@pytest.mark.parametrize(
    ("seen", "left", "after"),
    [
        (lambda _: NONE, True, 0.1),
        (lambda t: WORK if t < 1 else NONE, True, 1.0),
        (lambda t: WORK if t < 4 else NONE, True, 4.0),
        (lambda _: WORK, False, 6.0),
        (lambda t: QUEUE if t < 4 else NONE, True, 4.0),
        (lambda _: QUEUE, False, 6.0),
        (lambda _: None, False, POOLED),
    ],
    ids=[
        "none",
        "pool runs dry",
        "work is waited for",
        "but not for ever",
        "a queue is waited for",
        "nor that",
        "not known",
    ],
)
def test_until_left(
    seen: Callable[[float], Connections | None], left: bool, after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection ends the wait: pooled ones, requests in work and a queue are waited for."""
    clock = Clock()
    monkeypatch.setattr(drain, "time", clock)
    monkeypatch.setattr(drain.asyncio, "sleep", clock.sleep)
    monkeypatch.setattr(procfs, "connections", lambda _: seen(clock.now))
    assert asyncio.run(drain.until_left("/s", 6.0)) is left
    assert clock.now == pytest.approx(after, abs=drain.LATER + drain.PAUSE)


class Clock:
    """Time that passes in sleep only."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass."""
        self.now += seconds
