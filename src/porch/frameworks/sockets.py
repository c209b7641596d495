"""What opens WebSockets in a WSGI app: libraries that take the connection over from the server.

Rule: what is found is told with its line; an app without any is handed no handshake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from porch.frameworks.finding import Sockets
from porch.frameworks.libraries import LibraryCall

TAKE: Mapping[str, str] = {
    "flask_sock.Sock": "flask-sock",
    "flask_socketio.SocketIO": "Flask-SocketIO",
    "simple_websocket.Server": "simple-websocket",
    "simple_websocket.Server.accept": "simple-websocket",
    "socketio.Server": "python-socketio",
    "engineio.Server": "python-engineio",
}
ADAPTING = frozenset(("Flask-SocketIO", "python-socketio", "python-engineio"))
"""They wait in the way that `async_mode` says; without a word, in gevent's where gevent is installed."""
MODE = "async_mode"


def sockets(calls: Sequence[LibraryCall], interface: str | None) -> Sockets:
    """What opens them; servers of other interfaces know them by themselves."""
    for call in calls if interface in ("wsgi", None) else ():
        if call.name in TAKE:
            modes = {mode for each in calls if isinstance(mode := each.said(MODE), str) and mode}
            return Sockets(f"{TAKE[call.name]} ({call.place})", TAKE[call.name] in ADAPTING and modes <= {"gevent"})
    return Sockets()
