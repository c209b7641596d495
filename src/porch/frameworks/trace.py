"""From an expression to the call that makes the app, through factories, wrappers and subclasses.

Rule: a wrapper keeps the kind of app that it wraps unless the table says otherwise; a wrapper whose source cannot be
read makes the finding unsure. What the makers of apps are called comes from the frameworks' own files.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from porch.frameworks.follow import definition, definitions, dotted_name
from porch.frameworks.literals import argument
from porch.frameworks.project import Project
from porch.frameworks.reading import Binding, Function, Imported, Module, Scope, inside, returned
from porch.plan import Interface
from porch.records import dataclass

DEEPEST = 12
APP_KEYWORDS = ("app", "application", "wsgi_app", "asgi_app", "other_asgi_app")
SAME_APP = frozenset({"wsgi_app", "asgi_app", "_app"})
"""Attributes of an app that are the app again, without what was wrapped around it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What calling a function or class of a framework gives."""

    interface: Interface | None
    """None: it depends on the framework's version; a child process must look."""
    attribute: str = ""
    """The app is not the object but this attribute of it, such as Dash's `server`."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A function or class that takes an app and gives an app."""

    interface: Interface | None = None
    """None: the kind that it was given."""
    position: int = 0


WRAPPERS: Mapping[str, Wrapper] = {
    "a2wsgi.ASGIMiddleware": Wrapper("wsgi"),
    "a2wsgi.WSGIMiddleware": Wrapper("asgi"),
    "asgiref.wsgi.WsgiToAsgi": Wrapper("asgi"),
    "engineio.ASGIApp": Wrapper("asgi", 1),
    "engineio.WSGIApp": Wrapper("wsgi", 1),
    "requestlogger.WSGILogger": Wrapper("wsgi"),
    "sentry_sdk.integrations.asgi.SentryAsgiMiddleware": Wrapper("asgi"),
    "sentry_sdk.integrations.wsgi.SentryWsgiMiddleware": Wrapper("wsgi"),
    "socketio.ASGIApp": Wrapper("asgi", 1),
    "socketio.Middleware": Wrapper("wsgi", 1),
    "socketio.WSGIApp": Wrapper("wsgi", 1),
    "starlette.middleware.cors.CORSMiddleware": Wrapper("asgi"),
    "fastapi.middleware.cors.CORSMiddleware": Wrapper("asgi"),
    "uvicorn.middleware.proxy_headers.ProxyHeadersMiddleware": Wrapper("asgi"),
    "uvicorn.middleware.wsgi.WSGIMiddleware": Wrapper("asgi"),
    "werkzeug.middleware.dispatcher.DispatcherMiddleware": Wrapper("wsgi"),
    "werkzeug.middleware.profiler.ProfilerMiddleware": Wrapper("wsgi"),
    "werkzeug.middleware.proxy_fix.ProxyFix": Wrapper("wsgi"),
    "werkzeug.contrib.fixers.ProxyFix": Wrapper("wsgi"),
    "werkzeug.middleware.shared_data.SharedDataMiddleware": Wrapper("wsgi"),
    "whitenoise.WhiteNoise": Wrapper("wsgi"),
}


@dataclass(frozen=True)
class App:
    """An app, and the place where it is made."""

    framework: str
    """Empty: a plain callable."""
    interface: Interface | None
    scope: Scope
    """The names around the call."""
    node: ast.Call | Function | None
    """None: reading found no more than that there is something."""
    maker: str
    """Full name of what was called, such as `django.core.wsgi.get_wsgi_application`; empty for a plain callable."""
    attribute: str = ""
    sure: bool = True
    trail: tuple[str, ...] = ()
    """Evidence from the name asked for to the call."""

    @property
    def key(self) -> tuple[Path, int, int]:
        """The same for every name of the same app."""
        line, column = (self.node.lineno, self.node.col_offset) if self.node else (0, 0)
        return self.scope.module.path, line, column


@dataclass(frozen=True)
class Tracer:
    """Reads a project knowing how every framework's apps are made."""

    project: Project
    known: Mapping[str, tuple[str, Made]]
    """Full name of a maker -> framework and what it makes; `.name` stands for a method of any object."""
    _calls: dict[ast.Call, App | None] = field(default_factory=dict[ast.Call, "App | None"], repr=False, compare=False)
    """Each call is followed once: without this, factories that call factories take exponential time."""

    def name(self, module: Module, dotted: str) -> App | None:
        """The app at a module's attribute, which may be dotted."""
        return self.trace(module.scope, ast.parse(dotted, mode="eval").body)

    def trace(  # noqa: PLR0911 - one a kind of node
        self, scope: Scope, node: ast.expr, before: int = 0, deep: int = 0
    ) -> App | None:
        """The app that an expression gives, or None."""
        if deep > DEEPEST:
            return None
        match node:
            case ast.Name():
                return self._bound_to(scope, node, before, deep)
            case ast.Attribute():
                base = self.trace(scope, node.value, before, deep + 1)
                if base is not None and node.attr == base.attribute:
                    return replace(base, attribute="")
                return base if base and node.attr in SAME_APP else self._bound_to(scope, node, before, deep)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self.trace(scope, inner, before, deep + 1)
            case ast.IfExp(body=body, orelse=otherwise):
                return self.trace(scope, body, before, deep + 1) or self.trace(scope, otherwise, before, deep + 1)
            case ast.Call():
                if node not in self._calls:
                    # A call that leads back to itself makes nothing.
                    self._calls[node] = None
                    self._calls[node] = self._called(scope, node, before, deep)
                return self._calls[node]
            case _:
                return None

    def factory(self, where: Scope, function: Function, deep: int = 0) -> App | None:
        """The app that a function returns."""
        scope = inside(function, where)
        for node in returned(function):
            app = self.trace(scope, node, 0, deep + 1)
            if app is not None:
                return self._seen(app, scope.module, function.lineno)
        return None

    def binding(self, where: Scope, binding: Binding, deep: int = 0) -> App | None:
        """The app that one binding of a name stands for."""
        match binding.value:
            case ast.expr():
                before = binding.line if where.parent is None else 0
                app = self.trace(where, binding.value, before, deep + 1)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                app = self._plain_function(where, binding.value)
            case Imported():
                app = self._installed(binding.value, deep)
            case _:
                app = None
        return self._seen(app, where.module, binding.line) if app is not None else None

    def _bound_to(self, scope: Scope, node: ast.expr, before: int, deep: int) -> App | None:
        for where, binding in definitions(self.project, scope, node, before):
            app = self.binding(where, binding, deep)
            if app is not None:
                return app
        return None

    def _called(self, scope: Scope, node: ast.Call, before: int, deep: int) -> App | None:
        dotted = dotted_name(self.project, scope, node.func)
        method = f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else ""
        for maker in (dotted, method):
            if maker in self.known:
                framework, made = self.known[maker]
                return self._seen(
                    App(framework, made.interface, scope, node, maker, made.attribute, made.interface is not None),
                    scope.module,
                    node.lineno,
                )
        own = definition(self.project, scope, node.func)
        if own is not None and isinstance(own[1], Function):
            app = self.factory(own[0], own[1], deep)
            return app or self._wrapped(scope, node, dotted, before, deep)
        if own is not None:
            return self._instance(scope, node, own, before, deep)
        return self._wrapped(scope, node, dotted, before, deep)

    def _instance(
        self, scope: Scope, node: ast.Call, own: tuple[Scope, Function | ast.ClassDef], before: int, deep: int
    ) -> App | None:
        where, kind = own
        base = self._base(where, kind) if isinstance(kind, ast.ClassDef) else None
        if base is not None:
            framework, made, maker = base
            # A constructor of its own may say anything to the framework's: the call's arguments tell nothing then.
            maker = "" if "__init__" in methods(kind) else maker
            app = App(framework, made.interface, scope, node, maker, made.attribute, made.interface is not None)
            return self._seen(self._seen(app, where.module, kind.lineno), scope.module, node.lineno)
        interface = speaks(kind)
        wrapped = self._given(scope, node, 0, before, deep)
        if interface is None or wrapped is not None:
            return replace(wrapped, interface=interface or wrapped.interface, sure=bool(interface)) if wrapped else None
        return self._seen(App("", interface, scope, node, ""), where.module, kind.lineno)

    def _base(self, where: Scope, kind: ast.ClassDef, deep: int = 0) -> tuple[str, Made, str] | None:
        for base in kind.bases:
            dotted = dotted_name(self.project, where, base)
            if dotted in self.known:
                return (*self.known[dotted], dotted)
            above = definition(self.project, where, base)
            if above is not None and isinstance(above[1], ast.ClassDef) and deep < DEEPEST:
                found = self._base(above[0], above[1], deep + 1)
                if found is not None:
                    return found
        return None

    def _wrapped(self, scope: Scope, node: ast.Call, dotted: str, before: int, deep: int) -> App | None:
        wrapper = WRAPPERS.get(dotted)
        app = self._given(scope, node, wrapper.position if wrapper else 0, before, deep)
        if wrapper is not None:
            if app is None:
                return App("", wrapper.interface, scope, node, "", "", wrapper.interface is not None)
            return replace(app, interface=wrapper.interface or app.interface)
        if app is None:
            return None
        kind = self._source(dotted)
        if kind is not None and speaks(kind) is None and not kind.bases:
            return None
        interface = speaks(kind) if kind is not None else None
        return replace(app, interface=interface or app.interface, sure=app.sure and interface is not None)

    def _given(self, scope: Scope, node: ast.Call, position: int, before: int, deep: int) -> App | None:
        positional = node.args[position : position + 1]
        named = [argument(node, keyword) for keyword in APP_KEYWORDS]
        for part in (*positional, *(part for part in named if part is not None)):
            app = self.trace(scope, part, before, deep + 1)
            if app is not None:
                return app
        return None

    def _source(self, dotted: str) -> ast.ClassDef | None:
        """A class of an installed package, read from its file."""
        module, _, name = dotted.rpartition(".")
        found = self.project.module(module) if module else None
        if not isinstance(found, Module):
            return None
        for _, binding in definitions(self.project, found.scope, ast.Name(name)):
            if isinstance(binding.value, ast.ClassDef):
                return binding.value
        return None

    def _installed(self, origin: Imported, deep: int) -> App | None:
        found = self.project.module(origin.module) if origin.attribute and deep < DEEPEST else None
        if not isinstance(found, Module):
            return None
        return self.trace(found.scope, ast.Name(origin.attribute), 0, deep + 1)

    def _plain_function(self, where: Scope, function: Function) -> App | None:
        for decorator in function.decorator_list:
            dotted = dotted_name(self.project, where, decorator)
            if dotted in self.known:
                framework, made = self.known[dotted]
                return App(framework, made.interface, where, function, dotted)
        interface = speaks(function)
        return App("", interface, where, function, "") if interface else None

    def _seen(self, app: App, module: Module, line: int) -> App:
        evidence = self.project.evidence(module, line)
        return app if evidence in app.trail else replace(app, trail=(evidence, *app.trail))


def methods(kind: Function | ast.ClassDef) -> Mapping[str, Function]:
    """The methods that a class defines itself."""
    body = kind.body if isinstance(kind, ast.ClassDef) else []
    return {node.name: node for node in body if isinstance(node, Function)}


def speaks(kind: Function | ast.ClassDef) -> Interface | None:
    """The interface of a plain function, or of an instance of a class, told by its parameters."""
    if isinstance(kind, ast.ClassDef):
        call = methods(kind).get("__call__")
        return _by_parameters(call, 1) if call is not None else None
    return _by_parameters(kind, 0)


def _by_parameters(function: Function, skipped: int) -> Interface | None:
    names = [part.arg for part in (*function.args.posonlyargs, *function.args.args)][skipped:]
    if isinstance(function, ast.AsyncFunctionDef):
        return "asgi" if names[:1] == ["scope"] or names[1:3] == ["receive", "send"] else None
    if len(names) != 2:
        return None
    usual = names[0] in {"environ", "env"} and names[1].startswith(("start", "respond"))
    return "wsgi" if usual or names[1].startswith("start_resp") else None
