"""What the wrapper makes of real apps and of broken ones, in a process of its own as porch runs it.

Rule: a user's mistake gets one sentence, a next step, and no traceback but the app's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from serving import KINDS, NGINX, Kind, Running, until
from websockets.sync.client import unix_connect

from porch import worker

Inspect = Callable[..., dict[str, Any]]

GUNICORN = Kind("gunicorn", "wsgi", "gthread", workers=1)
GRANIAN = Kind("granian", "asgi", workers=1)


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """Ask what a target is, in a project of the files given."""

    def ask(target: str, files: Mapping[str, str], interface: str = "", mount: str = "") -> dict[str, Any]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        told = {"target": target, "interface": interface, "mount": mount, "folder": str(tmp_path), "report": ""}
        done = subprocess.run(
            (sys.executable, "-m", "porch_worker.inspect"),
            env=os.environ | {"PYTHONPATH": worker.PATH, "PYTHONSAFEPATH": "1", "PORCH_WORKER": json.dumps(told)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert len(done.stdout.splitlines()) == 1, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if answer["ok"] else 3)
        assert "Traceback" not in done.stderr
        return answer

    return ask


@dataclass(frozen=True)
class Broken:
    """A project that cannot be loaded, and what is said of it."""

    name: str
    files: Mapping[str, str]
    what: str
    fix: str
    target: str = "shop:app"
    lines: tuple[str, ...] = ()
    """What the traceback names: empty for no traceback."""


BROKEN = (
    Broken("no module", {}, 'there is no module "shop"', "MODULE:ATTRIBUTE"),
    Broken("near module", {"shops.py": ""}, 'there is no module "shop"', 'did you mean "shops"?'),
    Broken(
        "missing dependency",
        {"shop.py": "import nonesuch_library.part\n"},
        'needs the module "nonesuch_library", which is not installed',
        "-m pip install nonesuch_library",
        lines=('shop.py", line 1',),
    ),
    Broken(
        "syntax",
        {"shop.py": "import views\n", "views.py": "def page(:\n    pass\n"},
        "views.py:1 is not valid Python",
        "views.py:1",
        lines=('shop.py", line 1', 'views.py", line 1'),
    ),
    Broken(
        "raises",
        {"shop.py": "def secret():\n    raise ValueError('no key')\n\nsecret()\n"},
        "raised ValueError: no key, when it was imported",
        "correct the app",
        lines=('shop.py", line 4', 'shop.py", line 2'),
    ),
    Broken(
        "raises in a library",
        {
            "shop.py": "import sys\nsys.path.append('site-packages')\nimport library\nlibrary.connect()\n",
            "site-packages/library.py": "def connect():\n    raise OSError('no database')\n",
        },
        "shop.py:4)",
        "correct the app",
        lines=('shop.py", line 4', 'library.py", line 2'),
    ),
    Broken(
        "raises from another",
        {"shop.py": "try:\n    {}['a']\nexcept KeyError as e:\n    raise RuntimeError('no a') from e\n"},
        "raised RuntimeError: no a",
        "correct the app",
        lines=('shop.py", line 2', 'shop.py", line 4'),
    ),
    Broken(
        "ends the process",
        {"shop.py": "import sys\nsys.exit(4)\n"},
        "ended the process with exit code 4",
        '__name__ == "__main__"',
        lines=('shop.py", line 2',),
    ),
    Broken(
        "a library ends the process",
        {
            "shop.py": "import sys\nsys.path.append('site-packages')\nimport library\n",
            "site-packages/library.py": "import sys\nsys.exit(1)\n",
        },
        "shop.py:3)",
        "site-packages/library.py ended it: the lines above say why",
        lines=('shop.py", line 3', 'library.py", line 2'),
    ),
    Broken(
        "a library ends the process that is asked to",
        {
            "shop.py": "import sys\nsys.path.append('site-packages')\nimport library\nlibrary.main()\n",
            "site-packages/library.py": "def main():\n    raise SystemExit(2)\n",
        },
        "ended the process with exit code 2",
        "the lines above say why; a line that reads the command line or runs a server goes under: if __name__",
        lines=('shop.py", line 4', 'library.py", line 2'),
    ),
    Broken(
        "a module beside the app's in a package",
        {"back/__init__.py": "", "back/shop.py": "import helper_of_mine\n", "back/helper_of_mine.py": ""},
        'needs the module "helper_of_mine"',
        'run the app from the folder that "back.helper_of_mine" lies in, if that is meant; else install',
        target="back.shop:app",
        lines=('shop.py", line 1',),
    ),
    Broken(
        "misspelt attribute",
        {"shop.py": "def application(environ, start_response): ...\n"},
        'has no "aplication"',
        'did you mean "shop:application"?',
        target="shop:aplication",
    ),
    Broken(
        "app of another name",
        {"shop.py": "from flask import Flask\nweb = Flask(__name__)\n"},
        'has no "app"',
        'seems to be "shop:web"',
    ),
    Broken("not callable", {"shop.py": "app = 3\n"}, "is an int, which no server can call", "MODULE:ATTRIBUTE"),
    Broken(
        "a factory that forgets its return",
        {
            "shop.py": "import made\napp = made.create_app()\n",
            "made.py": "def create_app():\n    app = 1\n    def index():\n        return app\n",
        },
        "shop:app is None: create_app (",
        "end that function with a return of the app",
    ),
    Broken(
        "a factory that is called and forgets its return",
        {"shop.py": "def app():\n    return\n"},
        "shop.py:1) returns nothing",
        "end that function with a return of the app",
        target="shop:app()",
    ),
    Broken(
        "none that a function gives",
        {"shop.py": "def create_app():\n    return {}.get(1)\napp = create_app()\n"},
        "shop:app is None",
        "MODULE:ATTRIBUTE",
    ),
    Broken("none", {"shop.py": "def made(): ...\napp = made()\napp = None\n"}, "shop:app is None", "MODULE:ATTRIBUTE"),
    Broken("a module", {"shop.py": "import json as app\n"}, "is a module", "MODULE:ATTRIBUTE"),
    Broken("a class", {"shop.py": "class app:\n    def __init__(self, name): ...\n"}, "is a class", "MODULE:ATTRIBUTE"),
    Broken("a factory", {"shop.py": "def app(config=None): ...\n"}, "a factory, no app", "shop:app()"),
    Broken(
        "a factory that raises",
        {"shop.py": "def app():\n    raise OSError('no database')\n"},
        "the factory shop:app() raised OSError: no database",
        "correct the app",
        target="shop:app()",
        lines=('shop.py", line 2',),
    ),
    Broken(
        "brackets after an app",
        {"shop.py": "app = object()\n"},
        "shop:app() cannot be called: it is an object",
        "shop:app",
        target="shop:app()",
    ),
    Broken(
        "a dependency whose package has another name",
        {"shop.py": "raise ModuleNotFoundError('as if it were missing', name='cv2')\n"},
        'needs the module "cv2", which is not installed',
        "-m pip install opencv-python-headless",
        lines=('shop.py", line 1',),
    ),
    Broken(
        "a factory that needs words",
        {"shop.py": "def app(service): ..."},
        "shop:app is called with 1 argument, a WSGI app with 2 and an ASGI app with 3",
        "call it in a module of your own, app = app(...)",
    ),
    Broken(
        "cannot be told",
        {"shop.py": "def app(*words): ...\n"},
        "of a kind that cannot be told",
        "app.interface",
    ),
)


READS_URLS = """\
from django.conf import settings
from django.core.wsgi import get_wsgi_application
settings.configure(ROOT_URLCONF="urls")
app = get_wsgi_application()
"""
"""Its URLs are read at the first request, if nobody asks for them before."""
URLS = [
    ("urls.py", "urlpatterns = [nothing]\n", "the URLs of shop:app raised NameError", "correct the app"),
    ("urls.py", "urlpatterns = = []\n", "urls.py:1 is not valid Python", "urls.py:1"),
    ("url.py", "urlpatterns = []\n", 'the module "urls", which is not', "install"),
    (
        "urls.py",
        "raise ModuleNotFoundError('get the extra')\n",
        "ModuleNotFoundError: get the extra",
        "correct the app",
    ),
]


@pytest.mark.parametrize(("name", "text", "what", "fix"), URLS)
def test_djangos_urls_are_part_of_it(name: str, text: str, what: str, fix: str, inspect: Inspect) -> None:
    """Or a release in which they are broken would take over from one that works."""
    answer = inspect("shop:app", {"shop.py": READS_URLS, name: text})
    assert not answer["ok"]
    assert what in answer["what"]
    assert fix in answer["fix"]
    assert "concurrent" not in answer["traceback"]


def test_django_keeps_the_prefix_in_what_its_urls_ask_for(inspect: Inspect) -> None:
    """It fixes such settings at their first use, which is now before the first request; without URLs none are read."""
    said = READS_URLS.replace('"urls"', '"urls", STATIC_URL="static/"')
    told = "from django.conf import settings\nassert settings.STATIC_URL == '/app/static/'\nurlpatterns = []\n"
    assert inspect("shop:app", {"shop.py": said, "urls.py": told}, mount="/app")["ok"]
    assert inspect("shop:app", {"shop.py": READS_URLS.replace('ROOT_URLCONF="urls"', "")})["ok"]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_mistake_gets_its_sentence_and_its_next_step(broken: Broken, inspect: Inspect) -> None:
    """Each way in which an app cannot be loaded is named, with what to do and the app's own lines alone."""
    answer = inspect(broken.target, broken.files)
    assert not answer["ok"]
    assert broken.what in answer["what"]
    assert broken.fix in answer["fix"]
    shown = [line for line in answer["traceback"].splitlines() if line.startswith('  File "')]
    assert [line.rpartition("/")[2].partition(", in")[0] for line in shown] == list(broken.lines)


FLASK = """
from flask import Blueprint, Flask
app = Flask(__name__)
admin = Blueprint("admin", __name__, static_folder="assets", url_prefix="/admin")
app.register_blueprint(admin)
"""

STARLETTE = """
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
class Guarded(StaticFiles): pass
app = Starlette(routes=[
    Mount("/inner", routes=[Mount("/files", StaticFiles(directory="static"))]),
    Mount("/guarded", Guarded(directory="assets")),
    Mount("/", StaticFiles(directory="assets", html=True)),
])
"""

FASTAPI = """
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
app = FastAPI()
app.mount("/static", StaticFiles(directory="static"))
"""

AIOHTTP = """
from aiohttp import web
async def app():
    inner, outer = web.Application(), web.Application()
    inner.router.add_static("/files", "assets")
    outer.router.add_static("/static/", "static")
    outer.add_subapp("/inner", inner)
    return outer
"""

DJANGO = """
from django.conf import settings
settings.configure(STATIC_URL="static/", STATIC_ROOT={folder!r} + "/static", MEDIA_URL="/media/",
                   MEDIA_ROOT={folder!r} + "/assets", SECRET_KEY="x", ROOT_URLCONF="shop")
urlpatterns = []
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""

FOLDERS = {"static/a.css": "", "assets/b.css": ""}


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (FLASK, ("wsgi", "flask"), [("/api/admin/assets/", "assets"), ("/api/static/", "static")]),
        (STARLETTE, ("asgi", "starlette"), [("/api/inner/files/", "static")]),
        (FASTAPI, ("asgi", "fastapi"), [("/api/static/", "static")]),
        (AIOHTTP, ("aiohttp", "aiohttp"), [("/api/inner/files/", "assets"), ("/api/static/", "static")]),
        (DJANGO, ("wsgi", "django"), [("/api/static/", "static")]),
    ],
    ids=["flask", "starlette", "fastapi", "aiohttp", "django"],
)
def test_app_is_known_with_its_static_folders(
    text: str, kind: tuple[str, str], found: list[tuple[str, str]], inspect: Inspect, tmp_path: Path
) -> None:
    """Interface, framework and static folders are read from the app itself; guarded folders are left to it."""
    answer = inspect("shop:app", {"shop.py": text.replace("{folder!r}", repr(str(tmp_path)))} | FOLDERS, mount="/api")
    assert (answer["interface"], answer["framework"]) == kind
    assert answer["static"] == [[url, f"{tmp_path}/{folder}/"] for url, folder in found]


@pytest.mark.parametrize(
    ("target", "interface", "framework"),
    [("bin:app", "wsgi", "flask"), ("pages:site", "asgi", ""), ("wrapped:app", "wsgi", "flask")],
)
def test_apps_that_no_one_here_wrote_are_known(target: str, interface: str, framework: str, inspect: Inspect) -> None:
    """httpbin, datasette, and an app inside middleware are told apart."""
    files = {
        "bin.py": "from httpbin import app\n",
        "pages.py": "from datasette.app import Datasette\nsite = Datasette(memory=True).app()\n",
        "wrapped.py": "from werkzeug.middleware.proxy_fix import ProxyFix\nfrom flask import Flask\n"
        "app = ProxyFix(Flask(__name__))\n",
    }
    answer = inspect(target, files)
    assert (answer["ok"], answer["interface"], answer["framework"]) == (True, interface, framework)


def test_app_that_prints_and_starts_threads_does_not_disturb(inspect: Inspect) -> None:
    """The one line of the answer stands alone, and a thread that never ends does not hold it up."""
    text = "import threading, time\nprint('{\"ok\": false}')\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    answer = inspect("shop:app", {"shop.py": text + "def app(environ, start_response): ...\n"})
    assert answer["interface"] == "wsgi"


def test_app_finds_the_environment_as_the_user_left_it() -> None:
    """Neither the app nor its subprocesses see what porch put into the environment."""
    text = (
        "import json, os\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [json.dumps({name: os.environ.get(name) for name in "
        "('PYTHONPATH', 'PORCH_WORKER', 'PYTHONSAFEPATH')}).encode()]\n"
    )
    with Running(GUNICORN, {"app.py": text}) as running:
        told = running.wait_ready().ask("/").told()
    assert told == {"PYTHONPATH": None, "PORCH_WORKER": None, "PYTHONSAFEPATH": None}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.interface == "wsgi"], ids=str)
def test_log_record_has_the_id_of_its_request(kind: Kind) -> None:
    """A record that the app writes while it answers carries nginx's request id."""
    text = (
        "import logging\n"
        "logging.basicConfig(format='%(request_id)s said %(message)s')\n"
        "def app(environ, start_response):\n"
        "    logging.warning('hello')\n"
        "    start_response('200 OK', [])\n"
        "    return [b'']\n"
    )
    with Running(kind, {"app.py": text}) as running:
        running.wait_ready().ask("/", NGINX | {"X-Request-ID": "r-77"})
        assert "r-77 said hello" in running.log()


def test_client_cannot_name_a_user_or_a_prefix() -> None:
    """Headers that frameworks would believe do not reach the app."""
    text = (
        "import json\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    names = ('REMOTE_USER', 'HTTP_REMOTE_USER', 'HTTP_PROXY', 'HTTP_X_FORWARDED_PREFIX', 'REMOTE_PORT')\n"
        "    return [json.dumps([name for name in names if name in environ]).encode()]\n"
    )
    forged = {"Remote-User": "root", "Proxy": "http://evil", "X-Forwarded-Prefix": "/evil"}
    with Running(GUNICORN, {"app.py": text}) as running:
        assert json.loads(running.wait_ready().ask("/", NGINX | forged).body) == []


URLS = {
    "flask": (
        GUNICORN,
        "from flask import Flask, url_for\napp = Flask(__name__)\n"
        "@app.route('/page')\ndef page(): return url_for('page', _external=True)\n",
    ),
    "starlette": (
        GRANIAN,
        "from starlette.applications import Starlette\nfrom starlette.responses import PlainTextResponse\n"
        "from starlette.routing import Route\n"
        "async def page(request): return PlainTextResponse(str(request.url_for('page')))\n"
        "app = Starlette(routes=[Route('/page', page, name='page')])\n",
    ),
    "django-wsgi": (
        GUNICORN,
        "from django.conf import settings\n"
        "settings.configure(ALLOWED_HOSTS=['*'], SECRET_KEY='x', ROOT_URLCONF='app')\n"
        "from django.core.wsgi import get_wsgi_application\nfrom django.http import HttpResponse\n"
        "from django.urls import path, reverse\n"
        "def page(request): return HttpResponse(request.build_absolute_uri(reverse('page')))\n"
        "urlpatterns = [path('page', page, name='page')]\napp = get_wsgi_application()\n",
    ),
    "django-asgi": (
        GRANIAN,
        "from django.conf import settings\n"
        "settings.configure(ALLOWED_HOSTS=['*'], SECRET_KEY='x', ROOT_URLCONF='app')\n"
        "from django.core.asgi import get_asgi_application\nfrom django.http import HttpResponse\n"
        "from django.urls import path, reverse\n"
        "async def page(request): return HttpResponse(request.build_absolute_uri(reverse('page')))\n"
        "urlpatterns = [path('page', page, name='page')]\napp = get_asgi_application()\n",
    ),
}


@pytest.mark.parametrize("name", URLS)
def test_framework_makes_urls_that_the_client_can_follow(name: str) -> None:
    """A full URL made by the framework has the client's scheme, host and port, and the mount."""
    kind, text = URLS[name]
    with Running(kind, {"app.py": text}, overrides={"app__mount": "/api"}) as running:
        answer = running.wait_ready().ask("/api/page")
    assert (answer.status, answer.body) == (200, b"https://shop.example.org:8443/api/page")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.interface == "asgi"], ids=str)
def test_websocket_sees_client_and_mount(kind: Kind) -> None:
    """A WebSocket's scope is as true as a request's, and one outside the mount is refused."""
    text = (
        "import json\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'websocket':\n"
        "        await receive()\n"
        "        await send({'type': 'websocket.accept'})\n"
        "        told = [scope['client'][0], scope['scheme'], scope['root_path'], scope['path']]\n"
        "        await send({'type': 'websocket.send', 'text': json.dumps(told)})\n"
        "        await receive()\n"
    )
    headers = {name: value for name, value in NGINX.items() if name != "Host"}
    with Running(kind, {"app.py": text}, overrides={"app__mount": "/api"}) as running:
        path = running.wait_ready().plan.run.socket
        with unix_connect(path, "ws://shop.example.org/api/talk", additional_headers=headers) as talk:
            assert json.loads(talk.recv(10)) == ["203.0.113.7", "wss", "/api", "/api/talk"]
        with pytest.raises(Exception, match=r"403|404"), unix_connect(path, "ws://shop.example.org/talk"):
            pass


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.interface == "asgi"], ids=str)
def test_failed_lifespan_is_reported(kind: Kind) -> None:
    """An app that raises when it starts is reported with its own traceback, and ends the server."""
    text = (
        "from contextlib import asynccontextmanager\nfrom starlette.applications import Starlette\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    raise RuntimeError('no database')\n    yield\n"
        "app = Starlette(lifespan=lifespan)\n"
    )
    with Running(kind, {"app.py": text}) as running:
        until(running.reported, "the report")
        running.wait_end()
        report = running.report()
    assert "lifespan startup" in report["what"]
    assert "RuntimeError: no database" in report["traceback"]


def test_aiohttp_factory_that_raises_is_reported() -> None:
    """A factory that is awaited in the worker's loop fails as clearly as an import."""
    text = "async def app():\n    raise OSError('no database')\n"
    with Running(Kind("gunicorn", "aiohttp", "aiohttp"), {"app.py": text}) as running:
        until(running.reported, "the report")
        running.wait_end()
        assert "the factory app:app raised OSError: no database" in running.report()["what"]


def test_aiohttp_app_with_its_own_middleware_and_a_body() -> None:
    """The user's middleware sees the true client, and a body is read once, whole."""
    text = (
        "from aiohttp import web\n"
        "@web.middleware\n"
        "async def stamp(request, handler):\n"
        "    response = await handler(request)\n"
        "    response.headers['X-Client'] = f'{request.scheme} {request.remote}'\n"
        "    return response\n"
        "async def page(request):\n    return web.Response(text=str(request.url))\n"
        "app = web.Application(middlewares=[stamp])\napp.add_routes([web.get('/', page)])\n"
    )
    with Running(Kind("gunicorn", "aiohttp", "aiohttp", workers=1), {"app.py": text}) as running:
        answer = running.wait_ready().ask("/")
    assert answer.headers["x-client"] == "https 203.0.113.7"
    assert answer.body == b"https://shop.example.org:8443/"
