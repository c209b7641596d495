"""Starlette, and how it mounts static folders; FastAPI mounts them the same way.

Rule: only a plain `StaticFiles` is taken over by nginx: a subclass of it may ask who is calling.
"""

from __future__ import annotations

import ast

from porch.frameworks.follow import definitions, dotted_name
from porch.frameworks.framework import Called
from porch.frameworks.literals import argument
from porch.frameworks.mounted import Route, Routes, Written
from porch.frameworks.reading import Scope
from porch.frameworks.trace import Made, Tracer

CLASSES = ("starlette.applications.Starlette",)
STATIC_FILES = frozenset({"starlette.staticfiles.StaticFiles", "fastapi.staticfiles.StaticFiles"})
MOUNTS = {"starlette.routing.Mount": 0, "fastapi.routing.Mount": 0}


def _read(written: Written) -> Route | None:
    call = written.call
    method = call.func if isinstance(call.func, ast.Attribute) and call.func.attr == "mount" else None
    if method is None and written.name not in MOUNTS:
        return None
    receiver = None if method is None else method.value
    # `app.router.mount` and `app.mount` are one.
    if isinstance(receiver, ast.Attribute) and receiver.attr == "router":
        receiver = receiver.value
    url, given = argument(call, "path", 0), argument(call, "app", 1)
    if given is None:
        return None
    found = _made(written.tracer, written.scope, given)
    if found is None:
        return Route(url, sub=given, receiver=receiver)
    name, made = found
    if name not in STATIC_FILES:
        return Route(url, receiver=receiver, refused="a subclass of StaticFiles is left to the app")
    if argument(made, "packages") is not None:
        return Route(url, receiver=receiver, refused="files of installed packages are left to the app")
    html = argument(made, "html")
    note = "html=True" if isinstance(html, ast.Constant) and html.value is True else ""
    return Route(url, folder=argument(made, "directory", 0), receiver=receiver, note=note)


def _made(tracer: Tracer, scope: Scope, node: ast.expr) -> tuple[str, ast.Call] | None:
    """The `StaticFiles(...)` that an expression stands for, with the name of the class."""
    calls: list[tuple[Scope, ast.expr]] = [(scope, node)]
    if not isinstance(node, ast.Call):
        found = definitions(tracer.project, scope, node)
        calls = [(where, binding.value) for where, binding in found if isinstance(binding.value, ast.expr)]
    for where, call in calls:
        if isinstance(call, ast.Call):
            name = dotted_name(tracer.project, where, call.func)
            if name in STATIC_FILES or name.endswith("StaticFiles"):
                return name, call
    return None


MOUNTED = Routes((b"StaticFiles", b".mount("), _read, MOUNTS)


STARLETTE = Called(
    name="starlette",
    packages=("starlette",),
    words=(b"Starlette",),
    makes=dict.fromkeys(CLASSES, Made("asgi")),
    read_statics=MOUNTED.statics,
)
