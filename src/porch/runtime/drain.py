"""Waits until nginx holds no connection to a generation that has been replaced.

Rule: only then is the old generation told to end, so what an app server does with an idle connection when it stops, and
whether it does it well, never meets a request.
"""

from __future__ import annotations

import asyncio
import time

from porch.runtime import procfs

LONGEST_POOLED = 2.5
"""Seconds after a switch in which a pooled connection may still bring a request: nginx keeps one for another
second when its last request ended within the first (`keepalive_time`, `keepalive_timeout`), by a coarse clock."""
FIRST_LOOK = 0.1
"""A connection that was under way at the moment of the switch is surely in the queue by then."""
PAUSE = 0.05
LATER = 0.25
"""Seconds between two looks, when only what takes long is left."""


async def until_left(socket: str, patience: float) -> bool:
    """Return True when no connection is left; False when patience is at its end, or where it cannot be known."""
    began = time.monotonic()
    await asyncio.sleep(FIRST_LOOK)
    while (gone := time.monotonic() - began) < patience:
        found = procfs.connections(socket)
        if found is not None and not found.accepted and not found.waiting:
            return True
        if found is None and gone >= LONGEST_POOLED:
            return False
        await asyncio.sleep(PAUSE if gone < LONGEST_POOLED else LATER)
    return False
