"""Django: the project's own files say everything: manage.py names the settings, the settings name the app.

Rule: the settings are read with what they import from one another (`from .base import *`), never run; WSGI unless the
project says ASGI, because that is what `startproject` sets up and what every Django runs on.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field, replace

from porch.frameworks import django_files
from porch.frameworks.django_settings import lookup, manages, named, own, settings
from porch.frameworks.finding import Statics
from porch.frameworks.framework import Candidate
from porch.frameworks.literals import evaluate
from porch.frameworks.reading import Module
from porch.frameworks.statics import Place
from porch.frameworks.trace import App, Made, Tracer
from porch.records import dataclass

MAKES = {
    "django.core.wsgi.get_wsgi_application": Made("wsgi"),
    "django.core.asgi.get_asgi_application": Made("asgi"),
    "django.core.handlers.wsgi.WSGIHandler": Made("wsgi"),
    "django.core.handlers.asgi.ASGIHandler": Made("asgi"),
    "channels.routing.ProtocolTypeRouter": Made("asgi"),
    "channels.routing.get_default_application": Made("asgi"),
}


@dataclass(frozen=True)
class Django:
    """Projects with a manage.py, or with a module that calls `get_wsgi_application()`."""

    name: str = "django"
    packages: tuple[str, ...] = ("django",)
    words: tuple[bytes, ...] = (b"get_wsgi_application", b"get_asgi_application", b"ProtocolTypeRouter", b"GIHandler")
    makes: Mapping[str, Made] = field(default_factory=lambda: MAKES)

    def declared(self, tracer: Tracer, /) -> list[Candidate]:
        """What the settings of each manage.py name; without a manage.py, the wsgi.py or else the asgi.py."""
        found = [candidate for manage in manages(tracer) if (candidate := _of_manage(tracer, manage)) is not None]
        return found or _by_convention(tracer)

    def statics(self, tracer: Tracer, app: App, /) -> Statics:
        """The folder that `collectstatic` fills, as the settings that the app takes have it."""
        found = settings(tracer, app.scope.module)
        if found is None:
            place = Place(tracer.project, app.scope.module, app.node.lineno if app.node else 0)
            return place.note("the settings module was not found, so no static folder was")
        return django_files.statics(tracer, found, app.scope.module)


def _of_manage(tracer: Tracer, manage: Module) -> Candidate | None:
    read = settings(tracer, manage)
    if read is None:
        return None
    chosen = [
        candidate
        for setting in _order(tracer, read)
        if (candidate := _named_by(tracer, manage, read, setting)) is not None
    ]
    package = read.name.partition(".")[0]
    beside = [
        candidate
        for stem in ("wsgi", "asgi")
        if (candidate := _in_module(tracer, tracer.project.own(f"{package}.{stem}", manage), ())) is not None
    ]
    found = next(iter([*chosen, *beside]), None)
    if found is None:
        return None
    return replace(found, app=_decided(tracer, manage, found.app))


def _decided(tracer: Tracer, manage: Module, app: App) -> App:
    """With the line that decides which settings the app takes, and that of manage.py where it says others."""
    taken, theirs = named(tracer, app.scope.module), own(tracer, manage)
    if taken is None:
        return _with(app, (theirs.evidence,) if theirs is not None else ())
    differs = theirs is not None and isinstance(theirs.module, str) and theirs.module != taken.module
    said = (f"{theirs.evidence} {theirs.module}, which its own commands alone take",) if theirs and differs else ()
    return replace(app, trail=(*_with(app, (taken.evidence,)).trail, *said))


def _order(tracer: Tracer, read: Module) -> tuple[str, ...]:
    """ASGI first only where it is both named and needed: with channels or daphne installed as apps."""
    installed = {
        node.value
        for _, binding in lookup(tracer, read, "INSTALLED_APPS")
        if isinstance(binding.value, ast.expr)
        for node in ast.walk(binding.value)
        if isinstance(node, ast.Constant)
    }
    wanted = ("WSGI_APPLICATION", "ASGI_APPLICATION")
    return tuple(reversed(wanted)) if {"channels", "daphne"} & installed else wanted


def _named_by(tracer: Tracer, manage: Module, read: Module, setting: str) -> Candidate | None:
    for where, binding in lookup(tracer, read, setting):
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


DJANGO = Django()
