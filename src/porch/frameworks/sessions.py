"""Calls after which an app keeps its clients' sessions in the process that began them.

Rule: only a call counts, as these libraries are imported for their clients too; looked for only where one of them is
required or installed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from porch.frameworks.follow import named_calls
from porch.frameworks.project import Project, module_file

KEEP: Mapping[str, str] = {
    "flask_socketio.SocketIO": "Socket.IO",
    "socketio.AsyncServer": "Socket.IO",
    "socketio.Server": "Socket.IO",
    "engineio.AsyncServer": "Engine.IO",
    "engineio.Server": "Engine.IO",
    "gradio.mount_gradio_app": "gradio",
    "nicegui.ui.run_with": "nicegui",
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
    "shiny": "shiny",
}
"""Module -> how it is required."""


def sessions(project: Project, required: Container[str]) -> str:
    """`Socket.IO (app.py:3)`: what keeps sessions, and where it is made; empty for nothing."""
    there = [module for module, package in PACKAGES.items() if package in required or _installed(project, module)]
    if not there:
        return ""
    for module, call, name in named_calls(project, (each.encode() for each in there)):
        if name in KEEP:
            return f"{KEEP[name]} ({project.shown(module.path)}:{call.lineno})"
    return ""


def _installed(project: Project, module: str) -> bool:
    return any(module_file(root, module) is not None for root in project.roots)
