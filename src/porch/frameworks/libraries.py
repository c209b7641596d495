"""Calls of libraries that change how an app is to be served, in the project and in the installed package of its app.

Rule: only a call counts, as such libraries are imported for their clients too; looked for only where one of them is
required or installed.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping

from porch.frameworks.follow import named_calls
from porch.frameworks.project import Project, module_file
from porch.frameworks.reading import Module
from porch.records import dataclass

PACKAGES: Mapping[str, str] = {
    "flask_sock": "flask-sock",
    "flask_socketio": "flask-socketio",
    "simple_websocket": "simple-websocket",
    "socketio": "python-socketio",
    "engineio": "python-engineio",
    "chainlit": "chainlit",
    "gradio": "gradio",
    "nicegui": "nicegui",
    "marimo": "marimo",
    "mcp": "mcp",
    "fastmcp": "fastmcp",
    "shiny": "shiny",
}
"""Module -> how it is required."""


@dataclass(frozen=True)
class LibraryCall:
    """One call in the files that name such a library."""

    name: str
    """What is called, `flask_sock.Sock`."""
    node: ast.Call
    place: str
    """`app.py:4`."""

    def said(self, keyword: str) -> object:
        """A constant that it is called with; None for none."""
        values = (each.value for each in self.node.keywords if each.arg == keyword)
        return next((value.value for value in values if isinstance(value, ast.Constant)), None)


def library_calls(project: Project, required: Container[str], made: Module) -> tuple[LibraryCall, ...]:
    """Every call in the files that name one of the libraries; `made`: where the app is made."""
    there = [module for module, package in PACKAGES.items() if package in required or _installed(project, module)]
    return tuple(
        LibraryCall(name, call, f"{project.shown(module.path)}:{call.lineno}")
        for each in (_read(project, made) if there else ())
        for module, call, name in named_calls(each, (word.encode() for word in there))
    )


def _read(project: Project, made: Module) -> Iterator[Project]:
    """The project, and the installed package that the app comes from."""
    yield project
    package = made.root / made.name.partition(".")[0]
    if not project.owns(made.path) and package.is_dir():
        yield Project.at(package, project.search_path)


def _installed(project: Project, module: str) -> bool:
    return any(module_file(root, module) is not None for root in project.roots)
