"""Static folders that are routes: Starlette's mounts, aiohttp's `add_static`, Falcon's `add_static_route`.

Rule: a route counts for the app that it is seen to be added to, or, where that cannot be seen (a function's
parameter, a list of routes), for the app that was asked for; a route of another app counts only below the URL that
this one is mounted at. Relative folders start at the working directory, which is the project's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from porch.frameworks.finding import Statics
from porch.frameworks.follow import dotted_name
from porch.frameworks.literals import Literal, evaluate
from porch.frameworks.reading import Function, Scope, scopes
from porch.frameworks.statics import Place, merged
from porch.frameworks.trace import App, Tracer
from porch.records import dataclass


@dataclass(frozen=True)
class Route:
    """One call that puts something under a URL."""

    url: ast.expr | None
    folder: ast.expr | None = None
    """For a static folder."""
    sub: ast.expr | None = None
    """For an app below this one."""
    receiver: ast.expr | None = None
    """What the route is added to, where the call says so."""
    note: str = ""
    refused: str = ""
    """Why nginx cannot serve it."""


@dataclass(frozen=True)
class Written:
    """A call as it stands in the code."""

    tracer: Tracer
    scope: Scope
    call: ast.Call
    name: str
    """Full name of what is called."""


ReadCall = Callable[[Written], Route | None]
"""The route that a call adds, or None."""


@dataclass(frozen=True)
class Seen:
    """A route, and what stands around it in the same expression."""

    scope: Scope
    call: ast.Call
    route: Route
    prefix: str | None
    owner: App | None


@dataclass(frozen=True)
class Routes:
    """How one framework writes its routes."""

    words: tuple[bytes, ...]
    read: ReadCall
    nests: Mapping[str, int] = field(default_factory=dict[str, int])
    """Full names of calls whose first argument is a prefix of the routes inside them."""

    def statics(self, tracer: Tracer, app: App) -> Statics:
        """The static routes of an app and of the apps mounted in it."""
        seen = [
            one
            for module in tracer.project.with_words(*self.words)
            for scope, body in scopes(module)
            for statement in body
            for one in self._visit(tracer, scope, statement, "", None)
        ]
        below = self._below(tracer, app, seen)
        return merged(self._one(tracer, one, below) for one in seen if one.route.sub is None)

    def _visit(
        self, tracer: Tracer, scope: Scope, node: ast.AST, prefix: str | None, owner: App | None
    ) -> Iterator[Seen]:
        if isinstance(node, (Function, ast.ClassDef)):
            return
        if isinstance(node, ast.Call):
            dotted = dotted_name(tracer.project, scope, node.func)
            route = self.read(Written(tracer, scope, node, dotted))
            if route is not None:
                yield Seen(scope, node, route, prefix, owner)
            if dotted in tracer.known:
                owner = tracer.trace(scope, node)
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "add_routes":
                owner = tracer.trace(scope, node.func.value)
            if dotted in self.nests and node.args:
                step = evaluate(tracer.project, scope, node.args[0], node.lineno)
                prefix = prefix + "/" + step.strip("/") if prefix is not None and isinstance(step, str) else None
        for child in ast.iter_child_nodes(node):
            yield from self._visit(tracer, scope, child, prefix, owner)

    def _below(self, tracer: Tracer, app: App, seen: list[Seen]) -> dict[object, str]:
        """The URL of every app that is mounted in this one; its own is empty."""
        below: dict[object, str] = {app.key: ""}
        for _ in range(3):  # an app mounted in an app mounted in an app
            for one in seen:
                sub = tracer.trace(one.scope, one.route.sub) if one.route.sub is not None else None
                url = self._url(tracer, one, self._owner(tracer, one), below)
                if sub is not None and url is not None:
                    below.setdefault(sub.key, url)
        return below

    def _owner(self, tracer: Tracer, one: Seen) -> App | None:
        receiver = one.route.receiver
        return tracer.trace(one.scope, receiver) if receiver is not None else one.owner

    def _url(self, tracer: Tracer, one: Seen, owner: App | None, below: Mapping[object, str]) -> str | None:
        above = below.get(owner.key) if owner is not None else ""
        line = one.call.lineno
        url: Literal = evaluate(tracer.project, one.scope, one.route.url, line) if one.route.url is not None else None
        if above is None or one.prefix is None or not isinstance(url, str):
            return None
        return above + one.prefix + "/" + url.strip("/")

    def _one(self, tracer: Tracer, one: Seen, below: Mapping[object, str]) -> Statics:
        owner = self._owner(tracer, one)
        if owner is not None and owner.key not in below:
            return Statics()
        line = one.call.lineno
        place = Place(tracer.project, one.scope.module, line)
        if one.route.refused:
            return place.note(one.route.refused)
        url = self._url(tracer, one, owner, below)
        node = one.route.folder
        folder: Literal = evaluate(tracer.project, one.scope, node, line) if node is not None else None
        if url is None or not isinstance(folder, (str, Path)):
            return place.note("static folder or its URL is computed; name it with --static URL=FOLDER")
        return place.folder(url, tracer.project.folder / folder, one.route.note)
