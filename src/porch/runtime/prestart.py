"""Runs the command that must have ended well before the app is started.

Rule: the app is not started beside it or without it; whoever waits for it and goes away takes it along.
"""

from __future__ import annotations

import asyncio

from porch.errors import Exit, Problem, Refused
from porch.runtime.process import ending
from porch.runtime.unit import Surroundings, stop_signal


async def run(around: Surroundings) -> None:
    """Run it to its end, where there is one; Refused when it fails."""
    program = around.launch.prestart
    if program is None:
        return
    child = around.start(program)
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        child.signal(stop_signal(program))
        raise
    if code:
        what = f"the prestart command {ending(code)}: {' '.join(around.launch.prestart_words or program.argv)}"
        fix = "its own words are in the lines above that begin with `prestart:`; the app was not started"
        raise Refused(Problem(what, where=program.folder, fix=fix, exit=Exit.APP))
