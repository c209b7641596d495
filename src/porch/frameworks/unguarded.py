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
    scope = candidate.module.scope
    if dotted_name(tracer.project, scope, call.func) in SERVES:
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "run":
        return False
    app = tracer.trace(scope, call.func.value)
    if app is None or app.framework not in HAS_RUN or not isinstance(app.node, ast.Call):
        return False
    # A class of the project's own may have another `run`.
    return dotted_name(tracer.project, app.scope, app.node.func) in tracer.known
