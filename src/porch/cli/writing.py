"""Commands that write files for the user to keep: `render` and `init`.

Rule: a file that was edited by hand is never overwritten in silence.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from pathlib import Path

from porch import decide, facts, mainline, servers, settings, targets
from porch.cli import flags, screen
from porch.errors import Exit, Problem, Refused, counted, suggestion
from porch.plan import Plan
from porch.runtime import rendered
from porch.servers import kept
from porch.sources import CONFIG
from porch.spec import Flag, Spec
from porch.syntax.file import File
from porch.targets import Target


def render(given: Namespace) -> int:
    """The files of one target, to standard output or into a folder."""
    target = targets.by_name(given.name)
    if target is None:
        known = [each.name for each in targets.TARGETS]
        fix = suggestion(given.name, known) or f"known: {', '.join(known)}"
        raise Refused(Problem(f'there is no target "{given.name}"', "command line", fix))
    folder = Path(given.out or ".")
    plan = _plan_of_image(given) if target.of_image else _plan(given, target, folder.absolute())
    files = target.files(plan)
    for warning in plan.warnings_for(target.name):
        screen.warn(warning)
    if given.diff:
        sys.stdout.write("".join(rendered.difference(file, folder) for file in files))
    elif given.out:
        for path in rendered.write(files, folder, force=given.force):
            print(path)
        if target.alone:
            rendered.make(kept.folders(plan))
            _tell_out_of_reach(plan)
    else:
        _show(files)
    return int(Exit.DONE)


def _tell_out_of_reach(plan: Plan) -> None:
    """Warn where the app's user cannot come to the files that it is to be run by."""
    user = plan.run.user.value
    needed = (plan.run.kept, str(Path(plan.run.socket).parent))
    bar = facts.out_of_reach(user, needed) if user else ""
    if bar:
        screen.warn(
            f"{user} cannot read {bar}, so the app could not be started; chmod o+rx {bar}, or use another --out"
        )


def _show(files: list[File]) -> None:
    """On standard output, each with its name where there are several; what is only copied is told of, not shown."""
    shown = [file for file in files if not file.aside]
    for file in shown:
        if len(shown) > 1:
            print(f"# ---- {file.path}")
        sys.stdout.write(file.text)
    if len(shown) < len(files):
        more = len(files) - len(shown)
        told = counted(more, "more file", "more files")
        screen.note(f"to run, it needs {told} beside it, which --out FOLDER writes")


def _plan(given: Namespace, target: Target, folder: Path) -> Plan:
    """The Plan; for files that run without porch, one with one set of paths and no generations."""
    typed = flags(given)
    if given.name in {server.name for server in servers.SERVERS}:
        # Its own configuration was asked for, so it is the server, whatever was said elsewhere.
        typed = (*typed, Flag(settings.spec("server.name").key, given.name, f"render {given.name}"))
    plan = mainline.plan_for(mainline.asked(given.target, typed, given.config), os.environ)
    _tell_of_others(plan, given.name)
    return decide.kept(plan, str(folder)) if target.alone else plan


def _tell_of_others(plan: Plan, name: str) -> None:
    """Warn where one server's files were asked for, and another runs some of the apps."""
    others = [each for each in plan.mounts.value if each.server.name.value != name]
    for each in others if name in {server.name for server in servers.SERVERS} else ():
        where, runs = each.app.mount.value, each.server.name.value
        screen.warn(f"the app at {where} is left out: {runs} runs it; `porch render supervisord` writes all of them")


def _plan_of_image(given: Namespace) -> Plan:
    """The Plan for an image: the same on every machine."""
    ours = [name for name in sorted(os.environ) if name in {spec.variable for spec in settings.specs()}]
    if ours:
        screen.warn(f"{', '.join(ours)}: variables of this shell are no part of an image; give flags in their place")
    return mainline.image_plan_for(mainline.asked(given.target, flags(given), given.config), os.environ)


def init(given: Namespace) -> int:
    """Write a small commented porch.toml with what was found."""
    wanted = mainline.asked(given.target, flags(given), given.config)
    path = wanted.folder / CONFIG
    if path.exists() and not given.force:
        fix = "edit it, or write it anew with --force"
        raise Refused(Problem(f"{CONFIG} is there already", str(path), fix))
    plan = mainline.plan_for(wanted, os.environ)
    rendered.replace(path, _config(plan))
    print(path)
    return int(Exit.DONE)


def _config(plan: Plan) -> str:
    app, server, limits = plan.app, plan.server, plan.limits
    lines = [
        "# Settings of porch for this project. Each line that starts with # shows a default;",
        "# `porch explain` tells every value, where it comes from and why.",
        "",
        "[app]",
        *(f"# found: {line}" for line in app.evidence[:3]),
        f"target = {_quoted(app.target.value)}",
        "",
        "[server]",
        f'# name = "{server.name.value}"  # {server.name.reason}',
        f"# workers = {server.workers.value}  # {server.workers.reason}",
        "",
        "[static]",
        "# URL = folder; nginx answers for these without the app",
        *(f"{_quoted(each.url)} = {_quoted(_short(plan, each.path))}" for each in plan.static.value),
        "",
        "[limits]",
        *(
            f'# {name} = "{spec.kind.show(value)}"  # {spec.says}'
            for name, spec, value in _limits(limits.body.value, limits.request.value)
        ),
        "",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _limits(body: int, request: int) -> list[tuple[str, Spec, int]]:
    found = (settings.spec("limits.body"), body), (settings.spec("limits.request_timeout"), request)
    return [(spec.name, spec, value) for spec, value in found]


def _short(plan: Plan, path: str) -> str:
    folder = plan.app.folder.rstrip("/") + "/"
    return path.removeprefix(folder).rstrip("/")
