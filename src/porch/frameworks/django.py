"""Django: the project's own files say everything: manage.py names the settings, the settings name the app and the
folders.

Rule: the settings are read with what they import from one another (`from .base import *`), never run; WSGI unless the
project says ASGI, because that is what `startproject` sets up and what every Django runs on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from porch.frameworks.finding import Statics
from porch.frameworks.follow import definitions
from porch.frameworks.framework import Candidate
from porch.frameworks.literals import Literal, evaluate
from porch.frameworks.reading import Binding, Module, Scope
from porch.frameworks.statics import Place, merged
from porch.frameworks.trace import App, Made, Tracer
from porch.records import dataclass

VARIABLE = "DJANGO_SETTINGS_MODULE"
MAKES = {
    "django.core.wsgi.get_wsgi_application": Made("wsgi"),
    "django.core.asgi.get_asgi_application": Made("asgi"),
    "django.core.handlers.wsgi.WSGIHandler": Made("wsgi"),
    "django.core.handlers.asgi.ASGIHandler": Made("asgi"),
    "channels.routing.ProtocolTypeRouter": Made("asgi"),
    "channels.routing.get_default_application": Made("asgi"),
}
COLLECTED = " yet: python manage.py collectstatic makes it"
UPLOADS = "holds uploads, which are left to the app; if everyone may read them, name it with --static URL=FOLDER"


@dataclass(frozen=True)
class Django:
    """Projects with a manage.py, or with a module that calls `get_wsgi_application()`."""

    name: str = "django"
    packages: tuple[str, ...] = ("django",)
    words: tuple[bytes, ...] = (b"get_wsgi_application", b"get_asgi_application", b"ProtocolTypeRouter", b"GIHandler")
    makes: Mapping[str, Made] = field(default_factory=lambda: MAKES)

    def declared(self, tracer: Tracer, /) -> list[Candidate]:
        """What the settings of each manage.py name; without a manage.py, the wsgi.py or else the asgi.py."""
        manages = [module for module in tracer.project.with_words(b"DJANGO_SETTINGS_MODULE") if _is_manage(module)]
        found = [candidate for manage in manages if (candidate := _of_manage(tracer, manage)) is not None]
        return found or _by_convention(tracer)

    def statics(self, tracer: Tracer, app: App, /) -> Statics:
        """`STATIC_ROOT` under `STATIC_URL`; never `MEDIA_ROOT`, whose files the app may hand out to some alone."""
        settings = _settings(tracer, app.scope.module)
        if settings is None:
            place = Place(tracer.project, app.scope.module, app.node.lineno if app.node else 0)
            return place.note("the settings module was not found, so no static folder was")
        return merged((_folder(tracer, settings), _uploads(tracer, settings)))


def _is_manage(module: Module) -> bool:
    return module.path.name == "manage.py"


def _of_manage(tracer: Tracer, manage: Module) -> Candidate | None:
    settings = _settings(tracer, manage)
    if settings is None:
        return None
    chosen = [
        candidate
        for setting in _order(tracer, settings)
        if (candidate := _named_by(tracer, manage, settings, setting)) is not None
    ]
    package = settings.name.partition(".")[0]
    beside = [
        candidate
        for stem in ("wsgi", "asgi")
        if (candidate := _in_module(tracer, tracer.project.own(f"{package}.{stem}", manage), ())) is not None
    ]
    found = next(iter([*chosen, *beside]), None)
    if found is None:
        return None
    named = _setting_line(tracer, manage) or ()
    return Candidate(found.module, found.attribute, found.line, _with(found.app, named))


def _order(tracer: Tracer, settings: Module) -> tuple[str, ...]:
    """ASGI first only where it is both named and needed: with channels or daphne installed as apps."""
    installed = {
        node.value
        for _, binding in _lookup(tracer, settings, "INSTALLED_APPS")
        if isinstance(binding.value, ast.expr)
        for node in ast.walk(binding.value)
        if isinstance(node, ast.Constant)
    }
    wanted = ("WSGI_APPLICATION", "ASGI_APPLICATION")
    return tuple(reversed(wanted)) if {"channels", "daphne"} & installed else wanted


def _named_by(tracer: Tracer, manage: Module, settings: Module, setting: str) -> Candidate | None:
    for where, binding in _lookup(tracer, settings, setting):
        value = evaluate(tracer.project, where, binding.value) if isinstance(binding.value, ast.expr) else None
        if isinstance(value, str) and "." in value:
            module = tracer.project.own(value.rpartition(".")[0], manage)
            evidence = tracer.project.evidence(where.module, binding.line, setting)
            return _in_module(tracer, module, (evidence,), value.rpartition(".")[2])
    return None


def _in_module(
    tracer: Tracer, module: Module | None, evidence: tuple[str, ...], attribute: str = "application"
) -> Candidate | None:
    if module is None or not module.scope.own(attribute):
        return None
    app = tracer.name(module, attribute)
    if app is None:
        return None
    return Candidate(module, attribute, module.scope.own(attribute)[-1].line, _with(app, evidence))


def _with(app: App, evidence: tuple[str, ...]) -> App:
    trail = tuple(dict.fromkeys((*evidence, *app.trail)))
    return App(app.framework, app.interface, app.scope, app.node, app.maker, app.attribute, app.sure, trail)


def _by_convention(tracer: Tracer) -> list[Candidate]:
    for word in (b"get_wsgi_application", b"get_asgi_application"):
        modules = tracer.project.with_words(word)
        found = [one for module in modules if (one := _in_module(tracer, module, ())) is not None]
        if found:
            return found
    return []


def _setting_line(tracer: Tracer, module: Module) -> tuple[str, ...] | None:
    node = _setdefault(module)
    return (tracer.project.evidence(module, node.lineno, VARIABLE),) if node is not None else None


def _setdefault(module: Module) -> ast.Call | ast.Assign | None:
    """`os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...)` or the same as an assignment."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), _] as given):
                if name == VARIABLE and len(given) == 2:
                    return node
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))]) if name == VARIABLE:
                return node
            case _:
                pass
    return None


def _settings(tracer: Tracer, module: Module) -> Module | None:
    """The settings module that the environment, or a file such as manage.py or wsgi.py, names."""
    node = _setdefault(module)
    name: Literal = tracer.project.environment.get(VARIABLE)
    if name is None and node is not None:
        name = evaluate(tracer.project, module.scope, node.args[1] if isinstance(node, ast.Call) else node.value)
    if name is None:
        name = next(_named_elsewhere(tracer), None)
    return tracer.project.own(name, module) if isinstance(name, str) else None


def _named_elsewhere(tracer: Tracer) -> Iterator[str]:
    """For an app whose own module names no settings: what the project's manage.py or wsgi.py name."""
    for module in tracer.project.with_words(VARIABLE.encode()):
        node = _setdefault(module)
        if node is not None:
            value = evaluate(tracer.project, module.scope, node.args[1] if isinstance(node, ast.Call) else node.value)
            if isinstance(value, str):
                yield value


def _lookup(tracer: Tracer, settings: Module, name: str) -> Iterator[tuple[Scope, Binding]]:
    return definitions(tracer.project, settings.scope, ast.Name(name))


def _uploads(tracer: Tracer, settings: Module) -> Statics:
    for where, binding in _lookup(tracer, settings, "MEDIA_ROOT"):
        return Place(tracer.project, where.module, binding.line, "MEDIA_ROOT").note(UPLOADS)
    return Statics()


def _folder(tracer: Tracer, settings: Module) -> Statics:
    url_name, root_name = "STATIC_URL", "STATIC_ROOT"
    found = next(_lookup(tracer, settings, root_name), None)
    if found is None:
        for where, binding in _lookup(tracer, settings, url_name):
            said = f"without {root_name} nginx has no folder to serve"
            return Place(tracer.project, where.module, binding.line, url_name).note(said)
        return Statics()
    where, binding = found
    place = Place(tracer.project, where.module, binding.line, root_name)
    folder = evaluate(tracer.project, settings.scope, ast.Name(root_name))
    url = evaluate(tracer.project, settings.scope, ast.Name(url_name))
    if folder is None or url is None or "" in (str(folder), url):
        return Statics()
    if not isinstance(folder, (str, Path)) or not isinstance(url, str):
        return place.note(f"or {url_name} is computed; name it with --static URL=FOLDER")
    if "//" in url:
        return place.note(f"is served elsewhere: {url_name} is {url}")
    # As in `LazySettings._add_script_prefix`: a relative URL alone is below the prefix.
    forced = evaluate(tracer.project, settings.scope, ast.Name("FORCE_SCRIPT_NAME"))
    rooted = url.startswith("/") or isinstance(forced, str)
    if isinstance(forced, str) and not url.startswith("/"):
        url = f"{forced.rstrip('/')}/{url}"
    return place.folder(url, tracer.project.folder / folder, missing=COLLECTED, rooted=rooted)


DJANGO = Django()
