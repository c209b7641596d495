"""A key of sessions that is made anew at each start of a process, as many first programs have it.

Rule: only a random value that is the key itself counts; one that stands in for a variable that is not set does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porch.frameworks.follow import dotted_name
from porch.frameworks.project import Project
from porch.frameworks.reading import Module

RANDOM = frozenset({"os.urandom", "secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe", "uuid.uuid4"})
KEYS = frozenset({"secret_key", "SECRET_KEY"})
"""What Flask, Django, Quart and Starlette's SessionMiddleware call it."""


def fleeting_key(project: Project) -> str:
    """`app.py:4`: where it is made; empty for nowhere."""
    for module in project.with_words(*(name.encode() for name in KEYS)):
        for value in _keys(module.tree):
            if _is_random(project, module, value):
                return f"{project.shown(module.path)}:{value.lineno}"
    return ""


def _keys(tree: ast.Module) -> Iterator[ast.expr]:
    """Values that a key is set to."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if any(_is_key(target) for target in targets):
                yield value
            case ast.keyword(arg=str(name), value=value) if name in KEYS:
                yield value
            case _:
                pass


def _is_key(target: ast.expr) -> bool:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=name)):
            return name in KEYS
        case _:
            return False


def _is_random(project: Project, module: Module, value: ast.expr) -> bool:
    """Also as text: `str(uuid4())`, `uuid4().hex`, `urandom(24).hex()`."""
    match value:
        case ast.Call(func=ast.Name() | ast.Attribute() as func) if dotted_name(project, module.scope, func) in RANDOM:
            return True
        case ast.Attribute(value=inner) | ast.Call(func=ast.Attribute(value=inner), args=[]):
            return _is_random(project, module, inner)
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_random(project, module, inner)
        case _:
            return False
