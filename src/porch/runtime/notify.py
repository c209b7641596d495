"""Tells systemd how the instance is, where systemd asks for it (`sd_notify(3)`).

Rule: the variables are taken out of the environment at once: an app server that speaks to systemd by itself would tell
of itself in the instance's name. A word that systemd does not take is lost, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

from porch.records import dataclass

SOCKET, USEC, PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


@dataclass(frozen=True, slots=True)
class Notify:
    """The way to systemd; without an address every word is for nobody."""

    address: str = ""
    watchdog: float = 0.0
    """Seconds within which systemd wants to hear of us; 0: it does not ask."""

    def ready(self, status: str) -> None:
        """In service, at first or again after a reload."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """A reload begins; systemd compares the time with that of its own request."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reloading")

    def stopping(self) -> None:
        """The stop begins."""
        self._say("STOPPING=1", "STATUS=finishing what is in work")

    async def watch(self) -> None:
        """Say that this process still turns, twice in the time that systemd allows."""
        while self.watchdog:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self.watchdog / 2)

    def _say(self, *words: str) -> None:
        if not self.address:
            return
        # A leading @ stands for the zero byte of an abstract address.
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.setblocking(False)
            way.sendto("\n".join(words).encode(errors="replace"), address)


def from_environment(environ: MutableMapping[str, str]) -> Notify:
    """What systemd asks of this process; its variables are removed."""
    address, usec, pid = (environ.pop(name, "") for name in (SOCKET, USEC, PID))
    ours = usec.isdecimal() and pid in ("", str(os.getpid()))
    return Notify(address, int(usec) / 1_000_000 if ours else 0.0)
