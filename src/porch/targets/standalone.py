"""How the app server is started where no porch watches over it: its command and its environment.

Rule: what porch's supervisor gives the app, it has here too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from porch import servers
from porch.plan import Plan
from porch.servers.target import plain_json

PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def command(plan: Plan) -> tuple[str, ...]:
    """What must come first is done, then the server starts in the same process."""
    run, server = plan.run, servers.by_name(plan.server.name.value)
    where, python = run.bound or run.socket, plan.app.python.value
    # What porch's own supervisor leaves out by itself.
    without = (python, "-m", "porch_worker.unset", *server.drops, "--") if server.drops else ()
    return (python, "-m", "porch_worker.begin", where, "--", *without, *server.argv(plan))


def variables(plan: Plan) -> Mapping[str, str]:
    """What porch's supervisor would give the app: also the programs beside its interpreter, and its user's name."""
    found = {**dict(plan.app.environment), **servers.environment(plan)}
    found["PATH"] = path(plan)
    if plan.run.user.value:
        found |= {"USER": plan.run.user.value, "LOGNAME": plan.run.user.value}
    if plan.app.prestart.value:
        found |= _prestart(plan)
    return found


def path(plan: Plan) -> str:
    """Where programs are looked for."""
    return os.pathsep.join((str(Path(plan.app.python.value).parent), PROGRAMS))


def _prestart(plan: Plan) -> Mapping[str, str]:
    words, lock = plan.app.prestart.value, plan.app.prestart_lock.value
    if not lock:
        return {"PORCH_PRESTART": plain_json(words)}
    holder = (plan.app.python.value, f"{plan.run.wrapper}/porch_worker/lock.py", "--", *words)
    return {"PORCH_PRESTART": plain_json(holder), "PORCH_LOCK": lock}
