"""Without a target: every app that the project has, and which of them is meant.

Rule: names that everyone uses (`app.py`, `wsgi.py`; `app`, `application`) decide, then the depth of the folder, then
the requirements; where these leave two, both are shown and the user chooses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from porch.frameworks.follow import named_calls
from porch.frameworks.framework import Candidate, Framework
from porch.frameworks.reading import Binding, Function, Imported, Module, Scope, calls, required, scopes
from porch.frameworks.trace import App, Tracer
from porch.plan import Interface

FOR_SERVERS = ("wsgi", "asgi")
MODULES = (*FOR_SERVERS, "app", "main", "application", "run", "server", "api", "__init__", "__main__")
ATTRIBUTES = ("application", "app", "api", "server")
FACTORY = re.compile(r"^(create|make|get|build|init)_(\w+_)?(app|application|api|server)$|^(app|application)_factory$")
DISPATCHED = frozenset({"mount", "add_subapp", "Mount", "DispatcherMiddleware", "WSGIMiddleware"})


def candidates(tracer: Tracer, frameworks: Iterable[Framework]) -> list[Candidate]:
    """Every name that an app is found under, in the order of the files."""
    known = tuple(frameworks)
    words = [word for framework in known for word in framework.words]
    declared = [candidate for framework in known for candidate in framework.declared(tracer)]
    taken = {candidate.app.framework for candidate in declared}
    modules = {module.path: module for module in tracer.project.with_words(*words)}
    for path in tracer.project.files:
        module = tracer.project.read(path) if _well_known(tracer, path) else None
        if isinstance(module, Module):
            modules.setdefault(path, module)
    searched = [candidate for module in modules.values() for candidate in in_module(tracer, module)]
    return [*declared, *(candidate for candidate in searched if candidate.app.framework not in taken)]


def in_module(tracer: Tracer, module: Module) -> Iterator[Candidate]:
    """The apps among a module's own names."""
    for name in module.scope.names:
        binding = module.scope.own(name)[-1]
        if name.startswith("_") or not _worth_following(binding):
            continue
        if isinstance(binding.value, Function) and not required(binding.value) and FACTORY.match(name):
            app = tracer.factory(module.scope, binding.value)
            if app is not None:
                yield Candidate(module, f"{name}()", binding.line, app)
                continue
        app = tracer.trace(module.scope, ast.Name(name))
        if app is not None and _offered(module, name, app):
            attribute = f"{name}.{app.attribute}" if app.attribute else name
            yield Candidate(module, attribute, binding.line, app)


def choose(tracer: Tracer, found: Sequence[Candidate], preferred: frozenset[str]) -> list[Candidate]:
    """The best name of the app that is meant; several when that stays open. `preferred`: required frameworks."""
    groups: dict[object, list[Candidate]] = {}
    for candidate in found:
        groups.setdefault(candidate.app.key, []).append(candidate)
    inner = _inner(tracer, found)
    outer = [group for key, group in groups.items() if key not in inner] or list(groups.values())
    best = sorted((min(group, key=_among_names) for group in outer), key=_among_apps)
    if not best:
        return []
    tied = [candidate for candidate in best if _among_apps(candidate) == _among_apps(best[0])]
    required_ones = [candidate for candidate in tied if candidate.app.framework in preferred]
    return required_ones or tied


def twin(tracer: Tracer, chosen: Candidate) -> tuple[str, Interface] | None:
    """The app of the other kind in the asgi.py beside a wsgi.py, or the other way round."""
    package, _, stem = chosen.module.name.rpartition(".")
    if stem not in FOR_SERVERS:
        return None
    other = FOR_SERVERS[1 - FOR_SERVERS.index(stem)]
    module = tracer.project.own(f"{package}.{other}" if package else other, chosen.module)
    for each in in_module(tracer, module) if module is not None else ():
        if each.app.interface not in (None, chosen.app.interface):
            return each.target, each.app.interface
    return None


def unreadable(tracer: Tracer) -> Candidate | None:
    """`app = something()` in a file with a well-known name, where `something` is not known to make apps; also
    `from something import app` in one that is there for servers."""
    for stem in MODULES:
        for path in tracer.project.files:
            module = tracer.project.read(path) if path.stem == stem else None
            if not isinstance(module, Module):
                continue
            for name in ("app", "application"):
                for binding in module.scope.own(name)[-1:]:
                    if _may_be_one(stem, binding):
                        return Candidate(module, name, binding.line, opaque(tracer, module.scope, binding))
    return None


def _may_be_one(stem: str, binding: Binding) -> bool:
    """What is imported counts in files that are there for servers alone: elsewhere `app` may be any library's."""
    if isinstance(binding.value, Imported):
        return stem in FOR_SERVERS
    return isinstance(binding.value, (ast.Call, ast.Attribute, ast.Await)) or binding.value is None


def opaque(tracer: Tracer, scope: Scope, binding: Binding) -> App:
    """An app of which reading knows no more than the line that binds it."""
    trail = (tracer.project.evidence(scope.module, binding.line),)
    return App("", None, scope, None, "", sure=False, trail=trail)


def out_of_reach(tracer: Tracer, words: Iterable[bytes]) -> Iterator[str]:
    """Evidence of apps that are made where no import finds them: inside a function, under `if __name__ == ...`."""
    for module, call, name in named_calls(tracer.project, words):
        if name in tracer.known:
            yield tracer.project.evidence(module, call.lineno)


def in_want(tracer: Tracer, words: Iterable[bytes]) -> Iterator[str]:
    """Evidence of functions that return an app, and that nobody can call without arguments."""
    for module in tracer.project.with_words(*words):
        for name in module.scope.names:
            function = module.scope.own(name)[-1].value
            if isinstance(function, Function) and (needed := required(function)) and not name.startswith("_"):
                app = tracer.factory(module.scope, function)
                if app is not None and app.framework:
                    said = f"the function {name} returns an app, and needs {', '.join(needed)}"
                    yield tracer.project.evidence(module, function.lineno, said)


def _well_known(tracer: Tracer, path: Path) -> bool:
    """A file that may hand on an app without a framework's name in it; packages only near the top, for all have one."""
    deep = len(path.parts) - len(tracer.project.folder.parts)
    return path.stem in MODULES and (path.stem != "__init__" or deep <= 3)


def _offered(module: Module, name: str, app: App) -> bool:
    """What is unsure, or of no framework, counts only where its name says that it is the app."""
    if not app.sure:
        return name in ("app", "application")
    return bool(app.framework) or name in ATTRIBUTES or module.path.stem in MODULES


def _worth_following(binding: Binding) -> bool:
    if isinstance(binding.value, Imported):
        return binding.name in ATTRIBUTES
    return binding.value is not None and not isinstance(binding.value, (ast.Constant, ast.ClassDef))


def _among_names(candidate: Candidate) -> tuple[int, ...]:
    """Order of the names of one app: a thing before a factory, what is meant for servers before where it is made."""
    return (candidate.attribute.endswith("()"), *_module_rank(candidate), _rank(candidate.attribute, ATTRIBUTES))


def _module_rank(candidate: Candidate) -> tuple[int, int]:
    return _rank(candidate.module.path.stem, MODULES), len(candidate.module.path.parts)


def _among_apps(candidate: Candidate) -> tuple[int, ...]:
    """Order of the apps of one project; equal where names do not decide."""
    factory = candidate.attribute.endswith("()")
    name = factory or candidate.attribute.partition(".")[0] in ATTRIBUTES
    module = candidate.module.path.stem in MODULES
    return (2 - name - module, factory, len(candidate.module.path.parts))


def _rank(word: str, order: tuple[str, ...]) -> int:
    return order.index(word) if word in order else len(order)


def _inner(tracer: Tracer, found: Sequence[Candidate]) -> set[object]:
    """Apps that another app of the project mounts or wraps: they are not the whole."""
    inner: set[object] = set()
    for module in {candidate.module.path: candidate.module for candidate in found}.values():
        for scope, body in scopes(module):
            for call in calls(body):
                if _name_of(call.func) in DISPATCHED:
                    inner.update(_mounted(tracer, scope, call))
                elif _name_of(call.func) == "Dash":
                    inner.update(_lent(tracer, scope, call))
    return inner


def _lent(tracer: Tracer, scope: Scope, call: ast.Call) -> Iterator[object]:
    """A Dash that is given the server of another app: both names are one app, and the other's is the whole."""
    for keyword in call.keywords:
        if keyword.arg == "server" and tracer.trace(scope, keyword.value) is not None:
            app = tracer.trace(scope, call)
            if app is not None:
                yield app.key


def _mounted(tracer: Tracer, scope: Scope, call: ast.Call) -> Iterator[object]:
    dispatched = _name_of(call.func) == "DispatcherMiddleware"
    # The first argument of a dispatcher is the main app; what it gives URLs to are the others.
    given = call.args[1:] if dispatched else [*call.args, *(keyword.value for keyword in call.keywords)]
    for part in given:
        for one in part.values if isinstance(part, ast.Dict) else [part]:
            app = tracer.trace(scope, one)
            if app is not None:
                yield app.key


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
