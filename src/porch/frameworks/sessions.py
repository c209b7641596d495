"""What keeps its clients' sessions in the process that began them: calls that an app makes, and a layer of channels'.

Rule: of a library a call counts, in the project and in the installed package of its app. Of channels, only where no
settings of the project name a layer that processes share.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from porch.frameworks.libraries import LibraryCall
from porch.frameworks.project import Project
from porch.frameworks.reading import Module

KEEP: Mapping[str, str] = {
    "flask_socketio.SocketIO": "Socket.IO",
    "socketio.AsyncServer": "Socket.IO",
    "socketio.Server": "Socket.IO",
    "engineio.AsyncServer": "Engine.IO",
    "engineio.Server": "Engine.IO",
    "chainlit.utils.mount_chainlit": "Chainlit",
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
STATELESS = "stateless_http"
LAYERS = "CHANNEL_LAYERS"
LAYER = "channels.layers.InMemoryChannelLayer"


def sessions(project: Project, calls: Iterable[LibraryCall], interface: str | None) -> str:
    """`Socket.IO (app.py:3)`: what keeps sessions, and where it is made; empty for nothing."""
    for call in calls:
        # An MCP server may be told to keep none.
        if call.name in KEEP and not call.said(STATELESS):
            return f"{KEEP[call.name]} ({call.place})"
    return _layer(project) if interface == "asgi" else ""


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
