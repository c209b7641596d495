"""FastAPI, Starlette and aiohttp projects.

Rule: one case a claim; relative static folders start at the project, which is the working directory.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from projects import Case, Folder

from porch.frameworks import Project, packaging

FASTAPI = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\napp = FastAPI()\n"
STARLETTE = """\
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
"""
AIOHTTP = "from aiohttp import web\napp = web.Application()\n"


REQUIRED = ("requirements.txt:1 fastapi",)


def _fastapi(claim: str, more: str, statics: dict[str, str], *notes: str) -> Case:
    files = {"main.py": FASTAPI + more, "assets/": "", "requirements.txt": "fastapi\n"}
    evidence = tuple(dict.fromkeys(("main.py:3 app = FastAPI()", *notes, *REQUIRED))) if notes else ()
    return Case(claim, files, "main:app", "asgi", "fastapi", evidence, statics)


def _starlette(claim: str, more: str, statics: dict[str, str]) -> Case:
    return Case(claim, {"app.py": STARLETTE + more, "assets/": ""}, "app:app", "asgi", "starlette", statics=statics)


def _aiohttp(claim: str, more: str, statics: dict[str, str]) -> Case:
    return Case(claim, {"app.py": AIOHTTP + more, "assets/": ""}, "app:app", "aiohttp", "aiohttp", statics=statics)


CASES = [
    _fastapi("FastAPI in main.py", "", {}),
    _fastapi("a mounted folder", "app.mount('/static', StaticFiles(directory='assets'))\n", {"/static/": "assets"}),
    _fastapi(
        "a mount through the router",
        "app.router.mount('/static', StaticFiles(directory='assets'))\n",
        {"/static/": "assets"},
    ),
    _fastapi(
        "files that are bound to a name first",
        "files = StaticFiles(directory='assets')\napp.mount('/static', files, name='static')\n",
        {"/static/": "assets"},
    ),
    _fastapi(
        "a mount in a function that is given the app",
        "def add(app):\n    app.mount('/static', StaticFiles(directory='assets'))\nadd(app)\n",
        {"/static/": "assets"},
    ),
    _fastapi(
        "a site at / is left to the app",
        "app.mount('/', StaticFiles(directory='assets', html=True))\n",
        {},
    ),
    _fastapi(
        "a subclass of StaticFiles may guard its files",
        "class GuardedStaticFiles(StaticFiles):\n    pass\n"
        "app.mount('/static', GuardedStaticFiles(directory='assets'))\n",
        {},
        "main.py:6 a subclass of StaticFiles is left to the app",
    ),
    _fastapi(
        "files of a package",
        "app.mount('/static', StaticFiles(packages=['bootstrap4']))\n",
        {},
        "main.py:4 files of installed packages are left to the app",
    ),
    _fastapi(
        "a folder that the environment decides",
        "import os\napp.mount('/static', StaticFiles(directory=os.environ['X']))\n",
        {},
        "main.py:5 static folder or its URL is computed; name it with --static URL=FOLDER",
    ),
    _fastapi(
        "a mounted app is not the whole, and its folders are found below it",
        "inner = FastAPI()\ninner.mount('/static', StaticFiles(directory='assets'))\napp.mount('/api', inner)\n",
        {"/api/static/": "assets"},
    ),
    _fastapi(
        "the folders of an app that is never mounted do not count",
        "other = FastAPI()\nother.mount('/static', StaticFiles(directory='assets'))\n",
        {},
        *REQUIRED,
    ),
    Case(
        "a Flask inside a FastAPI is not the whole",
        {
            "main.py": FASTAPI + "from api import app as old\nfrom a2wsgi import WSGIMiddleware\n"
            "app.mount('/old', WSGIMiddleware(old))\n",
            "api.py": "from flask import Flask\napp = Flask(__name__)\n",
        },
        "main:app",
        "asgi",
        "fastapi",
    ),
    Case(
        "FastAPI in a package with an app folder",
        {
            "app/__init__.py": "",
            "app/main.py": "from fastapi import FastAPI\nfrom .routers import items\napp = FastAPI()\n",
            "app/routers/__init__.py": "",
            "app/routers/items.py": "from fastapi import APIRouter\nrouter = APIRouter()\n",
        },
        "app.main:app",
        "asgi",
        "fastapi",
    ),
    Case(
        "Socket.IO around FastAPI",
        {
            "main.py": FASTAPI
            + "import socketio\nsio = socketio.AsyncServer()\napplication = socketio.ASGIApp(sio, app)\n"
        },
        "main:application",
        "asgi",
        "fastapi",
    ),
    _starlette("Starlette in app.py", "app = Starlette()\n", {}),
    _starlette(
        "a Mount among the routes",
        "app = Starlette(routes=[Mount('/static', app=StaticFiles(directory='assets'), name='static')])\n",
        {"/static/": "assets"},
    ),
    _starlette(
        "Mounts in Mounts add their prefixes",
        "routes = [Mount('/a', routes=[Mount('/static', StaticFiles(directory='assets'))])]\n"
        "app = Starlette(routes=routes)\n",
        {"/a/static/": "assets"},
    ),
    _starlette(
        "routes of a mounted app are below it",
        "inner = Starlette(routes=[Mount('/static', StaticFiles(directory='assets'))])\n"
        "app = Starlette(routes=[Mount('/in', app=inner)])\n",
        {"/in/static/": "assets"},
    ),
    Case(
        "a path from __file__ in another module",
        {
            "app.py": STARLETTE + "from settings import ASSETS\n"
            "app = Starlette(routes=[Mount('/static', StaticFiles(directory=ASSETS))])\n",
            "settings.py": "from pathlib import Path\nBASE = Path(__file__).parent\nASSETS = BASE / 'assets'\n",
            "assets/": "",
        },
        "app:app",
        "asgi",
        "starlette",
        statics={"/static/": "assets"},
    ),
    _aiohttp("aiohttp in app.py (article 003)", "app.add_routes([web.get('/', print)])\n", {}),
    _aiohttp("add_static", "app.router.add_static('/static/', path='assets')\n", {"/static/": "assets"}),
    _aiohttp("web.static among the routes", "app.add_routes([web.static('/s', 'assets')])\n", {"/s/": "assets"}),
    _aiohttp(
        "a route table",
        "routes = web.RouteTableDef()\nroutes.static('/s', 'assets')\napp.add_routes(routes)\n",
        {"/s/": "assets"},
    ),
    _aiohttp(
        "a subapp's folder is below its prefix",
        "inner = web.Application()\ninner.router.add_static('/s', 'assets')\napp.add_subapp('/in/', inner)\n",
        {"/in/s/": "assets"},
    ),
    Case(
        "an async factory",
        {
            "server.py": "from aiohttp import web\nasync def create_app():\n    app = web.Application()\n"
            "    return app\n"
        },
        "server:create_app()",
        "aiohttp",
        "aiohttp",
        ("server.py:2 async def create_app():", "server.py:3 app = web.Application()"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_the_case_holds(case: Case, holds: Callable[[Case], None]) -> None:
    """What the case claims is found."""
    holds(case)


def test_html_is_noted(folder: Folder) -> None:
    """That a folder is served with its index pages stands in its evidence."""
    folder.write({"main.py": FASTAPI + "app.mount('/docs2', StaticFiles(directory='d', html=True))\n", "d/": ""})
    (static,) = folder.found().statics
    assert static.evidence.endswith("(html=True)")


def test_the_entrypoint_of_fastapis_own_command_is_the_app(folder: Folder) -> None:
    """It tells which of several is meant; a target that the user types stands above it, and a wrong one is refused."""
    apps = "from fastapi import FastAPI\nservice = FastAPI()\nadmin = FastAPI()\n"
    said = '[tool.fastapi]\nentrypoint = "shop.api:service"\n'
    folder.write({"src/shop/__init__.py": "", "src/shop/api.py": apps, "pyproject.toml": said})
    assert folder.found().target == "shop.api:service"
    assert folder.found("shop.api:admin").target == "shop.api:admin"
    folder.write({"pyproject.toml": said.replace("service", "servic")})
    assert "service" in folder.refused().fix


@pytest.mark.parametrize(
    "text", ['tool = "x"', "[tool]\nfastapi = 3", "[[tool.fastapi]]", "project = 3", "packages = 3", "["]
)
def test_a_pyproject_of_another_shape_says_nothing(text: str, folder: Folder) -> None:
    """What is meant for other programs is theirs to refuse."""
    files = {"app.py": FASTAPI, "static/x.css": "", "pyproject.toml": f"{text}\n"}
    assert folder.write(files).found().target == "app:app"
    assert packaging(Project.at(folder.path)).found == ()
