"""What /proc tells about processes: parents, memory, age, and who holds a port.

Rule: reads only; a process that is gone, or a machine without /proc, is an empty answer and never an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from porch.records import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"
_ACCEPTS = 0x10000
_KEEPS_CHILDREN = Path("/proc/thread-self/children").exists()
"""Whether the kernel was built to list a process's children (CONFIG_PROC_CHILDREN); most are."""


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    session: int
    state: str
    born: int
    """Clock ticks since the machine was booted; with the pid it names one process for ever."""
    rss_bytes: int

    @property
    def uptime_s(self) -> float:
        """Seconds since it was started."""
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - self.born / _TICKS)


def _text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def process(pid: int) -> Process | None:
    """The process, or None when there is none of that number."""
    text = _text(f"/proc/{pid}/stat")
    # The command stands in brackets and may itself hold spaces and brackets.
    words = text[text.rfind(")") + 2 :].split()
    if len(words) < 22:
        return None
    return Process(
        pid=pid,
        parent=int(words[1]),
        session=int(words[3]),
        state=words[0],
        born=int(words[19]),
        rss_bytes=int(words[21]) * _PAGE,
    )


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler for that signal; without one most signals end it."""
    caught = _text(f"/proc/{pid}/status").partition("SigCgt:")[2].split(maxsplit=1)
    return bool(caught) and bool(int(caught[0], 16) >> (number - 1) & 1)


def processes() -> Iterator[Process]:
    """Every process that can be seen, in no order."""
    for pid in _pids():
        found = process(pid)
        if found is not None:
            yield found


def descendants(pid: int) -> list[Process]:
    """Children, their children and so on, parents first; without zombies."""
    by_parent: dict[int, list[Process]] = {}
    for found in processes():
        if found.state != "Z":
            by_parent.setdefault(found.parent, []).append(found)
    result: list[Process] = []
    level = [pid]
    while level:
        children = [child for parent in level for child in by_parent.get(parent, ())]
        result += children
        level = [child.pid for child in children]
    return result


def workers(pid: int) -> list[Process]:
    """Its living descendants, found without reading the whole process table: cheap enough for every second."""
    if not _KEEPS_CHILDREN:
        return descendants(pid)
    found: list[Process] = []
    level = [pid]
    while level:
        below = [child for parent in level for child in children(parent)]
        found += below
        level = [child.pid for child in below]
    return found


def children(pid: int) -> list[Process]:
    """Its own living children, as cheaply. One whose brother ends at this moment may be left out (proc(5))."""
    if not _KEEPS_CHILDREN:
        return [one for one in processes() if one.parent == pid and one.state != "Z"]
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  # names are wanted, and this is the quick way
    except OSError:
        return []
    pids = (int(child) for thread in threads for child in _text(f"/proc/{pid}/task/{thread}/children").split())
    return [one for child in pids if (one := process(child)) is not None and one.state != "Z"]


def command(pid: int) -> str:
    """Its command line in one line, at most 80 characters; empty when it cannot be read."""
    words = _text(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
    return words[:80] or _text(f"/proc/{pid}/comm").strip()


def tracks_resources(pid: int) -> bool:
    """Whether it is the process that `multiprocessing` starts beside those that it is asked for."""
    return "multiprocessing.resource_tracker" in _text(f"/proc/{pid}/cmdline")


def boot() -> str:
    """Names this run of the machine: pids and birth ticks mean nothing after the next."""
    return _text("/proc/sys/kernel/random/boot_id").strip()


def port_holder(port: int) -> int | None:
    """Pid of a process that listens on the TCP port, when this user may see it."""
    inodes = {
        words[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for words in map(str.split, _text(table).splitlines()[1:])
        if len(words) > 9 and words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port
    }
    return _socket_holder(inodes)


def path_holder(path: str) -> int | None:
    """Pid of a process that has the unix socket of this path, when this user may see it."""
    lines = [line.split(maxsplit=7) for line in _text("/proc/net/unix").splitlines()[1:]]
    return _socket_holder({words[6] for words in lines if len(words) == 8 and words[7] == path})


@dataclass(frozen=True, slots=True)
class Connections:
    """Those that a unix socket's listener has."""

    accepted: int
    waiting: int
    """In its queue: no process has taken them yet."""


def connections(path: str) -> Connections | None:
    """Connections to the unix socket of this path; None when nobody seems to listen there, or there is no /proc."""
    rows = [line.split(maxsplit=7) for line in _text("/proc/net/unix").splitlines()[1:]]
    states = [(words[3], words[5]) for words in rows if len(words) == 8 and words[7] == path]
    # net/unix/af_unix.c: a listener has __SO_ACCEPTCON; what is connected and not accepted has no owner yet (02).
    ends = [state for flags, state in states if not int(flags, 16) & _ACCEPTS]
    if len(ends) == len(states):
        return None
    return Connections(accepted=ends.count("03"), waiting=ends.count("02"))


def _socket_holder(inodes: set[str]) -> int | None:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    if not wanted:
        return None
    for pid in _pids():
        if any(link in wanted for link in _links(pid)):
            return pid
    return None


def _links(pid: int) -> Iterator[str]:
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            yield str(link.readlink())
    except OSError:
        return


def _pids() -> list[int]:
    try:
        return sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    except OSError:
        return []
