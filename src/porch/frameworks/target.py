"""With a target: from the words that the user typed to one app.

Rule: a target that cannot be found is refused with the nearest name that can be; a target that can be found but not
read is taken as it is, unsure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from porch.errors import Exit, Problem, Refused, suggestion
from porch.frameworks.framework import Candidate
from porch.frameworks.project import Project, SyntaxFault, module_file
from porch.frameworks.reading import Binding, Function, Imported, Module, required
from porch.frameworks.search import ATTRIBUTES, MODULES, choose, in_module, opaque
from porch.frameworks.trace import App, Tracer, speaks
from porch.records import dataclass

ATTRIBUTE = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)*(\(\))?$")
OF_MOD_WSGI = ".wsgi"
FORMS = "write module:attribute, module:factory(), or a file such as app.py or app.py:app"


@dataclass(frozen=True)
class Unlocated:
    """A module without a file that the interpreter may still know: a compiled one, or one in an archive."""

    name: str
    attribute: str


def named(tracer: Tracer, target: str) -> Candidate | Unlocated:
    """The app that a target names."""
    place, colon, attribute = target.partition(":")
    if not place or (colon and not ATTRIBUTE.match(attribute)):
        raise _refused(f'"{target}" is not the name of an app', "", FORMS, Exit.USAGE)
    if place.endswith(OF_MOD_WSGI) and (tracer.project.folder / place).is_file():
        raise _script(place)
    module = _file(tracer.project, place) if _is_file(place) else _module(tracer.project, place)
    if module is None:
        return Unlocated(place, attribute)
    return _attribute(tracer, module, attribute) if attribute else _only(tracer, module)


@dataclass(frozen=True, slots=True)
class Beside:
    """A further app of the instance, as the user named it."""

    folder: str = ""
    """Its own project's, relative to this one; empty: this one's."""
    target: str = ""
    """Empty: left to be found there."""


def without(tracer: Tracer, found: Iterable[Candidate], beside: Iterable[Beside]) -> list[Candidate]:
    """Those of the candidates that are none of the further apps, and lie in the folder of none."""
    others = list(beside)
    here = tracer.project.folder.resolve()
    folders = [folder for each in others if (folder := (here / each.folder).resolve()) != here]
    keys = {_key(tracer, each.target) for each in others if each.target and (here / each.folder).resolve() == here}
    return [
        each
        for each in found
        if each.app.key not in keys and not any(each.module.path.resolve().is_relative_to(folder) for folder in folders)
    ]


def _key(tracer: Tracer, target: str) -> object:
    """What tells that app from others; None where there is none, which is told where that app itself is looked for."""
    try:
        meant = named(tracer, target)
    except Refused:
        return None
    return meant.app.key if isinstance(meant, Candidate) else None


def broken(project: Project, fault: SyntaxFault) -> Refused:
    """The user's file is no Python."""
    where = f"{project.shown(fault.path)}:{fault.line}"
    detail = f"{where}\n    {fault.text}\n" if fault.text else ""
    return Refused(
        Problem(f"the app's code has a syntax error: {fault.what}", where, "correct the line", Exit.APP, detail)
    )


def _script(place: str) -> Refused:
    path = Path(place)
    module = path.with_name(re.sub(r"\W", "_", path.name) + ".py")
    fix = f"give it a name that ends with .py: mv {place} {module}, then porch run {module}"
    return _refused(f'"{place}" is a script for mod_wsgi; other servers import modules alone', "", fix, Exit.USAGE)


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place


def _file(project: Project, place: str) -> Module:
    path = (project.folder / place).resolve()
    path = path / "__init__.py" if path.is_dir() else path
    if not path.is_file():
        near = suggestion(place, [project.shown(file) for file in project.files])
        raise _refused(f'there is no file "{place}" for the app', str(project.folder), near or FORMS)
    # Links are resolved on both sides, or a file of the project would seem to lie outside of it.
    inside = project.folder / path.relative_to(project.folder.resolve()) if _within(project, path) else path
    return _parsed(project, project.read(inside))


def _within(project: Project, path: Path) -> bool:
    return path.is_relative_to(project.folder.resolve())


def _module(project: Project, name: str) -> Module | None:
    found = project.module(name)
    if found is not None:
        module = _parsed(project, found)
        # The user's spelling says where the import starts, whatever the file's imports look like.
        return module if module.name == name else replace(module, name=name, root=_root(project, name, module))
    top, colon = name.partition(".")[0], _with_colon(project, name)
    if any((root / top).is_dir() or any(root.glob(f"{top}.*.so")) for root in project.roots):
        known = [module.name for module in project.modules() if module.name.startswith(f"{top}.")]
        if any((root / top).is_dir() for root in (project.folder, project.source or project.folder)):
            near = colon or suggestion(name, known)
            raise _refused(f'there is no module "{name}" for the app', str(project.folder), near or FORMS)
        return None
    near = colon or suggestion(name, [module.name for module in project.modules()])
    searched = " nor among the installed packages" if project.search_path else ""
    fix = near or f"{FORMS}; the module is looked for in the project's folder and its src folder"
    raise _refused(f'there is no module "{name}" in {project.folder}{searched}', "", fix)


def _with_colon(project: Project, name: str) -> str:
    """What to write for `shop.wsgi.application`, where `shop.wsgi` is a module that has it; else empty."""
    inside, _, last = name.rpartition(".")
    module = project.module(inside)
    return f'write "{inside}:{last}"' if isinstance(module, Module) and last in module.scope.names else ""


def _root(project: Project, name: str, module: Module) -> Path:
    return next((root for root in project.roots if module_file(root, name) == module.path), module.root)


def _parsed(project: Project, read: Module | SyntaxFault | None) -> Module:
    if isinstance(read, SyntaxFault):
        raise broken(project, read)
    if read is None:
        raise _refused("the app's file cannot be read", str(project.folder), "look at its permissions")
    return read


def _names_as_it_runs(tracer: Tracer, module: Module) -> bool:
    """Whether the module may make names that no line of it binds; only importing it can tell."""
    text = tracer.project.content(module.path)
    return any(call in text for call in (b"globals(", b"exec(", b"setattr(", b"sys.modules["))


def _attribute(tracer: Tracer, module: Module, attribute: str) -> Candidate:
    """The app at `module:attribute`."""
    called = attribute.endswith("()")
    dotted = attribute.removesuffix("()")
    first = dotted.partition(".")[0]
    binding = _binding(tracer, module, first)
    if binding is None:
        if module.stars or module.scope.own("__getattr__") or _names_as_it_runs(tracer, module):
            return _unsure(tracer, module, attribute, Binding(first, None, 1))
        names = [name for name in module.scope.names if not name.startswith("_")]
        near = suggestion(first, names)
        fix = near or _what_there_is(tracer, module)
        raise _refused(f'"{first}" is not defined in the app\'s module', tracer.project.shown(module.path), fix)
    if isinstance(binding.value, Function) and dotted == first:
        return _function(tracer, module, binding, binding.value, called)
    app = None if called else tracer.name(module, dotted)
    if app is None:
        return _unsure(tracer, module, attribute, binding)
    return Candidate(module, f"{dotted}.{app.attribute}" if app.attribute else dotted, binding.line, app)


def _function(tracer: Tracer, module: Module, binding: Binding, function: Function, called: bool) -> Candidate:
    app = tracer.name(module, binding.name) if not called else None
    if app is None and speaks(function) is None:
        app = tracer.factory(module.scope, function)
        if (called or app is not None) and required(function):
            raise _wanting(tracer, module, binding.name, function)
        called = called or app is not None
    attribute = f"{binding.name}()" if called else binding.name
    if app is None:
        return _unsure(tracer, module, attribute, binding)
    return Candidate(module, attribute, binding.line, app)


def _wanting(tracer: Tracer, module: Module, name: str, function: Function) -> Refused:
    what = f'the factory "{name}" needs arguments: {", ".join(required(function))}'
    fix = f"give them defaults, or write `app = {name}(...)` in a file wsgi.py and run that"
    return _refused(what, f"{tracer.project.shown(module.path)}:{function.lineno}", fix)


def _binding(tracer: Tracer, module: Module, name: str) -> Binding | None:
    """What a module binds a name to, taken over by `*` included; a submodule of a package counts."""
    own = module.scope.own(name)
    if own:
        return own[-1]
    for star in module.stars:
        source = tracer.project.own(star, module)
        found = _binding(tracer, source, name) if source is not None and source is not module else None
        if found is not None:
            # The line is another file's: 0 stands for no line of this one.
            return replace(found, line=0)
    if module.path.name == "__init__.py" and module_file(module.path.parent, name):
        return Binding(name, Imported(f"{module.name}.{name}"), 1)
    return None


def _only(tracer: Tracer, module: Module) -> Candidate:
    """The app of a module that was named without an attribute."""
    found = list(in_module(tracer, module))
    by_rank = sorted(found, key=lambda one: (one.attribute not in ATTRIBUTES, one.attribute.endswith("()")))
    rank = [(one.attribute in ATTRIBUTES, one.attribute.endswith("()")) for one in by_rank]
    if by_rank and (rank.count(rank[0]) == 1 or len({one.app.key for one in by_rank}) == 1 or rank[0][0]):
        return by_rank[0]
    if found:
        raise several(tracer.project, found)
    for name in ("app", "application"):
        binding = _binding(tracer, module, name)
        if binding is not None and binding.value != Imported(f"{module.name}.{name}"):
            return _unsure(tracer, module, name, binding)
    inside = _inside(tracer, module)
    if len(inside) == 1 and tracer.project.owns(module.path):
        return inside[0]
    _say_what_there_is(tracer, module, inside)
    fix = f"name it: porch run {module.name}:ATTRIBUTE, or {module.name}:FACTORY()"
    raise _refused("no app was found in the module", tracer.project.shown(module.path), fix)


def _inside(tracer: Tracer, module: Module) -> list[Candidate]:
    """The app in a package's modules, by the names that everyone uses; several when that stays open."""
    if module.path.name != "__init__.py":
        return []
    names = [f"{module.name}.{name}" for name in (*MODULES, "web") if not name.startswith("_")]
    below = [found for name in names if isinstance(found := tracer.project.module(name), Module)]
    return choose(tracer, [one for each in below for one in in_module(tracer, each)], frozenset())


def _say_what_there_is(tracer: Tracer, module: Module, inside: Sequence[Candidate]) -> None:
    """Refuse with what comes near to an app."""
    where = tracer.project.shown(module.path)
    if inside:
        what = f"the package itself has no app, but its modules have: {', '.join(one.target for one in inside)}"
        raise _refused(what, where, f"name it: porch run '{inside[0].target}'")
    if makers := [f"{module.name}:{name}()" for name in makers_in(tracer, module)]:
        fix = f"say that it is to be called: porch run '{makers[0]}'"
        raise _refused(f"the module has no app, but what makes one: {', '.join(makers)}", where, fix)
    for name, function in _functions(module):
        if required(function) and (app := tracer.factory(module.scope, function)) and app.framework:
            raise _wanting(tracer, module, name, function)


def makers_in(tracer: Tracer, module: Module) -> Iterator[str]:
    """Functions that give an app when they are called with nothing, whatever they are called."""
    for name, function in _functions(module):
        if not required(function) and tracer.factory(module.scope, function):
            yield name


def _functions(module: Module) -> Iterator[tuple[str, Function]]:
    for name in module.scope.names:
        function = module.scope.own(name)[-1].value
        if isinstance(function, Function):
            yield name, function


def several(project: Project, found: Sequence[Candidate]) -> Refused:
    """More than one app, and nothing that tells which is meant."""
    lines = [f"  {one.target}  {project.evidence(one.module, one.line)}" for one in found]
    fix = f'say which: porch run {found[0].target}, or target = "{found[0].target}" under [app] in porch.toml'
    detail = "\n".join(lines) + "\n"
    return Refused(Problem(f"{len(found)} apps were found", str(project.folder), fix, Exit.USAGE, detail))


def _what_there_is(tracer: Tracer, module: Module) -> str:
    found = [one.target for one in in_module(tracer, module)]
    return f"the module has {', '.join(found)}" if found else FORMS


def _unsure(tracer: Tracer, module: Module, attribute: str, binding: Binding) -> Candidate:
    app: App = opaque(tracer, module.scope, binding)
    return Candidate(module, attribute, binding.line, app)


def _refused(what: str, where: str, fix: str, code: Exit = Exit.APP) -> Refused:
    return Refused(Problem(what, where, fix, code))
