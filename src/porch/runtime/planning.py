"""Has the next generation planned by a child process, which reads settings and code anew.

Rule: the resident process stays small: it starts the child, reads one JSON line, and believes it only as a whole.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from porch.errors import Exit, Problem, Refused
from porch.runtime import folder
from porch.runtime.launch import Launch, Program, from_json
from porch.runtime.process import Child, Order, ending
from porch.runtime.unit import Surroundings

NEXT = ".next"
"""Ending of a file that waits beside the live one."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What the child has written."""

    path: str
    """The new launch file."""
    launch: Launch
    front: tuple[str, ...]
    """nginx's files that are to change; each new one lies beside with the ending `.next`."""
    warnings: tuple[str, ...]


async def planned(around: Surroundings) -> Planned:
    """The next generation's plan, its files written; Refused with the child's own problems."""
    program = around.launch.replan
    if program is None:
        fix = "porch stop, then porch run"
        raise Refused(Problem("this instance was started without a way to reload", fix=fix, exit=Exit.RELOAD))
    said, complained, code = await _run(around, program)
    answer = _answer(said)
    if not answer:
        what = f"reading the settings anew {ending(code)}"
        raise Refused(Problem(what, where=around.launch.project, fix="see its words above", detail=complained))
    if not answer.get("ok"):
        raise Refused(*(_problem(each) for each in answer["problems"]))
    return _planned(around.launch, answer)


def _planned(live: Launch, answer: dict[str, Any]) -> Planned:
    try:
        launch = from_json(Path(answer["launch"]).read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Such as a porch that was upgraded meanwhile, and says more than this one understands.
        fix = "porch stop, then porch run"
        what = f"the new plan cannot be read by the running porch: {error}"
        raise Refused(Problem(what, where=str(answer.get("launch", "")), fix=fix)) from None
    launch = replace(launch, sockets=live.sockets, lock=live.lock)
    return Planned(answer["launch"], launch, tuple(answer["front"]), tuple(answer["warnings"]))


async def _run(around: Surroundings, program: Program) -> tuple[str, str, int]:
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
        async with asyncio.timeout(around.launch.start_timeout):
            code = await child.wait()
        return (await words[0]).decode(errors="replace"), (await words[1]).decode(errors="replace"), code
    except TimeoutError:
        what = f"reading the settings and the app anew did not end within {around.launch.start_timeout:g} s"
        fix = "see what the app waits for when it is imported"
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


def _answer(said: str) -> dict[str, Any]:
    """The last line that is a JSON object with a verdict."""
    for line in reversed(said.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "ok" in found:
            return cast("dict[str, Any]", found)
    return {}


def _problem(told: dict[str, Any]) -> Problem:
    return Problem(str(told["what"]), str(told["where"]), str(told["fix"]), detail=str(told["detail"]))
