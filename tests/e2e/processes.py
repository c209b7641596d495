"""What runs on this machine, read from /proc.

Rule: only processes that a test started are looked at; they carry the test's mark in their environment, its run folder
in their command line, or they have become children of the test after their own parent died.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Process:
    """One process."""

    pid: int
    parent: int
    state: str
    command: str


def adopt_orphans() -> None:
    """Make orphans of what this process started its own children, so that they can be seen."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def everything() -> list[Process]:
    """Every process that can be seen."""
    return [found for entry in Path("/proc").iterdir() if entry.name.isdigit() and (found := _read(entry))]


def below(pid: int) -> list[Process]:
    """Descendants of that process, parents first."""
    running = everything()
    found: list[Process] = []
    parents = {pid}
    while born := [each for each in running if each.parent in parents and each not in found]:
        found += born
        parents = {each.pid for each in born}
    return found


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    found = _read(Path("/proc") / str(pid))
    return found is not None and found.state != "Z"


def marked(mark: str, folder: str) -> list[Process]:
    """Living processes that carry the mark, or name the folder."""
    return [
        each
        for each in everything()
        if each.state != "Z" and each.pid != os.getpid() and (folder in each.command or mark in _environment(each.pid))
    ]


def adopted(known: set[int]) -> list[Process]:
    """Children of this process that it did not start itself: the orphans of others; dead ones are reaped."""
    found: list[Process] = []
    for each in everything():
        if each.parent != os.getpid() or each.pid in known:
            continue
        if each.state == "Z":
            os.waitpid(each.pid, os.WNOHANG)
        else:
            found.append(each)
    return found


def _read(entry: Path) -> Process | None:
    try:
        name, _, rest = (entry / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
        words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:  # it has gone while we looked
        return None
    state, parent = rest.split()[:2]
    return Process(int(entry.name), int(parent), state, words or f"[{name}]")


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:  # gone, or of another user
        return ""
