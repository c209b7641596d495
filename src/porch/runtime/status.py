"""What `porch status` shows, as one JSON object.

Rule: measured at the moment of asking; nothing is kept for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from porch.runtime import extras as extras_
from porch.runtime import procfs
from porch.runtime.generation import Generation
from porch.runtime.keep import Kept
from porch.runtime.launch import Launch


def row(found: procfs.Process, name: str, role: str, restarts: int) -> dict[str, Any]:
    """One process."""
    return {
        "name": name,
        "role": role,
        "pid": found.pid,
        "rss_bytes": found.rss_bytes,
        "uptime_s": round(found.uptime_s, 1),
        "restarts": restarts,
    }


def processes(kept: Iterable[Kept]) -> list[dict[str, Any]]:
    """The supervisor, each master, and under it its workers."""
    own = procfs.process(os.getpid())
    rows = [row(own, "porch", "supervisor", 0)] if own is not None else []
    for one in kept:
        name, child = one.unit.name, one.unit.child
        master = procfs.process(child.pid) if child is not None and not child.exited.done() else None
        if master is None:
            continue
        rows.append(row(master, name, f"{name} master", one.restarts))
        rows += [
            row(worker, name, f"{name} {_part(worker, master)}", one.unit.census.restarts(worker))
            for worker in procfs.descendants(master.pid)
        ]
    return rows


def _part(found: procfs.Process, master: procfs.Process) -> str:
    """A worker is a child of its master; what a worker starts, and Python's own keeper of shared memory, is none."""
    return "worker" if found.parent == master.pid and not procfs.tracks_resources(found.pid) else "subprocess"


def apps(launch: Launch) -> list[dict[str, str]]:
    """Each app of the instance, the main one first: its name among the processes, where it is, what runs it."""
    return [{"name": each.app.name, "prefix": each.prefix, "server": each.server} for each in launch.apps]


def extras(kept: Iterable[extras_.Kept]) -> list[dict[str, Any]]:
    """The processes beside the app."""
    rows: list[dict[str, Any]] = []
    for one in kept:
        found = procfs.process(one.child.pid) if one.child is not None and not one.child.exited.done() else None
        if found is not None:
            rows.append(row(found, one.name, "process", one.restarts))
    return rows


def generations(beside: Iterable[Generation]) -> list[dict[str, Any]]:
    """Generations that are not in service: the one that starts, those that end."""
    rows: list[dict[str, Any]] = []
    for one in beside:
        master = procfs.process(one.child.pid) if one.child is not None and not one.child.exited.done() else None
        if master is None:
            continue
        age = "old" if one.state == "drained" else "next"
        rows.append(row(master, one.name, f"{age} {one.name} master", 0))
        rows += [
            row(worker, one.name, f"{age} {one.name} {_part(worker, master)}", 0)
            for worker in procfs.descendants(master.pid)
        ]
    return rows


def overall(conditions: Iterable[str], *, was_ready: bool, stopping: bool, reloading: bool = False) -> str:
    """The state of the instance from those of its parts."""
    seen = set(conditions)
    if stopping:
        return "draining"
    if was_ready and "down" in seen:
        return "failed"
    if was_ready and seen == {"healthy"}:
        return "reloading" if reloading else "ready"
    return "starting"
