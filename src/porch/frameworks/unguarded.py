"""A line of the app's module that runs a server of its own when it is imported, which then never ends.

Rule: only what is certain: a statement of the module itself, that no condition guards, and a call that is known.
"""

from __future__ import annotations

import ast

from porch.errors import Exit, Problem, Refused
from porch.frameworks.follow import dotted_name
from porch.frameworks.framework import Candidate
from porch.frameworks.trace import Tracer

SERVES = frozenset({"aiohttp.web.run_app", "bottle.run", "uvicorn.run", "waitress.serve"})
"""Functions that run a server until it is stopped."""
HAS_RUN = frozenset({"bottle", "flask", "quart", "sanic"})
"""Frameworks whose apps do so with `app.run()`."""


def refuse(tracer: Tracer, candidate: Candidate) -> None:
    """Raise Refused where importing the app would serve it, and nothing else."""
    module = candidate.module
    for node in module.tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _serves(tracer, candidate, node.value):
            where = f"{tracer.project.shown(module.path)}:{node.lineno}"
            what = f"{candidate.target} would run a server of its own when it is imported"
            fix = 'put that line under: if __name__ == "__main__":'
            raise Refused(Problem(what, where, fix, Exit.APP, f"{tracer.project.evidence(module, node.lineno)}\n"))


def _serves(tracer: Tracer, candidate: Candidate, call: ast.Call) -> bool:
    module = candidate.module
    if dotted_name(tracer.project, module.scope, call.func) in SERVES:
        return True
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="run"):
            # Bound once, to a call of the framework's own class: what is made of the app may have another `run`.
            bound = [each.value for each in module.scope.own(name)]
            if len(bound) == 1 and isinstance(bound[0], ast.Call) and not _replaced(module.tree, name):
                made = tracer.known.get(dotted_name(tracer.project, module.scope, bound[0].func))
                return made is not None and made[0] in HAS_RUN
        case _:
            pass
    return False


def _replaced(tree: ast.Module, name: str) -> bool:
    """Whether the module gives it a `run` of its own."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and (node.attr, ast.unparse(node.value)) == ("run", name)
        for node in ast.walk(tree)
    )
