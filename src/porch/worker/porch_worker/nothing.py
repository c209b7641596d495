"""What made an app that is None: a function that forgets to return it.

Rule: only what the source says for certain is told.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from types import FunctionType
from typing import Any


def maker(target: str) -> str:
    """`create_app (shop/factory.py:3)`, where that is what the target comes from and it returns nothing; else empty."""
    name, _, attribute = target.partition(":")
    try:
        module: Any = sys.modules[name]
        dotted = attribute.removesuffix("()") if attribute.endswith("()") else _called(module, attribute)
        made_by: Any = module
        for word in dotted.split("."):
            made_by = getattr(made_by, word)
        if not isinstance(made_by, FunctionType) or _returns(made_by):
            return ""
    except (KeyError, AttributeError, OSError, SyntaxError, TypeError):
        return ""
    code = made_by.__code__
    return f"{made_by.__name__} ({code.co_filename}:{code.co_firstlineno})"


def _called(module: Any, name: str) -> str:
    """The function whose result a name of the module is bound to, `create_app` or `shop.create_app`."""
    bound = ""
    for node in ast.parse(inspect.getsource(module)).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                bound = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
            case _:
                pass
    return bound


def _returns(function: FunctionType) -> bool:
    """Whether any line of it returns something; functions within it have their own."""
    (top,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(top, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    waiting = list(ast.iter_child_nodes(top))
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None:
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return False
