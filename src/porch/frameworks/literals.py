"""Values that are written in the code: strings, and paths put together from `__file__`.

Rule: a value is known when the same file gives it on every machine; anything that asks the environment is unknown,
and said so.
"""

from __future__ import annotations

import ast
import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from porch.frameworks.follow import definitions, dotted_name
from porch.frameworks.project import Project
from porch.frameworks.reading import Binding, Scope

DEEPEST = 20


class Unknown:
    """The value is not written in the code."""


UNKNOWN = Unknown()
Known = str | Path | int | None
Literal = Known | Unknown


Calculation = Callable[[list[str]], Known]
FUNCTIONS: Mapping[str, Calculation] = {
    "os.path.join": lambda given: os.path.join(*given),  # noqa: PTH118 - says what the user's own call says
    "os.path.dirname": lambda given: os.path.dirname(given[0]),  # noqa: PTH120 - as above
    "os.path.basename": lambda given: os.path.basename(given[0]),  # noqa: PTH119 - as above
    "os.path.abspath": lambda given: os.path.normpath(given[0]),
    "os.path.realpath": lambda given: os.path.normpath(given[0]),
    "os.path.normpath": lambda given: os.path.normpath(given[0]),
    "os.fspath": lambda given: given[0],
    "str": lambda given: given[0],
    "pathlib.Path": lambda given: Path(*given),
    "pathlib.PurePath": lambda given: Path(*given),
}
METHODS: Mapping[str, Calculation] = {
    "resolve": lambda given: Path(os.path.normpath(given[0])),
    "absolute": lambda given: Path(given[0]),
    "joinpath": lambda given: Path(*given),
    "with_name": lambda given: Path(given[0]).with_name(given[1]),
    "as_posix": lambda given: given[0],
    "rstrip": lambda given: given[0].rstrip(*given[1:]),
    "strip": lambda given: given[0].strip(*given[1:]),
}
HERE = frozenset({"os.getcwd", "pathlib.Path.cwd"})


def evaluate(project: Project, scope: Scope, node: ast.expr, before: int = 0, deep: int = 0) -> Literal:  # noqa: PLR0911 - one a kind of node
    """The value of an expression, or `UNKNOWN`."""

    def value(part: ast.expr) -> Literal:
        return evaluate(project, scope, part, before, deep + 1)

    if deep > DEEPEST:
        return UNKNOWN
    match node:
        case ast.Constant(value=(str() | int() | None) as constant):
            return constant
        case ast.Name(id="__file__"):
            return str(scope.module.path)
        case ast.Name(id="__name__"):
            return scope.module.name
        case ast.Name():
            return _named(project, scope, node, before, deep)
        case ast.Attribute():
            return _attribute(project, scope, node, before, deep)
        case ast.BinOp(left=left, op=ast.Div() | ast.Add(), right=right):
            return _combined(node.op, value(left), value(right))
        case ast.JoinedStr(values=parts):
            return _concatenated(
                [value(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts]
            )
        case ast.Subscript():
            return _item(node, value)
        case ast.Call():
            return _called(project, scope, node, value)
        case _:
            return UNKNOWN


def argument(node: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """What a call gives for a parameter; `**settings` and `*more` are not looked into."""
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is None or any(isinstance(given, ast.Starred) for given in node.args[: position + 1]):
        return None
    return node.args[position] if position < len(node.args) else None


def _named(project: Project, scope: Scope, node: ast.Name, before: int, deep: int) -> Literal:
    values: list[Literal] = []
    for where, binding in definitions(project, scope, node, before):
        values.append(_bound(project, where, binding, deep))
        if not binding.conditional:
            break
    # Branches that disagree leave the value open; what stood before an unconditional binding no longer counts.
    return values[0] if values and all(value == values[0] for value in values) else UNKNOWN


def _bound(project: Project, where: Scope, binding: Binding, deep: int) -> Literal:
    if not isinstance(binding.value, ast.expr):
        return UNKNOWN
    if binding not in project.values:
        # A value that leads back to itself is not known.
        project.values[binding] = UNKNOWN
        before = binding.line if where.parent is None else 0
        project.values[binding] = evaluate(project, where, binding.value, before, deep + 1)
    return cast("Literal", project.values[binding])


def _attribute(project: Project, scope: Scope, node: ast.Attribute, before: int, deep: int) -> Literal:
    base = evaluate(project, scope, node.value, before, deep + 1)
    if isinstance(base, Path) and node.attr in {"parent", "name", "stem"}:
        return base.parent if node.attr == "parent" else getattr(base, node.attr)
    for where, binding in definitions(project, scope, node, before):
        return _bound(project, where, binding, deep)
    return UNKNOWN


def _combined(operator: ast.operator, left: Literal, right: Literal) -> Literal:
    if isinstance(operator, ast.Div) and isinstance(left, Path) and isinstance(right, (str, Path)):
        return left / right
    if isinstance(operator, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return left + right
    return UNKNOWN


def _concatenated(parts: list[Literal]) -> Literal:
    return UNKNOWN if any(isinstance(part, Unknown) for part in parts) else "".join(str(part) for part in parts)


def _item(node: ast.Subscript, value: Callable[[ast.expr], Literal]) -> Literal:
    index = value(node.slice)
    match node.value:
        case ast.Attribute(attr="parents", value=base):
            path = value(base)
            if isinstance(path, Path) and isinstance(index, int) and 0 <= index < len(path.parents):
                return path.parents[index]
        case ast.Call(func=ast.Attribute(attr="split", value=base), args=[ast.Constant(value=str(mark))]):
            text = value(base)
            if isinstance(text, str) and index == 0 and mark:
                return text.split(mark)[0]
        case _:
            pass
    return UNKNOWN


def _called(project: Project, scope: Scope, node: ast.Call, value: Callable[[ast.expr], Literal]) -> Literal:
    dotted = dotted_name(project, scope, node.func)
    if dotted in HERE:
        return project.folder if dotted.startswith("pathlib") else str(project.folder)
    given = [value(part) for part in node.args]
    if any(isinstance(part, Unknown) for part in given):
        return UNKNOWN
    if dotted in FUNCTIONS:
        return _applied(FUNCTIONS[dotted], given)
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        base = value(node.func.value)
        if isinstance(base, (Path, str)):
            return _applied(METHODS[node.func.attr], [base, *given])
    return UNKNOWN


def _applied(function: Calculation, given: list[Literal]) -> Literal:
    try:
        return function([str(part) for part in given])
    except (IndexError, TypeError, ValueError):
        # The user's own call would fail the same way, with the user's own traceback.
        return UNKNOWN
