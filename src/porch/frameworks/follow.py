"""From a name to what it stands for, through imports, re-exports and aliases.

Rule: only the project's own modules are followed (or those of the same installed package): a framework's source is
never read to learn what the framework is called.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from porch.frameworks.project import Project
from porch.frameworks.reading import Binding, Function, Imported, Module, Scope, calls, scopes

MOST_HOPS = 8


def definitions(
    project: Project, scope: Scope, node: ast.expr, before: int = 0, hops: int = 0
) -> Iterator[tuple[Scope, Binding]]:
    """What a name or `module.name` may be bound to, the likeliest first; followed as far as the project goes."""
    if hops > MOST_HOPS:
        return
    if isinstance(node, ast.Name):
        bound = scope.lookup(node.id, before)
        for where, binding in bound:
            yield from _through_import(project, where, binding, hops)
        if not bound:
            yield from _starred(project, scope, node.id, hops)
    elif isinstance(node, ast.Attribute):
        dotted = dotted_name(project, scope, node)
        yield from _dotted(project, scope, dotted, hops)


def dotted_name(  # noqa: PLR0911 - one a kind of binding
    project: Project, scope: Scope, node: ast.expr, hops: int = 0
) -> str:
    """The full name of a function or class, such as `flask.Flask`, whatever it is called here; empty without one."""
    if hops > MOST_HOPS:
        return ""
    if isinstance(node, ast.Attribute):
        base = dotted_name(project, scope, node.value, hops + 1)
        return f"{base}.{node.attr}" if base else ""
    if not isinstance(node, ast.Name):
        return ""
    for where, binding in definitions(project, scope, node, 0, hops + 1):
        match binding.value:
            case Imported():
                return binding.value.dotted
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return f"{where.module.name}.{binding.name}"
            case ast.Name() | ast.Attribute():
                return dotted_name(project, where, binding.value, hops + 1)
            case _:
                return ""
    strangers = [star for star in scope.module.stars if project.own(star, scope.module) is None]
    return f"{strangers[0]}.{node.id}" if strangers and not hasattr(builtins, node.id) else node.id


def named_calls(project: Project, words: Iterable[bytes]) -> Iterator[tuple[Module, ast.Call, str]]:
    """Every call in the files with one of these words, inside functions too, and the full name of what is called."""
    for module in project.with_words(*words):
        for scope, body in scopes(module):
            for call in calls(body):
                yield module, call, dotted_name(project, scope, call.func)


def definition(project: Project, scope: Scope, node: ast.expr) -> tuple[Scope, Function | ast.ClassDef] | None:
    """The function or class that a name stands for, when its source is the project's own."""
    for where, binding in definitions(project, scope, node):
        if isinstance(value := binding.value, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return where, value
    return None


def _through_import(project: Project, where: Scope, binding: Binding, hops: int) -> Iterator[tuple[Scope, Binding]]:
    if not isinstance(binding.value, Imported):
        yield where, binding
        return
    followed = False
    if binding.value.attribute:
        for found in _in_module(project, where, binding.value.module, binding.value.attribute, hops + 1):
            followed = True
            yield found
    if not followed:
        yield where, binding


def _in_module(project: Project, where: Scope, module: str, name: str, hops: int) -> Iterator[tuple[Scope, Binding]]:
    target = project.own(module, where.module)
    if target is None or target is where.module:
        return
    yield from definitions(project, target.scope, ast.Name(name), 0, hops)


def _starred(project: Project, scope: Scope, name: str, hops: int) -> Iterator[tuple[Scope, Binding]]:
    for star in scope.module.stars:
        yield from _in_module(project, scope, star, name, hops + 1)


def _dotted(project: Project, scope: Scope, dotted: str, hops: int) -> Iterator[tuple[Scope, Binding]]:
    module, _, name = dotted.rpartition(".")
    if module:
        yield from _in_module(project, scope, module, name, hops + 1)
