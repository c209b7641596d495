"""The way from what the user said to the Plan, as one function.

Rule: decide, then describe, then do; nothing here changes the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os.path import normpath
from pathlib import Path
from types import MappingProxyType

from porch import __version__, decide, facts, frameworks, settings, sources
from porch.errors import Problem, Refused
from porch.facts import Facts
from porch.frameworks import Finding
from porch.plan import Plan
from porch.records import dataclass
from porch.runtime import activation, inspection
from porch.runtime.folder import run_folder
from porch.sources import Said
from porch.spec import Flag
from porch.values import AUTO


@dataclass(frozen=True, slots=True)
class Running:
    """What a reload keeps of the instance that runs, whatever process plans it."""

    folder: str
    """The run folder."""
    generation: int
    """To be planned."""
    terminal: bool
    """The instance writes its log for people."""
    passed: tuple[str, ...] = ()
    """Addresses of the sockets that systemd passed at its start."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: which project, which app of it, with which flags."""

    folder: Path
    flags: tuple[Flag, ...] = ()
    config: Path | None = None
    running: Running | None = None
    """Set at a reload."""


PROJECT_FILES = ("porch.toml", "pyproject.toml", "manage.py", "requirements*.txt")
"""What makes a package a project of its own."""


def asked(target: str | None, flags: Iterable[Flag] = (), config: str | None = None) -> Asked:
    """Read the TARGET of the command line: a folder is the project, anything else names the app in this folder."""
    flags = tuple(flags)
    path = Path(config).absolute() if config else None
    folder, app = placed(target or "")
    if app.endswith("/"):
        raise Refused(Problem(f"there is no folder {app}", "command line", "check the path"))
    if app:
        flags = (*flags, Flag(settings.spec("app.target").key, app, "command line"))
    return Asked(folder, flags, path)


def placed(target: str) -> tuple[Path, str]:
    """The project's folder that a TARGET means, and which app of it; empty: the one that is found there.

    A package below this folder is a module of the project here, unless settings lie in it; a file that is elsewhere
    belongs to a project there.
    """
    here = Path.cwd()
    place, colon, attribute = target.partition(":")
    path = Path(normpath(here / place))
    if target and Path(target).is_dir():
        own = any(any(path.glob(name)) for name in PROJECT_FILES)
        of_here = here in path.parents and (path / "__init__.py").is_file() and not own
        return (here, target.rstrip("/")) if of_here else (path.resolve(), "")
    if place.endswith(".py") and path.is_file() and here not in path.parents:
        folder = next(each for each in path.parents if not (each / "__init__.py").is_file())
        return folder, f"{path.relative_to(folder)}{colon}{attribute}"
    return here, target


def said_for(wanted: Asked, environ: Mapping[str, str]) -> Said:
    """What the user said, all sources together."""
    return sources.load(wanted.folder, environ, wanted.flags, wanted.config)


def plan_for(wanted: Asked, environ: Mapping[str, str]) -> Plan:
    """The Plan for the project; raises Refused with what is in the way."""
    said = said_for(wanted, environ)
    found = _facts(wanted, said, environ)
    plan = decide.plan(said, found, _finding(said, found, environ, others=_others(said)), _beside(said, found, environ))
    if wanted.running is None:
        return plan
    return replace(plan, run=replace(plan.run, generation=wanted.running.generation))


IN_AN_IMAGE = ("DJANGO_SETTINGS_MODULE",)
"""Variables that tell of the project, and not of who describes its image."""


def image_plan_for(wanted: Asked, environ: Mapping[str, str]) -> Plan:
    """The Plan for the project in an image of its own, whatever this machine is; raises Refused."""
    known = {name: environ[name] for name in IN_AN_IMAGE if name in environ}
    said = said_for(wanted, known)
    found = _facts(wanted, said, environ)
    finding = _finding(said, found, environ, others=_others(said))
    lock = said.settings.container.lock
    project = frameworks.Project(Path(found.folder), (), environ)
    packaging = frameworks.packaging(project, found.python, "" if lock == AUTO else lock)
    beside = _beside(said, found, environ)
    return decide.plan_of_image(said, found, finding, replace(packaging, porch=f"porch=={__version__}"), beside)


def _facts(wanted: Asked, said: Said, environ: Mapping[str, str]) -> Facts:
    told = said.settings
    named = facts.Wanted(told.app.python, told.nginx.binary, told.run.user)
    running = wanted.running
    if running is None:
        found = facts.read(wanted.folder, environ, run_folder(str(wanted.folder)), named)
        return replace(found, machine=replace(found.machine, passed=tuple(activation.passed(environ))))
    found = facts.read(wanted.folder, environ, running.folder, named)
    return replace(found, machine=replace(found.machine, terminal=running.terminal, passed=running.passed))


def _beside(said: Said, found: Facts, environ: Mapping[str, str]) -> tuple[decide.Beside, ...]:
    """The further apps, each found as the main one is; raises Refused with the problems of all."""
    beside: list[decide.Beside] = []
    problems: list[Problem] = []
    for prefix, mount in said.settings.mounts:
        try:
            folder = _folder(found, mount.folder or "")
            own, there = decide.said_of(said, prefix, mount), facts.beside(found, folder, mount.python or AUTO)
            beside.append(decide.Beside(prefix, there, _finding(own, there, environ, dict(mount.env or ()))))
        except Refused as refused:
            problems += (replace(each, where=f'mounts "{prefix}", {each.where}') for each in refused.problems)
    if problems:
        raise Refused(*problems)
    return tuple(beside)


def _folder(found: Facts, named: str) -> Path:
    """The folder of a further app."""
    folder = Path(normpath(Path(found.folder, named)))
    if not folder.is_dir():
        raise Refused(
            Problem(f"there is no folder {folder}", "folder", "check the path; it is relative to the project")
        )
    return folder


def _others(said: Said) -> list[frameworks.Beside]:
    return [frameworks.Beside(each.folder or "", each.app or "") for _, each in said.settings.mounts]


def _finding(
    said: Said,
    found: Facts,
    environ: Mapping[str, str],
    own: Mapping[str, str] = MappingProxyType({}),
    others: Sequence[frameworks.Beside] = (),
) -> Finding:
    """The app, by reading; by importing it in a child process, with variables of its own, where reading is not sure.

    `others` are the apps beside it, which are not meant.
    """
    wanted = said.settings.app.target
    project = frameworks.Project(Path(found.folder), facts.search_path(found.python), {**environ, **own})
    finding = frameworks.detect(project, None if wanted == AUTO else wanted, others)
    if finding.sure or said.settings.app.interface != AUTO:
        return finding
    whom = decide.user(said, found, finding)
    longest = said.settings.limits.start_timeout
    child = inspection.Child(found.python, found.folder, whom, tuple(own.items()), longest, said.settings.app.mount)
    seen = inspection.import_app(child, finding.target, finding.import_from or found.folder)
    return replace(
        finding,
        interface=seen.interface,
        framework=finding.framework or seen.framework,
        evidence=(*finding.evidence, f"{finding.target} was imported: {seen.framework or seen.interface}"),
        statics=finding.statics or seen.statics,
        sure=True,
    )
