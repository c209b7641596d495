"""Every decision with its origin, its reason and the output lines that it lands in.

Rule: what is shown is read from the Plan and the rendered files, so it cannot differ from what runs.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, cast

from porch import mainline, servers, settings
from porch.cli import screen
from porch.errors import Exit, Problem, Refused, suggestion
from porch.plan import HEALTH_LIVE, HEALTH_READY, MountPlan, PathPlan, Plan, ProcessPlan, Static
from porch.plan.apps import apps
from porch.plan.chosen import Chosen
from porch.records import dataclass
from porch.sources import Said
from porch.syntax.file import File
from porch.targets import nginx

_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Landing:
    """One line of output that a setting lands in."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision."""

    setting: str
    value: Any
    origin: str
    reason: str
    lines: tuple[Landing, ...]


def decisions(plan: Plan, said: Said) -> list[Explained]:
    """Every setting in the order of its declaration; those that decided nothing here are told with their value."""
    files = outputs(plan)
    chosen: dict[str, list[Chosen[Any]]] = {}
    for each in _walk(plan):
        chosen.setdefault(each.setting, []).append(each)
    return [_explained(spec.key, chosen, said, files) for spec in settings.specs()]


def outputs(plan: Plan) -> list[File]:
    """What is written and run for that Plan: configuration files, and the server's command line."""
    found = [nginx.file(plan)]
    for each in apps(plan):
        server = servers.by_name(each.server.name.value)
        found += [replace(file, path=f"{each.run.inside}{file.path}") for file in server.files(each)]
        found.append(File(f"{each.run.inside}{server.name} command", servers.command(each)))
    return found


def _explained(key: str, chosen: Mapping[str, list[Chosen[Any]]], said: Said, files: list[File]) -> Explained:
    lines = tuple(Landing(file.path, number, text.strip()) for file in files for number, text in file.lines_of(key))
    if key in chosen:
        first = chosen[key][0]
        return Explained(key, first.value, first.origin, first.reason, lines)
    spec, origin = settings.spec(key), said.origin(key)
    reason = _decides(origin, [each for found in chosen.values() for each in found])
    section = getattr(said.settings, spec.section)
    value = getattr(section, spec.name) if spec.name else section
    return Explained(key, value, origin, reason, lines)


def _decides(origin: str, chosen: Iterable[Chosen[Any]]) -> str:
    """What a setting without a decision of its own has a say in: a decision that names the same place as origin."""
    swayed = dict.fromkeys(each.setting for each in chosen if origin in each.origin.split(", "))
    return f"decides {', '.join(swayed)}" if swayed and origin != "default" else "decides nothing here"


def _walk(part: object) -> Iterator[Chosen[Any]]:
    if isinstance(part, Chosen):
        yield part
    elif is_dataclass(part):
        for each in fields(part):
            yield from _walk(getattr(part, each.name))


def _readiness(plan: Plan) -> str:
    return "health, through a worker of each app" if plan.mounts.value else "health, through a worker"


def urls(plan: Plan) -> list[tuple[str, str, str]]:
    """(URL, who answers, from what), in the order in which nginx looks."""
    rows = [(HEALTH_LIVE, "nginx", "health"), (HEALTH_READY, "app", _readiness(plan))]
    rows += [(each.url, "nginx", each.path) for each in plan.static.value]
    if plan.files.home_page.value:
        rows.append(("/", "nginx", plan.files.home_page.value))
    mount = plan.app.mount.value
    rows += [(f"{each.app.mount.value}/", "app", each.app.target.value) for each in plan.mounts.value]
    routes, page = plan.app.routes.value, plan.files.single_page.value
    rows += [(url, "app", plan.app.target.value) for url in routes or (f"{mount}/",)]
    rows += [(url, "app", plan.app.target.value) for url in plan.app.dotted.value]
    if mount or routes:
        nothing = f"404: the app is mounted at {mount}" if mount else "404: none of the app's routes"
        rows.append(("/", "nginx", f"files of {page.rpartition('/')[0]}, else {page}" if page else nothing))
    return rows


def show(each: Explained) -> str:
    """The value as a person would write it."""
    value: Any = each.value
    if value in ("", ()):
        return "none"
    if isinstance(value, tuple) and isinstance(value[0], Static):
        return ", ".join(f"{one.url}={one.path}" for one in cast("tuple[Static, ...]", value))
    if isinstance(value, tuple) and isinstance(value[0], PathPlan):
        return ", ".join(one.url for one in cast("tuple[PathPlan, ...]", value))
    if isinstance(value, tuple) and isinstance(value[0], ProcessPlan):
        return ", ".join(f"{one.name}: {shlex.join(one.command)}" for one in cast("tuple[ProcessPlan, ...]", value))
    if isinstance(value, tuple) and isinstance(value[0], MountPlan):
        mounted = cast("tuple[MountPlan, ...]", value)
        return ", ".join(f"{one.app.mount.value}: {one.app.target.value} on {one.server.name.value}" for one in mounted)
    return settings.spec(each.setting).kind.show(value)


def _short(text: str) -> str:
    """The text, cut where one long value would widen the whole table; `explain SETTING` shows all of it."""
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def explain(given: Namespace) -> int:
    """Show one decision, or all of them with the app's evidence and who answers which URL."""
    wanted = mainline.asked(given.target, tuple(getattr(given, "flags", ())), given.config)
    said = mainline.said_for(wanted, os.environ)
    if given.setting and given.setting not in {spec.key for spec in settings.specs()}:
        fix = _meant(given.setting) or "run `porch explain` for all of them"
        raise Refused(Problem(f'there is no setting "{given.setting}"', "command line", fix))
    plan = mainline.plan_for(wanted, os.environ)
    found = decisions(plan, said)
    if given.setting:
        found = [each for each in found if each.setting == given.setting]
    if given.json:
        told = [_as_json(each) for each in found]
        print(json.dumps(told[0] if given.setting else _whole(plan, told), indent=2))
    elif given.setting:
        _show_one(found[0], servers.by_name(plan.server.name.value))
    else:
        show_all(plan, found)
    return int(Exit.DONE)


def _meant(word: str) -> str:
    """The setting with that name in some section, or the nearest key."""
    named = [spec.key for spec in settings.specs() if word in (spec.name, spec.variable, spec.flag)]
    if named:
        return f"did you mean {' or '.join(named)}?"
    return suggestion(word, [spec.key for spec in settings.specs()])


def _as_json(each: Explained) -> dict[str, Any]:
    told = asdict(each)
    told["says"] = settings.spec(each.setting).says
    return told


def _app(plan: Plan | MountPlan) -> dict[str, Any]:
    """One app of the instance, and what runs it."""
    app, server = plan.app, plan.server
    return {
        "app": {
            "folder": app.folder,
            "target": app.target.value,
            "interface": app.interface.value,
            "framework": app.framework,
            "evidence": app.evidence,
        },
        "server": {"name": server.name.value, "version": server.version},
    }


def _whole(plan: Plan, told: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **_app(plan),
        "mounts": [{"prefix": each.app.mount.value, **_app(each)} for each in plan.mounts.value],
        "nginx": {"binary": plan.nginx.binary.value, "version": plan.nginx.version, "modules": plan.nginx.modules},
        "settings": told,
        "urls": [{"url": url, "by": by, "from": source} for url, by, source in urls(plan)],
        "warnings": plan.warnings,
    }


def _show_one(each: Explained, server: servers.Server) -> None:
    spec = settings.spec(each.setting)
    print(f"{screen.styled(each.setting, 'bold', sys.stdout)} = {show(each)}")
    print(f"  {spec.says}")
    print(f"  origin   {each.origin}")
    print(f"  reason   {each.reason}")
    print(f"  say it   {spec.variable}={spec.example}  or  {(*spec.short, spec.flag)[0]} {spec.example}")
    if each.setting in server.cannot:
        print(f"  {server.name} cannot: {server.cannot[each.setting]}")
    for landing in each.lines:
        print(f"  lands in {landing.file}:{landing.line}  {landing.text}")


def show_all(plan: Plan, found: list[Explained]) -> None:
    """The app with its evidence, who answers which URL, and a row for each setting."""
    print(f"{plan.app.target.value}  {plan.app.framework} {plan.app.interface.value}  {plan.app.folder}")
    for line in plan.app.evidence:
        print(f"  {line}")
    for each in plan.mounts.value:
        kind = f"{each.app.framework} {each.app.interface.value}".strip()
        print(f"{each.app.mount.value}/  {each.app.target.value}  {kind}  {each.app.folder}  {each.server.name.value}")
        for line in each.app.evidence:
            print(f"  {line}")
    print()
    screen.table([(url, by, source) for url, by, source in urls(plan)], ("URL", "ANSWERED BY", "FROM"))
    print()
    rows = [(each.setting, _short(show(each)), each.origin, each.reason) for each in found]
    screen.table(rows, ("SETTING", "VALUE", "ORIGIN", "REASON"))
    for warning in plan.warnings:
        screen.warn(warning)
