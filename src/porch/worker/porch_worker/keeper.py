"""`python -m porch_worker.keeper`: supervisord's event listener, which does what supervisord leaves undone.

Rule: a program that cannot be kept up ends supervisord with a failure, the others stopped in order first; what a dead
program leaves of its process group is ended, for it would hold the program's address.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

PATIENCE = 5.0
"""Seconds for programs to end whose supervisord is dead."""
CRASHES, WITHIN = 5, 60.0
"""So many unexpected ends in so many seconds: supervisord itself only counts ends before `startsecs`."""


class Keeper:
    """What is known of the programs, from the events that supervisord sends."""

    def __init__(self, order: list[str], essential: list[str] | None = None) -> None:
        self.essential = essential or []
        """Processes beside the app whose failure ends all."""
        beside = order.index("app") if "app" in order else len(order)
        self.site = [name for name in order[:beside] if name == "nginx"] + order[beside:]
        """Kept up until they cannot be: nginx, the app, and after it the apps that are mounted beside it."""
        self.leaders = children(os.getppid())
        """Processes that supervisord has started; each leads a group."""
        self.crashes: dict[str, list[float]] = {}

    def heard(self, name: str, told: dict[str, str], now: float) -> str:
        """Take one event in; what has become of the program that cannot be kept up, empty for none."""
        program = told.get("processname", "")
        if name == "PROCESS_STATE_STARTING":
            # The event tells no process id, but comes when the process is there.
            self.leaders |= children(os.getppid())
        self.sweep()
        failed = name == "PROCESS_STATE_FATAL" or (name == "PROCESS_STATE_EXITED" and told.get("expected") != "1")
        if program in self.essential and failed:
            return f"{program} has failed, and the rest cannot do without it"
        if program not in self.site:
            return ""
        if name == "PROCESS_STATE_FATAL":
            return f"{program} cannot be started"
        if name == "PROCESS_STATE_EXITED" and told.get("expected") != "1":
            recent = [*(when for when in self.crashes.get(program, ()) if now - when < WITHIN), now]
            self.crashes[program] = recent
            if len(recent) >= CRASHES:
                return f"{program} has ended {len(recent)} times within {WITHIN:.0f} s"
        return ""

    def sweep(self) -> None:
        """Kill what is left of the groups of processes that are gone.

        A number that is a group's is given to no new process, so where the leader is gone the members are its own.
        """
        for leader in [each for each in self.leaders if not alive(each)]:
            self.leaders.discard(leader)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)

    def end_all(self) -> None:
        """End what a supervisord that is gone has left: no one else will, and it holds addresses."""
        for leader in self.leaders:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(leader, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while any(alive(leader) for leader in self.leaders) and time.monotonic() < deadline:
            time.sleep(0.05)
        for leader in filter(alive, self.leaders):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)


def children(parent: int) -> set[int]:
    """Processes that this one started, from /proc, but the listener itself."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):  # it has gone while we looked
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.add(int(path.parent.name))
    return found - {os.getpid()}


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def events() -> Iterator[tuple[str, dict[str, str]]]:
    """Each event that supervisord sends, by its listener protocol: READY, a header, a payload, RESULT."""
    while True:
        sys.stdout.write("READY\n")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            return
        header = tokens(line)
        yield header.get("eventname", ""), tokens(sys.stdin.read(int(header["len"])))
        sys.stdout.write("RESULT 2\nOK")
        sys.stdout.flush()


def tokens(line: str) -> dict[str, str]:
    """`key:value` words."""
    return dict(word.split(":", 1) for word in line.split() if ":" in word)


class _OverSocket(xmlrpc.client.Transport):
    """XML-RPC over supervisord's unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:  # noqa: ARG002  # a unix socket has none
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self._path)
        return connection


def give_up(why: str, order: list[str]) -> NoReturn:
    """Have the programs stopped in order, then end supervisord: it has no exit code of its own for this."""
    supervisord = os.getppid()
    say(f"{why}; supervisord ends with a failure")
    path = os.environ["SUPERVISOR_SERVER_URL"].removeprefix("unix://")
    for program in order:
        with suppress(OSError, xmlrpc.client.Error, http.client.HTTPException):
            xmlrpc.client.ServerProxy("http://localhost", transport=_OverSocket(path)).supervisor.stopProcess(program)
    os.kill(supervisord, signal.SIGKILL)
    deadline = time.monotonic() + 1
    while os.getppid() == supervisord and time.monotonic() < deadline:
        time.sleep(0.01)
    if os.getppid() == supervisord:
        # The first process of a container: no signal from inside ends it but one that it heeds.
        say("supervisord is the first process here, so it can only be asked to end, and will tell no failure")
        os.kill(supervisord, signal.SIGTERM)
    sys.exit(1)


def say(what: str) -> None:
    """To the one stream of logs."""
    sys.stderr.write(f"keeper: {what}\n")
    sys.stderr.flush()


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


def main(words: list[str]) -> None:
    """Listen until supervisord ends; the words are the programs in the order in which they are stopped."""
    split = words.index("--essential") if "--essential" in words else len(words)
    order, essential = words[:split], [word for word in words[split:] if word != "--essential"]
    keeper = Keeper(order, essential)
    signal.signal(signal.SIGTERM, _end)
    try:
        for name, told in events():
            why = keeper.heard(name, told, time.monotonic())
            if why:
                give_up(why, order)
        # supervisord would have said TERM; it has closed the pipe because it is dead.
        keeper.end_all()
    finally:
        keeper.sweep()


if __name__ == "__main__":
    main(sys.argv[1:])
