"""Has a child process do what the resident process must not: read settings and code, speak to an authority.

Rule: the resident process stays small: it starts the child, reads one JSON line, and believes it only as a whole.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from porch.errors import Problem, Refused
from porch.runtime import folder
from porch.runtime.launch import Program
from porch.runtime.process import Child, Order, ending
from porch.runtime.unit import Surroundings
from porch.runtime.verdict import verdict


async def answer(around: Surroundings, program: Program, within: float, doing: str) -> dict[str, Any]:
    """What the child says when all is well; Refused with its own problems, or with its end."""
    said, complained, code = await _run(around, program, within, doing)
    told = verdict(said)
    if not told:
        what = f"{doing} {ending(code)}"
        raise Refused(Problem(what, where=around.launch.project, fix="see its words above", detail=complained))
    if not told.get("ok"):
        raise Refused(*(_problem(each) for each in told["problems"]))
    return told


async def _run(around: Surroundings, program: Program, within: float, doing: str) -> tuple[str, str, int]:
    """Standard output, standard error and exit code of the child; killed with all of its own at the end of the time."""
    (said, stdout), (complained, stderr) = os.pipe(), os.pipe()
    words = [asyncio.ensure_future(_read(pipe)) for pipe in (said, complained)]
    # As whoever started porch, not as the app's user: it reads the settings and writes the run folder.
    order = Order(program.argv, program.folder, dict(program.environment), None, stdout, stderr)
    child: Child | None = None
    try:
        try:
            child = around.reaper.start(order)
        finally:
            os.close(stdout)
            os.close(stderr)
        folder.record_processes(around.launch.folder, (each.pid for each in around.reaper.children))
        async with asyncio.timeout(within):
            code = await child.wait()
        return (await words[0]).decode(errors="replace"), (await words[1]).decode(errors="replace"), code
    except TimeoutError:
        what = f"{doing} did not end within {within:g} s"
        fix = "see what it waits for: the app, when it is imported, or the network"
        raise Refused(Problem(what, where=around.launch.project, fix=fix)) from None
    finally:
        if child is not None:
            child.kill_group()
        for each in words:
            each.cancel()


async def _read(pipe: int) -> bytes:
    reader = asyncio.StreamReader()
    file = os.fdopen(pipe, "rb", buffering=0)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    try:
        return await reader.read()
    finally:
        transport.close()


def _problem(told: dict[str, Any]) -> Problem:
    return Problem(str(told["what"]), str(told["where"]), str(told["fix"]), detail=str(told["detail"]))
