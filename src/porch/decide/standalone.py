"""What is decided otherwise for files that are kept, and run without porch.

Rule: whoever runs them finds all that they need beside them; nothing depends on the terminal that they were rendered
from, so that the same settings give the same files.
"""

from __future__ import annotations

from dataclasses import replace

from porch import servers
from porch.errors import Problem, Refused
from porch.plan import Plan
from porch.plan.chosen import Chosen

DEFAULT = "default"
LONGEST = 107
"""Bytes of a unix socket's path (unix(7))."""


def kept(plan: Plan, folder: str) -> Plan:
    """The Plan for files in that folder, which is absolute; raises Refused."""
    run, log, mode = plan.run, plan.log, plan.tls.mode
    if plan.tls.on and mode.value != "files":
        what = f"files that run without porch need a certificate of files, and tls.mode is {mode.value}"
        raise Refused(Problem(what, f"{mode.setting} from {mode.origin}", "name tls.certificate and tls.key"))
    if run.folder.origin == DEFAULT:
        run = replace(run, folder=replace(run.folder, value=f"{folder}/run", reason="beside the files that use it"))
    if log.format.origin == DEFAULT:
        why = "the app's own lines are text too: without porch nobody makes objects of them"
        log = replace(log, format=Chosen(log.format.setting, "text", DEFAULT, why))
    run = replace(run, generation=0, kept=folder)
    for name in ("", *(each.name for each in plan.mounts.value)):
        socket = replace(run, mount=name).socket
        if len(socket.encode()) > LONGEST:
            what = f"the socket's path is too long for the system: {socket}"
            raise Refused(Problem(what, run.folder.setting, "choose a shorter run folder with --run-dir"))
    server = servers.by_name(plan.server.name.value)
    recycling = (plan.server.recycle_requests, plan.server.recycle_memory)
    told = [
        f"without porch {server.name} cannot honour {each.setting} ({each.origin}): {server.cannot_alone[each.setting]}"
        for each in recycling
        if each.value and each.setting in server.cannot_alone
    ]
    return replace(plan, run=run, log=log, warnings=(*plan.warnings, *told))
