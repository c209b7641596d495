"""Has no more workers of one generation load the app at once than there are processors.

Rule: a help and no more: who waits for long, or cannot lock, loads at once. To load an app is work for a processor:
three that do it on two are all late, and the first answer waits for the first of them. The kernel takes a lock back
from a worker that dies.
"""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST = 3.0
"""Seconds to wait: an app that waits itself while it is loaded, for a database perhaps, holds nobody up for longer."""
PAUSE = 0.005
NAME = "loading"
"""In the folder of the generation, with which it goes."""


@contextmanager
def turn(folder: str) -> Generator[None]:
    """While the app is loaded; without a folder there is nobody to wait for."""
    descriptor = take(f"{folder}/{NAME}", processors()) if folder else None
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def take(path: str, places: int) -> int | None:
    """Descriptor of the file with one of so many places in it locked; None where there is none in time."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    until = time.monotonic() + LONGEST
    while True:
        for place in range(places):
            # Of this process alone: what the app forks has no part in it.
            with suppress(OSError):
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return descriptor
        if time.monotonic() >= until:
            os.close(descriptor)
            return None
        time.sleep(PAUSE)


def processors(root: str = "/") -> int:
    """How many of them this process may use at once, by its affinity and by the quota of its container."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError, ZeroDivisionError):
        # Version 2 of the control groups; "max" for no quota.
        quota, period = Path(root, "sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(own, math.ceil(int(quota) / int(period))))
    with suppress(OSError, ValueError, ZeroDivisionError):
        base = Path(root, "sys/fs/cgroup/cpu")
        quota, period = ((base / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        if int(quota) > 0:
            return max(1, min(own, math.ceil(int(quota) / int(period))))
    return own
