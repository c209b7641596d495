"""Static folders of Flask and of Quart, which took Flask's rules over.

Rule: paths are resolved as Flask does, from the folder of the module or package that the import name names (its root
path), and a blueprint counts only when it is seen to be registered. Source: Flask's documentation of `static_folder`,
`static_url_path`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePath

from porch.frameworks.finding import Statics
from porch.frameworks.follow import definitions, dotted_name
from porch.frameworks.literals import UNKNOWN, Literal, Unknown, argument, evaluate
from porch.frameworks.reading import Module, Scope, calls, scopes
from porch.frameworks.statics import Place, merged
from porch.frameworks.trace import App, Tracer
from porch.records import dataclass

BLUEPRINTS = frozenset(
    {
        "flask.Blueprint",
        "flask.blueprints.Blueprint",
        "quart.Blueprint",
        "quart.blueprints.Blueprint",
        "flask_smorest.Blueprint",
        "apiflask.APIBlueprint",
        "flask_openapi3.APIBlueprint",
    }
)


@dataclass(frozen=True)
class Made:
    """The call that makes an app or a blueprint."""

    scope: Scope
    call: ast.Call

    @property
    def key(self) -> tuple[Path, int]:
        """The same for every name of the same blueprint."""
        return self.scope.module.path, self.call.lineno


@dataclass(frozen=True)
class Registration:
    """`parent.register_blueprint(child, url_prefix=...)`."""

    child: Made
    parent: Made | None
    """None: the app."""
    prefix: Literal
    """None: the blueprint's own."""


def scaffold_statics(tracer: Tracer, app: App) -> Statics:
    """The app's own static folder, then those of its blueprints."""
    if not isinstance(app.node, ast.Call) or not app.maker:
        place = Place(tracer.project, app.scope.module, app.node.lineno if app.node else 0)
        return place.note("made by a class with a constructor of its own; static folders were not read")
    own, reserved = _of_app(tracer, Made(app.scope, app.node))
    return merged([own, *_of_blueprints(tracer, app, reserved)])


def _of_app(tracer: Tracer, made: Made) -> tuple[Statics, str]:
    """The folder, and the URL that is taken even where there is no folder."""
    changed = _changed_later(made.scope.module)
    place = _place(tracer, made)
    if changed:
        later = Place(tracer.project, made.scope.module, changed)
        return later.note("static folder is changed after the app is made; name it with --static URL=FOLDER"), ""
    folder = _value(tracer, made, "static_folder", 2, "static")
    if folder is None:
        return Statics(), ""
    if argument(made.call, "static_host") is not None:
        return place.note("static files of another host are left to the app"), ""
    path = _static_url(folder, _value(tracer, made, "static_url_path", 1, None))
    root = _root(tracer, made, 10)
    if isinstance(folder, Unknown) or path is None or root is None:
        return place.note("static folder is computed; name it with --static URL=FOLDER"), ""
    url = f"/{path.strip('/')}/"
    # Flask's default says nothing about this app: nobody misses a folder that nobody named.
    unnamed = argument(made.call, "static_folder", 2) is None and not (root / str(folder)).is_dir()
    return Statics() if unnamed else place.folder(path, root / str(folder)), url


def _of_blueprints(tracer: Tracer, app: App, reserved: str) -> Iterator[Statics]:
    if not any(b"Blueprint" in content and b"static" in content for content in tracer.project.contents()):
        # Most blueprints have no static folder, and there may be hundreds of them to parse.
        return
    registrations = list(_registrations(tracer, app))
    for registration in registrations:
        made = registration.child
        folder = _value(tracer, made, "static_folder", 2, None)
        if folder is None:
            continue
        place = _place(tracer, made)
        path = _static_url(folder, _value(tracer, made, "static_url_path", 3, None))
        prefix = _prefix(tracer, registration, registrations)
        root = _root(tracer, made, None)
        if isinstance(folder, Unknown) or path is None or prefix is None or root is None:
            yield place.note("blueprint's static folder or its URL is computed; name it with --static URL=FOLDER")
        elif reserved == f"{prefix}/{path.strip('/')}/":
            yield place.note(f"blueprint's static folder is hidden by the app's own at {reserved}")
        else:
            yield place.folder(f"{prefix}/{path.strip('/')}", root / str(folder))


def _place(tracer: Tracer, made: Made) -> Place:
    return Place(tracer.project, made.scope.module, made.call.lineno)


def _prefix(tracer: Tracer, one: Registration, every: list[Registration], deep: int = 0) -> str | None:
    own = _value(tracer, one.child, "url_prefix", 5, None) if one.prefix is None else one.prefix
    if isinstance(own, Unknown) or deep > 5:
        return None
    above = ""
    if one.parent is not None:
        outer = next((other for other in every if other.child.key == one.parent.key), None)
        found = _prefix(tracer, outer, every, deep + 1) if outer is not None else None
        if found is None:
            return None
        above = found
    word = str(own or "").strip("/")
    return f"{above}/{word}" if word else above


def _registrations(tracer: Tracer, app: App) -> Iterator[Registration]:
    for module in tracer.project.with_words(b"register_blueprint"):
        for scope, body in scopes(module):
            loops = _loops(body)
            for call in _registering(body):
                receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
                owner = tracer.trace(scope, receiver)
                parent = _blueprint(tracer, scope, receiver)
                if (owner is not None and owner.key != app.key) or not call.args:
                    continue
                given = argument(call, "url_prefix")
                prefix = None if given is None else evaluate(tracer.project, scope, given, call.lineno)
                first = call.args[0]
                children = loops.get(first.id, [first]) if isinstance(first, ast.Name) else [first]
                made = (_blueprint(tracer, scope, child) for child in children)
                yield from (Registration(child, parent, prefix) for child in made if child is not None)


def _registering(body: list[ast.stmt]) -> Iterator[ast.Call]:
    for call in calls(body):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "register_blueprint":
            yield call


def _loops(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
    """`for blueprint in (a, b):`"""
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        match statement:
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=parts) | ast.List(elts=parts)):
                found[name] = parts
            case _:
                pass
    return found


def _blueprint(tracer: Tracer, scope: Scope, node: ast.expr) -> Made | None:
    for where, binding in definitions(tracer.project, scope, node):
        call = binding.value
        if isinstance(call, ast.Call) and dotted_name(tracer.project, where, call.func) in BLUEPRINTS:
            return Made(where, call)
    return None


def _value(tracer: Tracer, made: Made, name: str, position: int | None, default: Literal) -> Literal:
    given = argument(made.call, name, position)
    if given is not None:
        return evaluate(tracer.project, made.scope, given, made.call.lineno)
    hidden = any(keyword.arg is None for keyword in made.call.keywords)
    return UNKNOWN if hidden else default


def _static_url(folder: Literal, url: Literal) -> str | None:
    if isinstance(url, Unknown) or isinstance(folder, Unknown):
        return None
    return PurePath(str(folder)).name if url is None else str(url)


def _root(tracer: Tracer, made: Made, position: int | None) -> Path | None:
    """What Flask calls the root path; None when it is computed."""
    module = made.scope.module
    given = _value(tracer, made, "root_path", position, None)
    if given is not None:
        return None if isinstance(given, Unknown) else tracer.project.folder / str(given)
    named = _value(tracer, made, "import_name", 0 if position else 1, module.name)
    if isinstance(named, Unknown):
        return None
    if named in (module.name, "__main__"):
        return module.path.parent
    found = tracer.project.own(str(named), module)
    # A name that is no module: Flask takes the working directory.
    return found.path.parent if found is not None else tracer.project.folder


def _changed_later(module: Module) -> int:
    """The line that assigns `app.static_folder`, or 0."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in {"static_folder", "static_url_path"}:
                    return node.lineno
    return 0
