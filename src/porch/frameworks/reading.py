"""One Python file as names and what is bound to them.

Rule: reading runs nothing. A name keeps all its bindings in the order of the lines, because which branch of an `if`
or `try` is taken is not known here, and because `app = ProxyFix(app)` needs the binding before its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from porch.records import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that comes from elsewhere: a module, or (`attribute`) something in it."""

    module: str
    attribute: str = ""

    @property
    def dotted(self) -> str:
        """Both as one name."""
        return f"{self.module}.{self.attribute}" if self.attribute else self.module


Value = ast.expr | Function | ast.ClassDef | Imported | None


@dataclass(frozen=True, slots=True)
class Binding:
    """One assignment, import or definition of a name."""

    name: str
    value: Value
    """None: bound to something that reading cannot follow, such as one part of an unpacked tuple."""
    line: int
    conditional: bool = False
    """In a branch that may not be taken."""


@dataclass(frozen=True)
class Module:
    """A parsed file; `name` is what `import` would call it."""

    name: str
    path: Path
    root: Path
    """Folder that `name` starts at."""
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """What a relative import starts from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def scope(self) -> Scope:
        """The names at module level."""
        return Scope(self, tuple(_bindings(self.tree.body, self)), None)

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """Modules whose names are all taken over, the last one first."""
        found = [
            _absolute(node, self)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        ]
        return tuple(reversed(found))

    def line(self, number: int) -> str:
        """The text of one line, from 1; stripped and cut to what fits in a message."""
        lines = self.text.splitlines()
        text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        return text if len(text) <= 90 else text[:87] + "..."


@dataclass(frozen=True)
class Scope:
    """The names of a module, or of one function in it."""

    module: Module
    bindings: tuple[Binding, ...]
    parent: Scope | None

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Binding, ...]]:
        table: dict[str, tuple[Binding, ...]] = {}
        for binding in self.bindings:
            table[binding.name] = (*table.get(binding.name, ()), binding)
        return table

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, once, in the order of first binding."""
        return tuple(self._by_name)

    def own(self, name: str) -> tuple[Binding, ...]:
        """The bindings of a name here, without the module around a function."""
        return self._by_name.get(name, ())

    def lookup(self, name: str, before: int = 0) -> tuple[tuple[Scope, Binding], ...]:
        """Bindings that may hold when the line `before` (0: the end) is reached, the likeliest first."""
        found = [(self, binding) for binding in reversed(self.own(name)) if not before or binding.line < before]
        if found or self.parent is None:
            return tuple(found)
        return self.parent.lookup(name)


def inside(function: Function, around: Scope) -> Scope:
    """The names of a function's own body; its parameters are bound to nothing that can be read."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameters = [Binding(argument.arg, None, function.lineno) for argument in named]
    return Scope(around.module, (*parameters, *_bindings(function.body, around.module)), around)


def returned(function: Function) -> Iterator[ast.expr]:
    """What a function returns, the last `return` first."""
    returns = [node for node in _own_nodes(function.body) if isinstance(node, ast.Return)]
    for node in sorted(returns, key=lambda node: -node.lineno):
        if node.value is not None:
            yield node.value


def required(function: Function) -> tuple[str, ...]:
    """The parameters that a caller must give."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    needed = positional[: len(positional) - len(arguments.defaults)]
    keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return tuple(a.arg for a in (*needed, *(argument for argument, default in keyword if default is None)))


def calls(statements: Iterable[ast.stmt]) -> Iterator[ast.Call]:
    """Every call in these statements, without those in nested functions and classes."""
    return (node for node in _own_nodes(statements) if isinstance(node, ast.Call))


def scopes(module: Module) -> Iterator[tuple[Scope, list[ast.stmt]]]:
    """The module's own statements, then those of each function and method, each with its names."""
    yield module.scope, module.tree.body
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield inside(node, module.scope), node.body


def _own_nodes(statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (Function, ast.ClassDef, ast.Lambda)):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def _bindings(statements: Iterable[ast.stmt], module: Module) -> Iterator[Binding]:
    for statement in statements:
        match statement:
            case ast.Import() | ast.ImportFrom():
                yield from _imports(statement, module)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield Binding(statement.name, statement, statement.lineno)
            case ast.Assign():
                for target in statement.targets:
                    yield from _assigned(target, statement.value, statement.lineno)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value, statement.lineno)
            case ast.If() | ast.Try() | ast.For() | ast.While():
                for branch in _branches(statement):
                    yield from (replace(binding, conditional=True) for binding in _bindings(branch, module))
            case ast.With() | ast.AsyncWith():
                for item in statement.items:
                    if item.optional_vars is not None:
                        yield from _assigned(item.optional_vars, item.context_expr, statement.lineno)
                yield from _bindings(statement.body, module)
            case _:
                pass


def _branches(statement: ast.If | ast.Try | ast.For | ast.While) -> Iterator[list[ast.stmt]]:
    match statement:
        case ast.If():
            yield [] if _never_imported(statement.test) else statement.body
            yield statement.orelse
        case ast.Try():
            # What the handlers bind is the fallback: listed first, so that it is tried last.
            yield from (handler.body for handler in statement.handlers)
            yield [*statement.body, *statement.orelse, *statement.finalbody]
        case _:
            yield [*statement.body, *statement.orelse]


def _never_imported(test: ast.expr) -> bool:
    """Is this the condition of a block that an import of the file does not run?"""
    written = ast.unparse(test)
    return written.replace('"', "'") in ("__name__ == '__main__'", "'__main__' == __name__") or written.endswith(
        "TYPE_CHECKING"
    )


def _assigned(target: ast.expr, value: ast.expr, line: int) -> Iterator[Binding]:
    match target, value:
        case ast.Name(), _:
            yield Binding(target.id, value, line)
        case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
            for name, part in zip(names, values, strict=True):
                yield from _assigned(name, part, line)
        case ((ast.Tuple(elts=names) | ast.List(elts=names)), _):
            for name in names:
                if isinstance(name, ast.Name):
                    yield Binding(name.id, None, line)
        case _:
            pass


def _imports(statement: ast.Import | ast.ImportFrom, module: Module) -> Iterator[Binding]:
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            if alias.name != "*":
                origin = Imported(_absolute(statement, module), alias.name)
                yield Binding(alias.asname or alias.name, origin, statement.lineno)
        elif alias.asname:
            yield Binding(alias.asname, Imported(alias.name), statement.lineno)
        else:
            top = alias.name.partition(".")[0]
            yield Binding(top, Imported(top), statement.lineno)


def _absolute(statement: ast.ImportFrom, module: Module) -> str:
    if not statement.level:
        return statement.module or ""
    words = module.package.split(".") if module.package else []
    base = words[: len(words) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])
