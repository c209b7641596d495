"""Imports the user's app in a child process and reports what it is.

Rule: porch's own process never imports user code; the child runs in the project, as the user whom the app will run as;
its failure is a Problem with the app's own traceback.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from porch import worker
from porch.errors import Exit, Problem, Refused
from porch.frameworks.finding import StaticFolder
from porch.plan import Interface
from porch.records import dataclass
from porch.runtime.identity import identity
from porch.runtime.verdict import verdict

SHOWN_BEFORE = 10.0
"""Seconds before the last when it shows where it is: a busy machine takes some to begin."""
TOLD_AFTER = 2.0
"""Seconds after which a person who waits is told for what."""

_OURS = re.compile(r'  File "(<frozen |[^"]*/(porch_worker|importlib)/)')
"""Frames between the start of the child and the app's first line."""


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
    longest: int = 60
    """Seconds that the import may take before it counts as hanging."""
    mount: str = ""
    """Prefix that the app will be below."""


def import_app(child: Child, target: str, folder: str, interface: str = "") -> Seen:
    """Import the app from that folder as a worker would; `interface` asks for that kind. Raises Refused (exit 3)."""
    asked = {"target": target, "interface": interface, "mount": child.mount, "folder": folder, "report": ""}
    told = {"PYTHONPATH": _search_path(), "PYTHONSAFEPATH": "1", "PORCH_WORKER": json.dumps(asked)}
    python = child.python
    telling = threading.Timer(TOLD_AFTER, tell, (child, target))
    telling.daemon = True
    telling.start()
    try:
        done = _run((python, "-m", "porch_worker.inspect", str(shown_after(child.longest))), child, told)
    except subprocess.TimeoutExpired as late:
        raise Refused(_hanging(target, child, late.stderr or b"")) from None
    except OSError as error:
        what = f"cannot start {python}: {error.strerror}"
        raise Refused(Problem(what, "app.python", "name another interpreter", Exit.MACHINE)) from None
    finally:
        telling.cancel()
    answer = verdict(done.stdout)
    if answer.get("ok"):
        return _seen(answer, target)
    what = str(answer.get("what") or f"importing {target} ended the process with code {done.returncode}")
    # What it wrote comes first: a library that ends the process has said there why.
    detail = done.stderr + str(answer.get("traceback") or "")
    raise Refused(Problem(what, target, str(answer.get("fix") or ""), Exit.APP, detail))


def shown_after(longest: int) -> float:
    """Seconds after which it shows where it is."""
    return max(longest - SHOWN_BEFORE, longest / 2)


def tell(child: Child, target: str) -> None:
    """What is waited for, on a terminal alone: nobody waits at a log."""
    if sys.stderr.isatty():
        sys.stderr.write(f"porch: waiting for {target} to be imported, at most {child.longest} s\n")
        sys.stderr.flush()


def _run(words: tuple[str, ...], child: Child, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    found = identity(child.user)
    environment = os.environ | dict(child.environment) | told | (found.environment if found else {})
    return subprocess.run(
        words,
        cwd=child.project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=child.longest,
        check=False,
        user=found.uid if found else None,
        group=found.gid if found else None,
        extra_groups=found.groups if found else None,
    )


def _hanging(target: str, child: Child, said: bytes | str) -> Problem:
    """With the lines of the project that it is in, the innermost first."""
    text = said if isinstance(said, str) else said.decode(errors="replace")
    frames = re.findall(r'^  File "([^"]+)", line (\d+)', text, re.MULTILINE)
    own = [f"{file}:{line}" for file, line in frames if Path(file).is_relative_to(child.project)]
    what = f"importing {target} did not end within {child.longest} s"
    detail = "".join(line for line in text.splitlines(keepends=True) if not _OURS.match(line))
    slow = "raise limits.start_timeout where it is only slow"
    if not own:
        return Problem(what, target, f"see what it waits for when it is imported, or {slow}", Exit.APP, detail)
    fix = 'see what that line waits for (what runs a server goes under `if __name__ == "__main__":`)'
    return Problem(what, own[0], f"{fix}, or {slow}", Exit.APP, detail)


def _search_path() -> str:
    return os.pathsep.join(filter(None, (worker.PATH, os.environ.get("PYTHONPATH", ""))))


def _seen(answer: dict[str, Any], target: str) -> Seen:
    statics = tuple(
        StaticFolder(url.rstrip("/") + "/", folder, f"{target} was imported", rooted=True)
        for url, folder in answer.get("static", ())
        if Path(folder).is_dir()
    )
    return Seen(answer["interface"], answer.get("framework") or "", statics)
