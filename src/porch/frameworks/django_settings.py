"""Which module Django's settings are.

Rule: what decides when the app runs decides here: the variable, then what the app's own gate (wsgi.py, asgi.py) says,
and only where that says nothing what manage.py or another file of the project does. None of them is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porch.frameworks.follow import definitions
from porch.frameworks.literals import Literal, evaluate
from porch.frameworks.project import SCRIPT
from porch.frameworks.reading import Binding, Module, Scope
from porch.frameworks.trace import Tracer
from porch.records import dataclass

VARIABLE = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True)
class Named:
    """What names the settings."""

    module: Literal
    """`shop.settings`; unknown where it is computed."""
    evidence: str


def manages(tracer: Tracer) -> list[Module]:
    """Every manage.py of Django, the shallowest first."""
    return [each for each in tracer.project.with_words(VARIABLE.encode()) if each.path.name == SCRIPT]


def own(tracer: Tracer, module: Module) -> Named | None:
    """What the file itself says, whatever the variable is."""
    node = _setdefault(module)
    if node is None:
        return None
    value = evaluate(tracer.project, module.scope, node.args[1] if isinstance(node, ast.Call) else node.value)
    return Named(value, tracer.project.evidence(module, node.lineno, VARIABLE))


def named(tracer: Tracer, module: Module) -> Named | None:
    """What counts where that file is run; an assignment in it is stronger than the variable, as in Django."""
    variable = tracer.project.environment.get(VARIABLE)
    if variable and not isinstance(_setdefault(module), ast.Assign):
        return Named(variable, f"${VARIABLE} {variable}")
    return own(tracer, module)


def settings(tracer: Tracer, module: Module) -> Module | None:
    """The settings of an app that is made in that file; those beside it, where their name is computed."""
    said = named(tracer, module)
    if said is not None and not isinstance(said.module, str):
        package = module.name.rpartition(".")[0]
        return tracer.project.own(f"{package}.settings" if package else "settings", module)
    name = said.module if said is not None else next(_elsewhere(tracer), None)
    return tracer.project.own(name, module) if isinstance(name, str) else None


def lookup(tracer: Tracer, module: Module, name: str) -> Iterator[tuple[Scope, Binding]]:
    """Where a setting is bound, in what these settings import too."""
    return definitions(tracer.project, module.scope, ast.Name(name))


def value(tracer: Tracer, module: Module, name: str) -> Literal:
    """What a setting is."""
    return evaluate(tracer.project, module.scope, ast.Name(name))


def _elsewhere(tracer: Tracer) -> Iterator[str]:
    for module in tracer.project.with_words(VARIABLE.encode()):
        said = own(tracer, module)
        if said is not None and isinstance(said.module, str):
            yield said.module


def _setdefault(module: Module) -> ast.Call | ast.Assign | None:
    """`os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...)` or the same as an assignment."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), _] as given):
                if name == VARIABLE and len(given) == 2:
                    return node
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))]) if name == VARIABLE:
                return node
            case _:
                pass
    return None
