"""The further apps of the instance: `[mounts."/api"]`.

Rule: what its table says is what is said of its app and server, so that each is decided by the same functions as the
main app; what binds the machine is shared among all, and what bounds a stop is the longest of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from porch.decide import image
from porch.decide.desk import Desk
from porch.errors import Exit
from porch.facts import Facts
from porch.frameworks.finding import Finding
from porch.frameworks.needs import Needs
from porch.plan import AppPlan, Interface, LimitsPlan, MountPlan, Protocol, ServerPlan
from porch.plan.chosen import Chosen
from porch.plan.run import RunPlan
from porch.records import dataclass
from porch.settings.app import App, Server
from porch.settings.mounts import MEANS, Mount, name
from porch.sources import Said
from porch.values import AUTO

KEY = "mounts"
LONGEST = 107
"""Bytes of a unix socket's path (unix(7))."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside:
    """A further app, as it was found."""

    prefix: str
    facts: Facts
    """The machine, with the app's own folder and interpreter."""
    finding: Finding


def said_of(said: Said, prefix: str, mount: Mount) -> Said:
    """What was said, as that app has it: its table in place of `[app]` and `[server]`, all else as for all."""
    told = {MEANS[key]: getattr(mount, key) for key in MEANS if getattr(mount, key) is not None}
    given = {**told, "app.mount": prefix}
    # A configuration file beside the main app is the main app's.
    shared = {} if mount.folder else {"server.config": ""}
    settings = replace(
        said.settings,
        app=replace(App(), **_of("app", given)),
        server=replace(Server(), **_of("server", {**shared, **given})),
        limits=replace(said.settings.limits, **_of("limits", given)),
    )
    origins = {key: origin for key, origin in said.origins.items() if not key.startswith(("app.", "server."))}
    return Said(settings, origins | dict.fromkeys(given, said.origin(KEY)), said.notes)


def _of(section: str, given: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{section}."
    return {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}


def shared(facts: Facts, number: int) -> Facts:
    """What one of so many apps may use of the machine: an equal part."""
    if number == 1:
        return facts
    machine, among = facts.machine, f"shared by {number} apps"
    part = replace(
        machine,
        cores=round(machine.cores / number, 2),
        cores_from=f"{machine.cores:g} in all, {among}; {machine.cores_from}",
        memory=machine.memory // number,
        memory_from=f"{among}; {machine.memory_from}",
    )
    return replace(facts, machine=part)


def check(desk: Desk, beside: Iterable[Beside], run: RunPlan) -> None:
    """Refuse two apps at one prefix, sockets whose paths are too long for the system, and what the user cannot read."""
    user = run.user.value
    if run.part.value != "all" and desk.settings.mounts:
        fix = "give each app an instance of its own, or run all of them in one with run.part all"
        desk.refuse(KEY, "several apps cannot be split into a part for nginx and one for the app server", fix)
    for each in beside:
        if each.prefix == desk.settings.app.mount:
            what = f'the main app is mounted at "{each.prefix}" itself'
            desk.refuse(KEY, what, "choose another prefix for one of them")
        socket = f"{run.folder.value}/app-9999-{name(each.prefix)}/app.sock"
        if len(socket.encode()) > LONGEST:
            what = f'"{each.prefix}" makes the path of a socket too long for the system: {socket}'
            desk.refuse(KEY, what, "choose a shorter prefix, or a shorter run folder with --run-dir")
        bar = each.facts.barred.get(user, "")
        if bar:
            fix = f"chmod o+rx {bar}, or install the interpreter and the app where {user} can read them"
            desk.refuse(KEY, f'"{each.prefix}": {user} cannot read {bar}, which the app needs', fix, Exit.MACHINE)


def take_over(desk: Desk, prefix: str, own: Desk) -> None:
    """Tell the problems and warnings of a further app with its prefix; what is true of all is told once."""
    known = {(each.what, each.where) for each in desk.problems}
    told = [each for each in own.problems if (each.what, each.where) not in known]
    desk.problems.extend(replace(each, where=f'{KEY} "{prefix}", {each.where}') for each in told)
    warned = [warning for warning in own.warnings if warning not in desk.warnings]
    desk.warnings.extend(f'{KEY} "{prefix}": {warning}' for warning in warned)


def inside(each: Beside, said: Said, needs: Needs) -> Beside:
    """The app as porch will find it in an image, which has one environment for all."""
    own = said_of(said, each.prefix, replace(dict(said.settings.mounts)[each.prefix], python=None))
    interface = own.settings.app.interface
    kind = cast("Interface", each.finding.interface or "wsgi" if interface == AUTO else interface)
    return replace(each, facts=image.facts_inside(each.facts, said, needs, kind))


def check_image(desk: Desk, beside: Iterable[Beside]) -> None:
    """Refuse what will not be in the image, and tell what is not done in it."""
    for each in beside:
        folder = each.facts.folder
        if not f"{folder}/".startswith(f"{desk.facts.folder}/"):
            what = f'"{each.prefix}": {folder} is not in the project, so it cannot be in its image'
            desk.refuse(KEY, what, "move it below the project, or give it an image of its own")
        if each.finding.framework == "django":
            desk.warnings.append(f'{KEY} "{each.prefix}": collectstatic runs for the main app alone; run it yourself')
    if desk.settings.kubernetes.shape == "sidecar" and desk.settings.mounts:
        desk.refuse(KEY, "several apps cannot stand beside an nginx in a container of its own", "use the shape single")


def together(limits: LimitsPlan, others: Iterable[LimitsPlan]) -> LimitsPlan:
    """The limits with the longest stop of all: requests of any app may be in work then."""
    longest = max((limits, *others), key=lambda each: each.graceful.value)
    return replace(limits, graceful=longest.graceful, stop=longest.stop, kill=longest.kill)


def protocols(main: ServerPlan, others: Iterable[MountPlan]) -> dict[str, Protocol]:
    """Prefix -> how nginx speaks to the server there; empty for the main app."""
    return {"": main.protocol, **{each.app.mount.value: each.server.protocol for each in others}}


def app(own: Desk, decided: AppPlan, mount: Mount) -> AppPlan:
    """The app beside: what runs before the instance is the main app's to say."""
    why = "the instance's own command runs before all apps"
    if mount.folder and decided.prestart.value:
        script = own.path(decided.prestart.value[-1])
        own.warnings.append(f"{script} is not run: {why}; call it from the main app's prestart")
    nothing: Chosen[tuple[str, ...]] = Chosen("app.prestart", (), "default", why)
    return replace(decided, prestart=nothing, environment=mount.env or ())


def chosen(desk: Desk, plans: Sequence[MountPlan], stop: LimitsPlan) -> Chosen[tuple[MountPlan, ...]]:
    """All of them, what was decided for each under the name of their own setting, and one stop for all."""
    origin = desk.said.origin(KEY)
    found = tuple(
        replace(
            each,
            app=_renamed(each.app),
            server=_renamed(each.server),
            limits=_limits(together(each.limits, [stop]), origin),
        )
        for each in plans
    )
    return desk.chosen(KEY, found, "each has a server of its own" if found else "the instance has one app")


def _limits(limits: LimitsPlan, origin: str) -> LimitsPlan:
    """Only those that its table says; the others are the instance's."""
    own = ("request", "read", "body")
    said = {part: getattr(limits, part) for part in own if getattr(limits, part).origin == origin}
    return replace(limits, **{part: replace(chosen, setting=KEY) for part, chosen in said.items()})


def _renamed(part: T) -> T:
    changed: dict[str, Any] = {}
    for each in fields(cast("Any", part)):
        value = getattr(part, each.name)
        if isinstance(value, Chosen):
            changed[each.name] = replace(value, setting=KEY)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # of any value
    return cast("T", replace(cast("Any", part), **changed))
