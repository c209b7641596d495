"""Runs the command that must have ended well before the app is started.

Rule: the app is not started beside it or without it; whoever waits for it and goes away takes it along.
"""

from __future__ import annotations

import asyncio
import os

from porch.errors import Exit, Problem, Refused
from porch.runtime.logs import Tail
from porch.runtime.process import ending
from porch.runtime.unit import Surroundings, stop_signal

DENIED = (
    "unable to open database file",
    "attempt to write a readonly database",
    "PermissionError",
    "Permission denied",
)
"""What SQLite, Python and others say of what they may not write."""
LAST_WORDS = 0.1
"""Seconds until what it said last has been read."""


async def run(around: Surroundings) -> None:
    """Run it to its end, where there is one; Refused when it fails."""
    program = around.launch.prestart
    if program is None:
        return
    tail = Tail()
    child = around.start(program, tail=tail)
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        child.signal(stop_signal(program))
        raise
    if code:
        what = f"the prestart command {ending(code)}: {' '.join(around.launch.prestart_words or program.argv)}"
        await asyncio.sleep(LAST_WORDS)
        fix = "its own words are in the lines above that begin with `prestart:`; the app was not started"
        if around.launch.container and any(word in line for line in tail.lines for word in DENIED):
            fix += f"; {_of_volume(around)}"
        raise Refused(Problem(what, where=program.folder, fix=fix, exit=Exit.APP))


def _of_volume(around: Surroundings) -> str:
    """A fresh volume is root's, and nobody in the container may give it away."""
    uid = around.owner[0] if around.owner else os.geteuid()
    way = f"docker run --rm --user 0 -v VOLUME:FOLDER IMAGE chown {uid} FOLDER"
    return f"what it writes goes into a volume, and that must be user {uid}'s. From outside of the container: {way}"
