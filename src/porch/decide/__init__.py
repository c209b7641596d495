"""Settings + Facts + Finding -> Plan: every decision is made here, once, with its reason.

Rule: pure; nothing is started or written. Every problem is collected, and all are told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from porch.decide import (
    clients,
    compose,
    edge,
    files,
    image,
    kubernetes,
    mounts,
    paths,
    processes,
    running,
    serving,
    tls,
)
from porch.decide.desk import Desk, Taken
from porch.decide.mounts import Beside, said_of
from porch.decide.standalone import kept
from porch.decide.systemd import systemd
from porch.errors import Exit, Refused
from porch.facts import Facts
from porch.frameworks.finding import Finding
from porch.frameworks.needs import Packaging
from porch.plan import AppPlan, Interface, MountPlan, Plan, Static
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.image import PlanOfImage, with_image
from porch.records import dataclass
from porch.servers import Server
from porch.settings.mounts import name
from porch.sources import Said
from porch.values import AUTO

__all__ = ["Beside", "kept", "plan", "plan_of_image", "said_of", "user"]

PRESTART = "prestart.sh"
LOCKING = ("postgresql", "postgres", "mysql", "mariadb")
"""Databases that know advisory locks."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What kind of app it is, and what is to run it."""

    interface: Chosen[Interface]
    python: Chosen[str]
    config: Chosen[str]
    server: Server | None
    taken: Taken


def plan(said: Said, facts: Facts, finding: Finding, beside: Sequence[Beside] = ()) -> Plan:
    """Every decision, those for the further apps included; raises Refused with every problem."""
    return _plan(Desk(said, facts, finding), beside)


def plan_of_image(
    said: Said, facts: Facts, finding: Finding, packaging: Packaging, beside: Sequence[Beside] = ()
) -> PlanOfImage:
    """Every decision as it will be in an image, and what the image is made of; raises Refused with every problem."""
    needs, inside = image.needs_of(said, packaging), image.said_inside(said)
    # What is not collected here is collected there.
    finding = replace(finding, warnings=() if finding.collect else finding.warnings)
    interface = _interface(Desk(inside, facts, finding)).value
    desk = Desk(inside, image.facts_inside(facts, inside, needs, interface), finding)
    further = [mounts.inside(each, inside, needs) for each in beside]
    decided = _plan(desk, further)
    mounts.check_image(desk, further)
    found = image.image(desk, decided, needs, packaging, said)
    # Problems are told of whatever is rendered; what is only worth knowing, of what it concerns.
    of_compose, of_cluster = replace(desk, warnings=[]), replace(desk, warnings=[])
    services = compose.compose(of_compose, found.ports, decided.limits)
    cluster = kubernetes.kubernetes(of_cluster, found.title, decided.http)
    services = replace(services, warnings=tuple(of_compose.warnings))
    cluster = replace(cluster, warnings=tuple(of_cluster.warnings))
    if desk.problems:
        raise Refused(*desk.problems)
    return with_image(_with_warnings(decided, (*said.notes, *desk.warnings)), found, services, cluster)


def _plan(desk: Desk, beside: Sequence[Beside]) -> Plan:
    choice = _choice(own := replace(desk, facts=mounts.shared(desk.facts, 1 + len(beside))))
    addresses, limits = edge.http(desk), edge.limits(desk, choice.taken)
    secure = tls.decide(desk, addresses.listen.value, tls.plain(desk, edge.addresses(desk)))
    further = [_further(desk, each, 1 + len(beside)) for each in beside]
    static = files.static(desk, [each for _, found in further for each in found])
    answered = files.files(desk, static.value)
    run = running.run(desk)
    mounts.check(desk, beside, run)
    plans = [each for each, _ in further if each is not None]
    if choice.server is None or len(plans) < len(beside):
        raise Refused(*desk.problems)
    served = serving.decide(own, choice.server, choice.interface.value, choice.config, choice.taken)
    protocols = mounts.protocols(served, plans)
    stop = mounts.together(limits, [each.limits for each in plans])
    decided = Plan(
        app=_app(desk, choice.interface, choice.python),
        server=served,
        nginx=edge.nginx(desk, protocols.values()),
        http=addresses,
        tls=secure,
        static=static,
        files=answered,
        limits=stop,
        clients=clients.clients(desk),
        paths=paths.paths(desk, static.value, protocols),
        answers=clients.answers(desk),
        trusted=edge.trusted(desk),
        log=running.log(desk),
        run=run,
        processes=processes.processes(desk),
        systemd=systemd(desk, run.user.value),
        mounts=mounts.chosen(desk, plans, stop),
        warnings=(),
    )
    _tell_what_cannot_be(desk, choice.server)
    return _told(desk, decided)


def _told(desk: Desk, decided: Plan) -> Plan:
    """The Plan with every warning; raises Refused where there are problems."""
    if desk.problems:
        raise Refused(*desk.problems)
    return _with_warnings(decided, (*desk.said.notes, *desk.warnings))


def _choice(desk: Desk) -> _Choice:
    interface, python = _interface(desk), _python(desk)
    config = serving.own_config(desk)
    server = serving.choose(desk, interface.value, config.value)
    return _Choice(interface, python, config, server, serving.taken(desk, server, config.value))


def _further(desk: Desk, each: Beside, number: int) -> tuple[MountPlan | None, tuple[Static, ...]]:
    """One of the further apps, and its static folders; None when it cannot be, and the problems are noted."""
    mount = dict(desk.settings.mounts)[each.prefix]
    own = Desk(said_of(desk.said, each.prefix, mount), mounts.shared(each.facts, number), each.finding)
    try:
        choice = _choice(own)
    except Refused:
        mounts.take_over(desk, each.prefix, own)
        return None, ()
    decided: MountPlan | None = None
    limits, static = edge.limits(own, choice.taken), files.found_static(own)
    if choice.server is not None:
        decided = MountPlan(
            name=name(each.prefix),
            app=mounts.app(own, _app(own, choice.interface, choice.python), mount),
            server=serving.decide(own, choice.server, choice.interface.value, choice.config, choice.taken),
            limits=limits,
        )
        _tell_what_cannot_be(own, choice.server)
    mounts.take_over(desk, each.prefix, own)
    return decided, static


def user(said: Said, facts: Facts, finding: Finding) -> str:
    """Whom the app will run as, before all else is decided; empty for the caller. Raises Refused."""
    desk = Desk(said, facts, finding)
    chosen = running.user(desk)
    if desk.problems:
        raise Refused(*desk.problems)
    return chosen.value


def _with_warnings(decided: Plan, warnings: Sequence[str]) -> Plan:
    return replace(decided, warnings=tuple(dict.fromkeys(warnings)))


def _interface(desk: Desk) -> Chosen[Interface]:
    wanted = desk.settings.app.interface
    if wanted != AUTO:
        return desk.chosen("app.interface", cast("Interface", wanted), AS_SET)
    found = desk.finding.interface or "wsgi"
    framework = desk.finding.framework
    article = "an" if framework[:1] in tuple("aeiou") else "a"
    what = f"it is {article} {framework} app" if framework else "found in the code"
    return desk.chosen("app.interface", found, what, origin="detected")


def _python(desk: Desk) -> Chosen[str]:
    facts, key = desk.facts, "app.python"
    if not facts.places[facts.python].exists:
        # Nothing else can be told: which servers there are is asked of the interpreter.
        what, fix = f"there is no interpreter {facts.python}", "install it, or leave the setting out"
        if facts.places[facts.python].barred:
            what = f"{facts.home_user}, who started porch, may not use the interpreter {facts.python}"
            fix = "make that environment with a Python that this user may read, or name another with --app-python"
        desk.refuse(key, what, fix, Exit.MACHINE)
        raise Refused(*desk.problems)
    return desk.chosen(key, facts.python, facts.python_from)


def _app(desk: Desk, interface: Chosen[Interface], python: Chosen[str]) -> AppPlan:
    app, finding, facts = desk.settings.app, desk.finding, desk.facts
    said = desk.is_said("app.target")
    return AppPlan(
        folder=facts.folder,
        import_from=finding.import_from or facts.folder,
        target=desk.chosen(
            "app.target",
            finding.target,
            AS_SET if said else "found by reading the project",
            origin="" if said else "detected",
        ),
        interface=interface,
        framework=finding.framework,
        evidence=finding.evidence,
        python=python,
        mount=paths.mount(desk),
        routes=paths.routes(desk),
        dotted=paths.dotted(desk),
        health=_health(desk),
        prestart=_prestart(desk),
        prestart_on_reload=desk.chosen(
            "app.prestart_on_reload", app.prestart_on_reload, "when the prestart command runs"
        ),
        prestart_lock=_prestart_lock(desk),
    )


def _health(desk: Desk) -> Chosen[str]:
    path = desk.settings.app.health
    why = f"ready is what answers below 400 at {path}" if path else "a worker that answers is ready"
    return desk.chosen("app.health", path, why)


def _prestart(desk: Desk) -> Chosen[tuple[str, ...]]:
    key, words = "app.prestart", desk.settings.app.prestart
    if desk.is_said(key) and not words:
        return desk.chosen(key, (), "nothing runs before the app, as set")
    if words:
        # Article and images name a script; run by its interpreter it need not be executable.
        script = words[1] if words[:1] == ("sh",) and len(words) == 2 else ""
        if script and not desk.facts.places[desk.path(script)].exists:
            if desk.said.origin(key) == "$PRE_START_PATH":
                desk.warnings.append(
                    f"$PRE_START_PATH names {script}, which does not exist: nothing runs before the app"
                )
                return desk.chosen(key, (), "the script named does not exist")
            desk.refuse(key, f"there is no script {script}", "check the path; it is relative to the project")
        return desk.chosen(key, words, "runs to its end before the app starts")
    if desk.facts.places[desk.path(PRESTART)].exists:
        return desk.chosen(key, ("sh", PRESTART), f"{PRESTART} is beside the app", origin="detected")
    return desk.chosen(key, (), "nothing runs before the app")


def _prestart_lock(desk: Desk) -> Chosen[str]:
    key, lock = "app.prestart_lock", desk.settings.app.prestart_lock
    scheme, url, _ = lock.partition("://")
    if url and scheme.partition("+")[0] not in LOCKING:
        desk.refuse(key, "no lock is known in a database of that kind", f"a file, or one of {', '.join(LOCKING)}")
    if lock and not lock.startswith("$") and not url:
        lock = desk.path(lock)
    return desk.chosen(key, lock, "one instance at a time runs the prestart command" if lock else "none is shared")


def _number(desk: Desk, key: str) -> float:
    section, _, name = key.partition(".")
    value = getattr(getattr(desk.settings, section), name)
    return float(value) if isinstance(value, int) else 0.0


def _tell_what_cannot_be(desk: Desk, server: Server) -> None:
    """Warn of each setting that was said and that this server cannot honour."""
    for key, instead in server.cannot.items():
        if desk.is_said(key) and not (key in server.most and _number(desk, key) <= server.most[key]):
            desk.warnings.append(f"{server.name} cannot honour {key} ({desk.said.origin(key)}): {instead}")
