"""What opens WebSockets in a WSGI app."""

from __future__ import annotations

import pytest
from projects import Folder

from porch.frameworks.finding import Sockets

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
IO = f"{FLASK}from flask_socketio import SocketIO\n"
OPENING = [
    ("flask-sock", f"{FLASK}from flask_sock import Sock\nsock = Sock(app)\n", "flask-sock (app.py:4)", False),
    ("flask-sock", f"{FLASK}import flask_sock\nsock = flask_sock.Sock()\n", "flask-sock (app.py:4)", False),
    ("flask-socketio", f"{IO}io = SocketIO(app)\n", "Flask-SocketIO (app.py:4)", True),
    ("flask-socketio", f"{IO}io = SocketIO(app, async_mode='gevent')\n", "Flask-SocketIO (app.py:4)", True),
    ("flask-socketio", f"{IO}io = SocketIO(app, async_mode='threading')\n", "Flask-SocketIO (app.py:4)", False),
    (
        "flask-socketio",
        f"{IO}io = SocketIO()\nio.init_app(app, async_mode='threading')\n",
        "Flask-SocketIO (app.py:4)",
        False,
    ),
    (
        "simple-websocket",
        f"{FLASK}import simple_websocket\n@app.route('/echo')\ndef echo():\n    simple_websocket.Server.accept({{}})\n",
        "simple-websocket (app.py:6)",
        False,
    ),
]


@pytest.mark.parametrize(("package", "text", "said", "gevent"), OPENING)
def test_what_opens_websockets_is_found(folder: Folder, package: str, text: str, said: str, gevent: bool) -> None:
    """With its line, and whether it waits in gevent's way."""
    found = folder.write({"app.py": text, "requirements.txt": f"{package}\n"}).found()
    assert found.sockets == Sockets(said, gevent)


@pytest.mark.parametrize(
    "text",
    [
        f"{FLASK}from flask_sock import Sock\n",
        f"{FLASK}import simple_websocket\nsimple_websocket.Client('ws://x')\n",
        "import socketio\nserver = socketio.Server()\napp = socketio.ASGIApp(server)\n",
    ],
)
def test_what_opens_none_is_not(folder: Folder, text: str) -> None:
    """An import, a client, and an app of another interface, whose servers know WebSockets by themselves."""
    needed = "flask-sock\nsimple-websocket\npython-socketio\n"
    assert folder.write({"app.py": text, "requirements.txt": needed}).found().sockets == Sockets()
