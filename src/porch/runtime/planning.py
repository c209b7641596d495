"""Has the next generation planned by a child process, which reads settings and code anew.

Rule: the resident process stays small: it starts the child, reads one JSON line, and believes it only as a whole.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import asked
from porch.runtime.launch import Launch, from_json
from porch.runtime.unit import Surroundings


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
    answer = await asked.answer(around, program, around.launch.start_timeout, "reading the settings and the app anew")
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
