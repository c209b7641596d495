"""What keeps its clients' sessions in one process."""

from __future__ import annotations

import pytest
from projects import GATE, Folder

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
KEEPING = [
    ("flask-socketio", f"{FLASK}from flask_socketio import SocketIO\nio = SocketIO(app)\n", "Socket.IO (app.py:4)"),
    (
        "python-socketio",
        "import socketio as sio\nserver = sio.AsyncServer()\napp = sio.ASGIApp(server)\n",
        "Socket.IO (app.py:2)",
    ),
    (
        "gradio",
        f"{FASTAPI}import gradio as gr\napp = gr.mount_gradio_app(app, gr.Blocks(), path='/')\n",
        "gradio (app.py:4)",
    ),
    ("shiny", "from shiny import App\napp = App(None, None)\n", "Shiny (app.py:2)"),
    (
        "mcp",
        "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('a')\napp = mcp.streamable_http_app()\n",
        "MCP (app.py:2)",
    ),
    (
        "chainlit",
        f"{FASTAPI}from chainlit.utils import mount_chainlit\nmount_chainlit(app=app, target='a.py', path='/a')\n",
        "Chainlit (app.py:4)",
    ),
    ("marimo", f"{FASTAPI}import marimo\napp.mount('/', marimo.create_asgi_app().build())\n", "marimo (app.py:4)"),
    ("nicegui", f"{FASTAPI}from nicegui import ui\nui.run_with(app)\n", "nicegui (app.py:4)"),
    ("nicegui", f"{FASTAPI}def start():\n    from nicegui import ui\n    ui.run_with(app)\n", "nicegui (app.py:5)"),
]


@pytest.mark.parametrize(("package", "text", "said"), KEEPING)
def test_what_keeps_sessions_is_found(folder: Folder, package: str, text: str, said: str) -> None:
    """The call that makes it is named, whatever it is called there."""
    assert folder.write({"app.py": text, "requirements.txt": f"{package}\n"}).found().sessions == said


def test_it_may_be_made_beside_the_app(folder: Folder) -> None:
    """Extensions often have a module of their own; and installed is as good as required."""
    beside = "import flask_socketio\nio = flask_socketio.SocketIO()\n"
    files = {"app.py": FLASK, "extensions.py": beside, "flask_socketio.py": "class SocketIO: ...\n"}
    assert folder.write(files).found().sessions == "Socket.IO (extensions.py:2)"


@pytest.mark.parametrize("target", ["board.web:app", None])
def test_it_may_be_made_in_the_installed_package_of_the_app(
    folder: Folder, target: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whether the app is named there, or imported from there."""
    site = Folder(tmp_path_factory.mktemp("site"))
    site.write({"board/__init__.py": "", "board/web.py": FLASK, "flask_socketio.py": "class SocketIO: ...\n"})
    site.write({"board/live.py": "from flask_socketio import SocketIO\nio = SocketIO()\n"})
    finding = folder.write({"wsgi.py": "from board.web import app\n"}).found(target, str(site.path))
    assert (finding.framework, finding.sessions) == ("flask", f"Socket.IO ({site.path}/board/live.py:2)")


@pytest.mark.parametrize(
    "text",
    [
        f"{FLASK}import socketio\nclient = socketio.Client()\n",
        f"{FLASK}from socketio import AsyncServer\n",
        f"{FLASK}from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('a', stateless_http=True)\n",
        f"{FLASK}class SocketIO: ...\nio = SocketIO()\n",
    ],
)
def test_a_client_keeps_none(folder: Folder, text: str) -> None:
    """Nor does what is only imported, or has the same name."""
    assert folder.write({"app.py": text, "requirements.txt": "python-socketio\nmcp\n"}).found().sessions == ""


MEMORY = 'CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}\n'
SHARED = 'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}\n'


@pytest.mark.parametrize(
    ("settings", "interface", "said"),
    [
        ({"shop/settings.py": MEMORY}, "asgi", "channels' InMemoryChannelLayer (shop/settings.py:1)"),
        ({"shop/settings.py": "import os\n" + MEMORY}, "asgi", "channels' InMemoryChannelLayer (shop/settings.py:2)"),
        (
            {"shop/settings.py": MEMORY.replace(" =", ": dict =")},
            "asgi",
            "channels' InMemoryChannelLayer (shop/settings.py:1)",
        ),
        ({"shop/settings.py": MEMORY}, "wsgi", ""),
        ({"shop/settings.py": SHARED}, "asgi", ""),
        ({"shop/settings.py": SHARED, "shop/local.py": MEMORY}, "asgi", ""),
        ({"shop/settings.py": f"# not {MEMORY}"}, "asgi", ""),
    ],
)
def test_a_layer_of_channels_in_memory_is_one_process(
    folder: Folder, settings: dict[str, str], interface: str, said: str
) -> None:
    """Only under ASGI, where consumers are, and only where no settings name one that processes share."""
    files = {f"shop/{interface}.py": GATE.format(interface), "shop/__init__.py": "", **settings}
    assert folder.write(files).found().sessions == said
