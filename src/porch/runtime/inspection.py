"""Imports the user's app in a child process and reports what it is.

Rule: porch's own process never imports user code; the child runs in the project, as the user whom the app will run as;
its failure is a Problem with the app's own traceback.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from porch import worker
from porch.errors import Exit, Problem, Refused
from porch.frameworks.finding import StaticFolder
from porch.plan import Interface
from porch.records import dataclass
from porch.runtime.identity import identity
from porch.runtime.verdict import verdict

LONGEST = 60.0
"""Seconds that an import may take before it counts as hanging."""
SHOWN_BEFORE = 10.0
"""Seconds before that when it shows where it is: a busy machine takes some to begin."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the imported object is."""

    interface: Interface
    framework: str
    statics: tuple[StaticFolder, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """Who imports the app, and where."""

    python: str
    project: str
    """Working directory, as the app will have it."""
    user: str = ""
    """Empty: the caller."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables of the app's own."""


def import_app(child: Child, target: str, folder: str, interface: str = "") -> Seen:
    """Import the app from that folder as a worker would; `interface` asks for that kind. Raises Refused (exit 3)."""
    asked = {"target": target, "interface": interface, "mount": "", "folder": folder, "report": ""}
    told = {"PYTHONPATH": _search_path(), "PYTHONSAFEPATH": "1", "PORCH_WORKER": json.dumps(asked)}
    python = child.python
    try:
        done = _run((python, "-m", "porch_worker.inspect", str(LONGEST - SHOWN_BEFORE)), child, told)
    except subprocess.TimeoutExpired as late:
        raise Refused(_hanging(target, child.project, late.stderr or b"")) from None
    except OSError as error:
        what = f"cannot start {python}: {error.strerror}"
        raise Refused(Problem(what, "app.python", "name another interpreter", Exit.MACHINE)) from None
    answer = verdict(done.stdout)
    if answer.get("ok"):
        return _seen(answer, target)
    what = str(answer.get("what") or f"importing {target} ended the process with code {done.returncode}")
    detail = str(answer.get("traceback") or done.stderr)
    raise Refused(Problem(what, target, str(answer.get("fix") or ""), Exit.APP, detail))


def _run(words: tuple[str, ...], child: Child, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    found = identity(child.user)
    environment = os.environ | dict(child.environment) | told | (found.environment if found else {})
    return subprocess.run(
        words,
        cwd=child.project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
        user=found.uid if found else None,
        group=found.gid if found else None,
        extra_groups=found.groups if found else None,
    )


def _hanging(target: str, project: str, said: bytes | str) -> Problem:
    """With the lines of the project that it is in, the innermost first."""
    text = said if isinstance(said, str) else said.decode(errors="replace")
    frames = re.findall(r'^  File "([^"]+)", line (\d+)', text, re.MULTILINE)
    own = [f"{file}:{line}" for file, line in frames if Path(file).is_relative_to(project)]
    what = f"importing {target} did not end within {LONGEST:.0f} s"
    if not own:
        return Problem(what, target, "see what it waits for when it is imported", Exit.APP, text)
    fix = 'see what that line waits for; what runs a server goes under: if __name__ == "__main__":'
    return Problem(what, own[0], fix, Exit.APP, text)


def _search_path() -> str:
    return os.pathsep.join(filter(None, (worker.PATH, os.environ.get("PYTHONPATH", ""))))


def _seen(answer: dict[str, Any], target: str) -> Seen:
    statics = tuple(
        StaticFolder(url.rstrip("/") + "/", folder, f"{target} was imported")
        for url, folder in answer.get("static", ())
        if Path(folder).is_dir()
    )
    return Seen(answer["interface"], answer.get("framework") or "", statics)
