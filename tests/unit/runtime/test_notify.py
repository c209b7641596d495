"""What systemd is told, read from a socket as systemd reads it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from porch.runtime.notify import Notify, from_environment


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """Systemd's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.setblocking(False)
        yield end


def test_each_state_is_one_message(heard: socket.socket) -> None:
    """Ready, reloading with the time, stopping: what `sd_notify(3)` names, one datagram each."""
    notify = Notify(heard.getsockname())
    notify.ready("all is well")
    notify.reloading()
    notify.stopping()
    assert heard.recv(999) == b"READY=1\nSTATUS=all is well"
    first, time, _ = heard.recv(999).split(b"\n")
    assert (first, time.partition(b"=")[0]) == (b"RELOADING=1", b"MONOTONIC_USEC")
    assert int(time.partition(b"=")[2]) > 0
    assert heard.recv(999).startswith(b"STOPPING=1\n")


def test_the_watchdog_hears_twice_in_its_time(heard: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two words lies half of its time."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 5:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Notify(heard.getsockname(), watchdog=0.05).watch())
    assert slept == [0.025] * 5
    assert {heard.recv(99) for _ in range(5)} == {b"WATCHDOG=1"}


def test_the_variables_are_taken_away() -> None:
    """No child inherits them; a watchdog that is meant for another process is not answered."""
    environ = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/bin"}
    assert from_environment(environ) == Notify("@x", 2.0)
    assert environ == {"PATH": "/bin"}
    assert from_environment({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}).watchdog == 0


def test_nobody_listens() -> None:
    """Without an address, or with one that nobody reads, nothing fails."""
    Notify().ready("x")
    Notify("/nowhere/notify").ready("x")
