"""Commands that speak to the running instance of a project.

Rule: they find it by the project's folder, or by --run-dir, and say so when there is none.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from porch import mainline, settings
from porch.cli import screen
from porch.errors import Exit, Problem, Refused, counted
from porch.mainline import Asked
from porch.runtime import control
from porch.runtime.folder import CONTROL, run_folder
from porch.values import AUTO


def folder_of(given: Namespace) -> str:
    """The run folder that is meant: as set, or the one that belongs to the project."""
    if given.folder and not Path(given.folder).is_dir():
        raise Refused(Problem(f"there is no folder {given.folder}", "command line", "name the project's folder"))
    wanted = mainline.asked(given.folder, tuple(getattr(given, "flags", ())), given.config)
    try:
        return _folder(wanted, mainline.said_for(wanted, os.environ).settings.run.dir)
    except Refused:
        # A mistake in the settings must not keep anyone from an instance that runs, such as from stopping it.
        found = _folder(wanted, _typed(wanted))
        if not Path(found, CONTROL).exists():
            raise
        return found


def _folder(wanted: Asked, said: str) -> str:
    return run_folder(str(wanted.folder)) if said == AUTO else str(wanted.folder / said)


def _typed(wanted: Asked) -> str:
    """The run folder as a flag or the variable names it; files are not looked at."""
    spec = settings.spec("run.dir")
    typed = [flag.raw for flag in wanted.flags if flag.key == spec.key]
    return typed[-1] if typed else os.environ.get(spec.variable, AUTO)


def status(given: Namespace) -> int:
    """Show what the instance says of itself."""
    told = control.ask(folder_of(given), {"do": "status"})
    if given.json:
        print(json.dumps(told, indent=2))
        return int(Exit.DONE)
    requests: dict[str, int] = told.get("requests") or {}
    print(f"{told['state']}  {told.get('url', '')}  generation {told['generation']}  {_servers(told)}")
    total, errors, dropped = requests.get("total", 0), requests.get("errors", 0), told.get("dropped_lines", 0)
    print(f"{counted(total, 'request')}, {counted(errors, 'error')} (5xx), {counted(dropped, 'log line')} dropped")
    if told.get("maintenance"):
        print("maintenance is on: the app is not asked until `porch maintenance off`")
    _last_reload(told.get("last_reload"))
    _last_failure(told.get("last_failure"))
    rows = [_row(each) for each in told["processes"]]
    screen.table(rows, ("NAME", "ROLE", "PID", "MEMORY", "UPTIME", "RESTARTS"))
    return int(Exit.DONE)


def _servers(told: dict[str, Any]) -> str:
    """`gunicorn`, or `gunicorn, uvicorn at /api` where there are several apps."""
    further = [f"{each['server']} at {each['prefix']}" for each in told.get("apps", ()) if each["prefix"]]
    return ", ".join((told["server"], *further))


def _last_reload(last: dict[str, Any] | None) -> None:
    if last is None:
        return
    verdict = "" if last["ok"] else "failed: "
    print(f"last reload {last['at']}: {verdict}{last['what']}")
    for line in () if last["ok"] else last["lines"]:
        print(f"  {line}")


def _last_failure(last: dict[str, Any] | None) -> None:
    """Not the reload's: its own lines are shown already."""
    if last is None or last["name"] == "reload":
        return
    print(f"last failure {last['at']}: {last['what']}")
    for line in last["lines"]:
        print(f"  {line}")


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    memory = f"{each['rss_bytes'] / 1024**2:.1f} MiB"
    uptime = f"{each['uptime_s']:.0f} s"
    return each["name"], each["role"], str(each["pid"]), memory, uptime, str(each["restarts"])


def stop(given: Namespace) -> int:
    """The ordered stop; returns when it is done."""
    control.ask(folder_of(given), {"do": "stop"}, timeout=None)
    return int(Exit.DONE)


def reload(given: Namespace) -> int:
    """Ask for the next generation."""
    told = control.ask(folder_of(given), {"do": "reload"}, timeout=None)
    print(told.get("message", "reloaded"))
    return int(Exit.DONE)


def maintenance(given: Namespace) -> int:
    """Have the page for it stand in place of the app, or the app be asked again."""
    told = control.ask(folder_of(given), {"do": "maintenance", "on": given.switch == "on"})
    print("maintenance is on" if told["maintenance"] else "maintenance is off")
    return int(Exit.DONE)


def logs(given: Namespace) -> int:
    """Recent lines, and those that come."""
    for answer in control.follow(folder_of(given), {"do": "logs", "follow": given.follow}):
        sys.stdout.write(answer.get("text", ""))
        sys.stdout.flush()
    return int(Exit.DONE)
