"""`python -m porch.cli.replan LAUNCH WORDS...`: what a reload runs in a child of the resident process.

Rule: the words are those that were typed after `porch run`; the answer is one JSON line on standard output, and a
problem is told as data, because the resident process shows it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from porch import mainline, targets
from porch.cli import flags, parser, unwritable
from porch.errors import Exit, Problem, Refused
from porch.runtime import assemble, replan
from porch.runtime.launch import from_json
from porch.syntax.file import Unwritable


def main(words: Sequence[str]) -> int:
    """Plan anew, write, and tell; returns 0, or 5 when the next generation cannot be."""
    # The site comes first: half a second of planning must not be felt by those who use it.
    with suppress(OSError):  # a filter of system calls may forbid it
        os.nice(10)
    try:
        told = _plan(words[0], words[1:])
    except Refused as refused:
        told = _refusal(refused.problems)
    except Unwritable as error:
        told = _refusal([unwritable(error)])
    print(json.dumps(told))
    return int(Exit.DONE if told["ok"] else Exit.RELOAD)


def _plan(path: str, words: Sequence[str]) -> dict[str, object]:
    live = from_json(Path(path).read_text())
    typed = ("run", *words)
    given = parser.parser(typed).parse_args(typed)
    asked = mainline.asked(given.target, flags(given), given.config)
    running = mainline.Running(live.folder, live.generation + 1, terminal=live.log_format == "text", passed=live.passed)
    plan = mainline.plan_for(replace(asked, running=running), os.environ)
    new = assemble.launch(plan, words)
    if new.replan is not None and live.replan is not None:
        new = replace(new, replan=replace(new.replan, folder=live.replan.folder))
    written = replan.write(live, new, assemble.files(plan, targets.nginx_files(plan)))
    return {"ok": True, "launch": written.launch, "front": written.front, "warnings": plan.warnings}


def _refusal(problems: Sequence[Problem]) -> dict[str, object]:
    return {"ok": False, "problems": [{**asdict(each), "exit": int(each.exit)} for each in problems]}


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # An ordinary end would look through all of its memory first: 27 ms of a processor that the site has a use for.
    os._exit(code)
