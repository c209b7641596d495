"""What opens WebSockets in a WSGI app: libraries that take the connection over from the server.

Rule: what is found is told with its line; an app without any is handed no handshake.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping

from porch.frameworks.finding import Sockets
from porch.frameworks.libraries import library_calls
from porch.frameworks.project import Project
from porch.frameworks.reading import Module

TAKE: Mapping[str, str] = {
    "flask_sock.Sock": "flask-sock",
    "flask_socketio.SocketIO": "Flask-SocketIO",
    "simple_websocket.Server": "simple-websocket",
    "simple_websocket.Server.accept": "simple-websocket",
    "socketio.Server": "python-socketio",
    "engineio.Server": "python-engineio",
}
PACKAGES: Mapping[str, str] = {
    "flask_sock": "flask-sock",
    "flask_socketio": "flask-socketio",
    "simple_websocket": "simple-websocket",
    "socketio": "python-socketio",
    "engineio": "python-engineio",
}
"""Module -> how it is required."""
ADAPTING = frozenset(("Flask-SocketIO", "python-socketio", "python-engineio"))
"""They wait in the way that `async_mode` says; without a word, in gevent's where gevent is installed."""
MODE = "async_mode"


def sockets(project: Project, required: Container[str], interface: str | None, made: Module) -> Sockets:
    """What opens them; servers of other interfaces know them by themselves. `made`: where the app is made."""
    calls = list(library_calls(project, required, made, PACKAGES)) if interface in ("wsgi", None) else []
    for module, call, name in calls:
        if name in TAKE:
            modes = {_mode(other) for _, other, _ in calls} - {""}
            adapts = TAKE[name] in ADAPTING and modes <= {"gevent"}
            return Sockets(f"{TAKE[name]} ({project.shown(module.path)}:{call.lineno})", adapts)
    return Sockets()


def _mode(call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == MODE and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return ""
