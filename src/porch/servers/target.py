"""What every server is told alike: the wrapped app's name, and the environment that the wrapper reads.

Rule: whatever the server, the app behind it is loaded, wrapped and reported on by the same code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from porch import worker
from porch.plan import Interface, Plan

MODULES: Mapping[Interface, str] = {"wsgi": "wsgi", "asgi": "asgi", "aiohttp": "web"}


def application(plan: Plan) -> str:
    """The wrapper that the server loads in place of the user's app."""
    return f"porch_worker.{MODULES[plan.app.interface.value]}:application"


def report(plan: Plan) -> str:
    """Where a worker writes why it could not load the app; empty where no supervisor of porch's would read it."""
    return f"{plan.run.home}/failure.json" if plan.run.generation else ""


def shared_environment(plan: Plan) -> dict[str, str]:
    """What the wrapper is told, and where it is found: beside the rendered files, or inside porch."""
    told = {
        "target": plan.app.target.value,
        "interface": plan.app.interface.value,
        "mount": plan.app.mount.value,
        "folder": plan.app.import_from,
        "report": report(plan),
    }
    return {
        "PYTHONPATH": worker.PATH if plan.run.generation else plan.run.home,
        # The current folder is the project: its `queue.py` must not stand in for Python's own when the server starts.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "PORCH_WORKER": json.dumps(told),
    }
