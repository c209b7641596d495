"""The processes beside the app: `[process.NAME]`.

Rule: each that is started has a name of its own, which is its tag in the log.
"""

from __future__ import annotations

from porch.decide.desk import Desk
from porch.plan import ProcessPlan
from porch.plan.chosen import Chosen
from porch.settings.process import Process

KEY = "process"


def processes(desk: Desk) -> Chosen[tuple[ProcessPlan, ...]]:
    """Each one that is started, those of which there are several one by one."""
    found = tuple(each for name, told in desk.settings.process for each in _several(name, told))
    why = "started after the app is ready, ended before it" if found else "the app is all that runs"
    return desk.chosen(KEY, found, why)


def _several(name: str, told: Process) -> tuple[ProcessPlan, ...]:
    names = (name,) if told.count == 1 else tuple(f"{name}.{number}" for number in range(1, told.count + 1))
    return tuple(
        ProcessPlan(
            name=each,
            command=told.command,
            essential=told.essential,
            restart=told.restart,
            stop_signal=told.stop_signal,
            environment=told.env,
        )
        for each in names
    )
