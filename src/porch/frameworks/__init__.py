"""Which app is meant and what it is, found by reading the project; one file a framework, one line in the tuple.

Rule: nothing of the user's runs here. What reading cannot settle is handed on as `Finding.sure = False`, for a child
process to import and look.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from porch.errors import Exit, Problem, Refused, counted
from porch.frameworks.aiohttp import AIOHTTP
from porch.frameworks.django import DJANGO
from porch.frameworks.django_files import collect
from porch.frameworks.django_settings import VARIABLE
from porch.frameworks.fastapi import FASTAPI
from porch.frameworks.finding import Finding, StaticFolder, Statics
from porch.frameworks.flask import FLASK
from porch.frameworks.fleeting import fleeting_key
from porch.frameworks.framework import Candidate, Framework
from porch.frameworks.generic import GENERIC
from porch.frameworks.libraries import library_calls
from porch.frameworks.needs import Needs, Packaging, packaging
from porch.frameworks.project import SCRIPT, Project, SyntaxFault
from porch.frameworks.quart import QUART
from porch.frameworks.requirements import entrypoint, requirements
from porch.frameworks.search import MODULES, candidates, choose, in_want, out_of_reach, twin, unreadable
from porch.frameworks.sessions import sessions
from porch.frameworks.sockets import sockets
from porch.frameworks.starlette import STARLETTE
from porch.frameworks.statics import contains_code
from porch.frameworks.target import Beside, Unlocated, broken, makers_in, named, several, without
from porch.frameworks.trace import Tracer
from porch.frameworks.unguarded import refuse
from porch.frameworks.unnamed import unnamed

FRAMEWORKS: tuple[Framework, ...] = (DJANGO, FLASK, QUART, FASTAPI, STARLETTE, AIOHTTP, *GENERIC)


def detect(project: Project, target: str | None = None, beside: Sequence[Beside] = ()) -> Finding:
    """The app that a target names, or without one the app of the project that is not named `beside` it.

    Raises Refused when there is none, when there are several, or when the target does not name one.
    """
    if target and ":" not in target and (folder := _folder(project, project.folder / target)) is not None:
        inner = folder if folder == project.folder else folder.resolve()
        project, target = Project(inner, project.search_path, project.environment), None
    tracer = Tracer(project, {made: (one.name, what) for one in FRAMEWORKS for made, what in one.makes.items()})
    target = target or entrypoint(project)
    if not target:
        return _described(tracer, _found(tracer, beside))
    try:
        return _of_target(tracer, target)
    except Refused as refused:
        package = project.folder / target
        if ":" in target or not (package / "__init__.py").is_file():
            raise
        try:
            return detect(Project(package, project.search_path, project.environment), None, beside)
        except Refused:
            raise refused from None


def _of_target(tracer: Tracer, target: str) -> Finding:
    candidate = named(tracer, target)
    if isinstance(candidate, Unlocated):
        attribute = candidate.attribute or "app"
        note, here = f"{candidate.name}: installed, its source was not found", str(tracer.project.folder)
        return Finding(f"{candidate.name}:{attribute}", None, "", (note,), sure=False, import_from=here)
    return _described(tracer, candidate)


def _folder(project: Project, path: Path) -> Path | None:
    """The folder that is meant, where no app is: Django's manage.py stands for the one that it lies in."""
    if path.name == SCRIPT and VARIABLE.encode() in project.content(path):
        return path.parent
    return path if path.is_dir() and not (path / "__init__.py").exists() else None


def _found(tracer: Tracer, beside: Sequence[Beside]) -> Candidate:
    """The one app of the project."""
    needed = requirements(tracer.project)
    preferred = frozenset(one.name for one in FRAMEWORKS if set(one.packages) & set(needed))
    every = candidates(tracer, FRAMEWORKS)
    # An app that stands at a prefix may be the project's only one.
    chosen = choose(tracer, without(tracer, every, beside) or every, preferred)
    if len(chosen) > 1:
        raise several(tracer.project, chosen)
    if chosen:
        return chosen[0]
    _say_what_is_broken(tracer.project)
    unsure = unreadable(tracer)
    if unsure is None:
        raise _nothing(tracer)
    return unsure


def _say_what_is_broken(project: Project) -> None:
    """A syntax error in app.py is the reason that nothing was found, and a better message than that."""
    for path in project.files:
        read = project.read(path) if path.stem in MODULES else None
        if isinstance(read, SyntaxFault):
            raise broken(project, read)


def _nothing(tracer: Tracer) -> Refused:
    project = tracer.project
    looked = f"{counted(len(project.files), 'Python file was', 'Python files were')} read"
    words = [word for one in FRAMEWORKS for word in one.words]
    fix = "name it: porch run module:attribute"
    if wanting := list(in_want(tracer, words)):
        looked += ":\n" + "\n".join(f"  {line}" for line in wanting)
        fix = "give its parameters defaults, or call it in a file wsgi.py, with the arguments: app = ..."
    elif making := [
        f"{module.name}:{name}()" for module in project.with_words(*words) for name in makers_in(tracer, module)
    ]:
        looked += f"; what makes an app: {', '.join(making)}"
        fix = f"say that it is to be called: porch run '{making[0]}'"
    elif hidden := list(dict.fromkeys(out_of_reach(tracer, words))):
        looked += "; these make an app where no import reaches it:\n" + "\n".join(f"  {line}" for line in hidden)
        fix = "move it to the level of the module, or into a function that returns it: porch run module:function()"
    elif own := unnamed(project):
        looked, fix = f"{looked}; none makes an app under a name:\n  {own[0]}", own[1]
    said = requirements(project)
    named_there = [f"  {said[word]} {one.name}" for one in FRAMEWORKS for word in one.packages if word in said]
    if named_there:
        looked += "\nrequired, though:\n" + "\n".join(dict.fromkeys(named_there))
    return Refused(Problem("no web app was found", str(project.folder), fix, Exit.APP, looked + "\n"))


def _described(tracer: Tracer, candidate: Candidate) -> Finding:
    """What is said of the app that was chosen."""
    refuse(tracer, candidate)
    project, app = tracer.project, candidate.app
    framework = next((one for one in FRAMEWORKS if one.name == app.framework), None)
    statics = framework.statics(tracer, app) if framework is not None and app.framework else Statics()
    needed = requirements(project)
    calls = library_calls(project, needed, app.scope.module)
    said = [f"{needed[word]} {word}" for word in (framework.packages if framework else ()) if word in needed]
    own = project.evidence(candidate.module, candidate.line)
    trail = app.trail if own in app.trail or not candidate.line else (own, *app.trail)
    root = candidate.module.root if project.owns(candidate.module.path) else project.folder
    return Finding(
        target=candidate.target,
        interface=app.interface,
        framework=app.framework,
        evidence=tuple(dict.fromkeys((*trail, *statics.notes, *said[:1]))),
        statics=statics.folders,
        sure=app.sure and app.interface is not None,
        sessions=sessions(project, calls, app.interface),
        sockets=sockets(calls, app.interface),
        fleeting_key=fleeting_key(project),
        warnings=statics.warnings,
        collect=collect(tracer, app.scope.module),
        twin=twin(tracer, candidate),
        import_from=str(root),
    )


__all__ = [
    "FRAMEWORKS",
    "Beside",
    "Finding",
    "Framework",
    "Needs",
    "Packaging",
    "Project",
    "StaticFolder",
    "Statics",
    "contains_code",
    "detect",
    "packaging",
]
