"""What every server is told alike: the wrapped app's name, and the environment that the wrapper reads.

Rule: whatever the server, the app behind it is loaded, wrapped and reported on by the same code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from porch import worker
from porch.plan import Interface, Plan
from porch.servers import kept

MODULES: Mapping[Interface, str] = {"wsgi": "wsgi", "asgi": "asgi", "aiohttp": "web"}

_PLAIN = re.compile(r"[^\w\s{}()\[\]:,./\"\\_-]")
"""Marks that mean something in one of the languages that the JSON is written in."""


def application(plan: Plan) -> str:
    """The wrapper that the server loads in place of the user's app."""
    return f"porch_worker.{MODULES[plan.app.interface.value]}:application"


def report(plan: Plan) -> str:
    """Where a worker writes why it could not load the app; empty where no supervisor of porch's would read it."""
    return f"{plan.run.home}/failure.json" if plan.run.generation else ""


def shared_environment(plan: Plan) -> dict[str, str]:
    """What every server's process is given."""
    return found_beside(plan) | {"PORCH_WORKER": worker_settings(plan)}


def worker_settings(plan: Plan) -> str:
    """What the wrapper is told, as JSON."""
    told = {
        "target": plan.app.target.value,
        "interface": plan.app.interface.value,
        "mount": plan.app.mount.value,
        "folder": plan.app.import_from,
        "report": report(plan),
        "pulse": plan.run.home if plan.run.generation else "",
    }
    if plan.run.generation and plan.server.recycle_requests.value:
        told["counted"] = "yes"
    if plan.app.health.value:
        told |= {"health": plan.app.health.value, "host": plan.http.probed}
    return plain_json(told)


def last_resort(plan: Plan) -> int:
    """Seconds after which the server itself ends a worker that hangs.

    nginx answers 504 two seconds after the longest request, and the supervisor acts within the next three.
    """
    return plan.limits.request.value + 7


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version."""
    found: list[int] = []
    for part in version.split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def plain_json(value: object) -> str:
    """JSON without the marks that mean something in a language that it is written in."""
    return _PLAIN.sub(lambda mark: f"\\u{ord(mark[0]):04x}", json.dumps(value))


def found_beside(plan: Plan) -> dict[str, str]:
    """Where the wrapper is found, and how the server's Python starts."""
    return {
        "PYTHONPATH": worker.PATH if plan.run.generation else plan.run.wrapper,
        # The current folder is the project: its `queue.py` must not stand in for Python's own when the server starts.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    }


def header(name: str, plan: Plan, argv: tuple[str, ...]) -> str:
    """The comment at the top of a server's own file: what it is, and how it is started where porch does not do it."""
    text = (
        f"How {name} runs {plan.app.target.value} behind nginx.\n"
        "Written by porch; edit porch.toml, or keep this file as yours."
    )
    if plan.run.generation:
        return text
    return (
        f"{text} It runs without porch.\n\nBefore it starts, these folders must be there:\n{kept.making(plan)}\n"
        f"It is started with this, and stopped with TERM:\n{kept.starting(plan, argv)}"
    )
