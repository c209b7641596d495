"""What keeps its clients' sessions in the process that began them: calls that an app makes, and a layer of channels'.

Rule: only a call counts, as these libraries are imported for their clients too; looked for only where one of them is
required or installed. Of channels, only where no settings of the project name a layer that processes share.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping

from porch.frameworks.follow import named_calls
from porch.frameworks.project import Project, module_file
from porch.frameworks.reading import Module

KEEP: Mapping[str, str] = {
    "flask_socketio.SocketIO": "Socket.IO",
    "socketio.AsyncServer": "Socket.IO",
    "socketio.Server": "Socket.IO",
    "engineio.AsyncServer": "Engine.IO",
    "engineio.Server": "Engine.IO",
    "gradio.mount_gradio_app": "gradio",
    "nicegui.ui.run_with": "nicegui",
    "marimo.create_asgi_app": "marimo",
    "mcp.server.fastmcp.FastMCP": "MCP",
    "mcp.server.FastMCP": "MCP",
    "fastmcp.FastMCP": "MCP",
    "shiny.App": "Shiny",
    "shiny.express.wrap_express_app": "Shiny",
}
"""What is called -> whose sessions it keeps. A request of a client that reaches another process is refused
(python-socketio's page on deployment); each of its clients holds one request open, or a WebSocket."""
PACKAGES: Mapping[str, str] = {
    "flask_socketio": "flask-socketio",
    "socketio": "python-socketio",
    "engineio": "python-engineio",
    "gradio": "gradio",
    "nicegui": "nicegui",
    "marimo": "marimo",
    "mcp": "mcp",
    "fastmcp": "fastmcp",
    "shiny": "shiny",
}
"""Module -> how it is required."""
STATELESS = "stateless_http"
LAYERS = "CHANNEL_LAYERS"
LAYER = "channels.layers.InMemoryChannelLayer"


def sessions(project: Project, required: Container[str], interface: str | None, made: Module) -> str:
    """`Socket.IO (app.py:3)`: what keeps sessions, and where it is made; empty for nothing; `made`: of the app."""
    return _called(project, required, made) or (_layer(project) if interface == "asgi" else "")


def _called(project: Project, required: Container[str], made: Module) -> str:
    there = [module for module, package in PACKAGES.items() if package in required or _installed(project, module)]
    for each in _read(project, made) if there else ():
        for module, call, name in named_calls(each, (word.encode() for word in there)):
            if name in KEEP and not _shares(call):
                return f"{KEEP[name]} ({project.shown(module.path)}:{call.lineno})"
    return ""


def _read(project: Project, made: Module) -> Iterator[Project]:
    """The project, and the installed package that the app comes from."""
    yield project
    package = made.root / made.name.partition(".")[0]
    if not project.owns(made.path) and package.is_dir():
        yield Project.at(package, project.search_path)


def _shares(call: ast.Call) -> bool:
    """An MCP server may be told to keep none."""
    return any(
        each.arg == STATELESS and isinstance(each.value, ast.Constant) and each.value.value for each in call.keywords
    )


def _layer(project: Project) -> str:
    """Of channels, whose messages between consumers stay in the process with a layer in memory."""
    found = [(module, value) for module in project.with_words(LAYERS.encode()) for value in _layers(module)]
    if not found or not all(_in_memory(value) for _, value in found):
        return ""
    module, value = found[0]
    return f"channels' {LAYER.rpartition('.')[2]} ({project.shown(module.path)}:{value.lineno})"


def _layers(module: Module) -> Iterator[ast.expr]:
    """What the settings of that name are."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == LAYERS:
                yield value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == LAYERS:
                yield value
            case _:
                pass


def _in_memory(value: ast.expr) -> bool:
    return any(isinstance(each, ast.Constant) and each.value == LAYER for each in ast.walk(value))


def _installed(project: Project, module: str) -> bool:
    return any(module_file(root, module) is not None for root in project.roots)
