"""What the units of systemd are to start, as whom, and what it may take: `[systemd]`.

Rule: whoever starts the service gets what `porch run` would do here: what was said by flags and variables is said in
the unit, and files are read anew at each start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from porch import settings
from porch.decide.desk import Desk
from porch.plan import SystemdPlan
from porch.plan.chosen import AS_SET, Chosen

HOMES = ("/home/", "/root/", "/run/user/")
TMP = ("/tmp/", "/var/tmp/")  # noqa: S108  # asked after, not written to
OF_UNITS = "systemd."
TYPED = "command line"
"""Origin of a target that was typed."""


def systemd(desk: Desk, user: str) -> SystemdPlan:
    """All of it; `user` is whom the app runs as, empty for the caller."""
    wanted, facts = desk.settings.systemd, desk.facts
    name = wanted.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", facts.folder.rpartition("/")[2])[:60].strip("-.") or "app"
    why = AS_SET if wanted.name else "the project's folder"
    memory = "what it may take" if wanted.memory else "the rest of the machine goes on when the app takes too much"
    writable = tuple(desk.path(each) for each in wanted.writable)
    return SystemdPlan(
        name=desk.chosen("systemd.name", name, why),
        command=facts.porch,
        words=tuple(_words(desk)),
        user=user if facts.machine.root else facts.home_user,
        folder=_folder(desk, name),
        memory=desk.chosen("systemd.memory", wanted.memory, memory),
        writable=desk.chosen("systemd.writable", writable, "what the app may write to"),
        home=_below(desk, HOMES),
        tmp=_below(desk, TMP),
        warnings=tuple(_cannot_write(desk, writable)),
    )


def _cannot_write(desk: Desk, writable: Iterable[str]) -> Iterable[str]:
    """Flask's own place for what an app keeps, which is there, and which the service could only read."""
    folder = desk.path("instance")
    named = any(f"{folder}/".startswith(f"{each.rstrip('/')}/") for each in writable)
    if desk.finding.framework == "flask" and desk.facts.places[folder].folder and not named:
        flag = settings.spec("systemd.writable").flag
        what = f"the service may only read {folder}, Flask's instance folder"
        yield f"{what}; where the app writes to it: {flag} instance"


def _below(desk: Desk, hidden: tuple[str, ...]) -> str:
    """What the service needs of folders that could be hidden from it."""
    beside = [desk.path(mount.folder) for _, mount in desk.settings.mounts if mount.folder]
    needed = (desk.facts.folder, *beside, *desk.facts.programs)
    return next((path for path in needed if path.startswith(hidden)), "")


def _folder(desk: Desk, name: str) -> Chosen[str]:
    key = "run.dir"
    if desk.is_said(key):
        return desk.chosen(key, desk.path(desk.settings.run.dir), AS_SET)
    return desk.chosen(key, f"/run/{name}", "systemd makes it, and removes it at the end")


def _words(desk: Desk) -> Iterable[str]:
    """As flags, what was said in no file of the project."""
    if desk.said.config:
        yield f"--config={desk.said.config}"
    for key, origin in desk.said.origins.items():
        typed = origin == TYPED or origin.startswith(("-", "$"))
        if typed and key != "run.dir" and not key.startswith(OF_UNITS):
            spec = settings.spec(key)
            section, _, name = key.partition(".")
            value = getattr(desk.settings, section)
            yield f"{spec.flag}={spec.kind.show(getattr(value, name) if name else value)}"
