"""Smaller frameworks, and callables of no framework.

Rule: one row a kind of app: the text of app.py, and what is to be found in it.
"""

from __future__ import annotations

import pytest
from projects import Folder

WSGI_FUNCTION = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n"
ASGI_FUNCTION = "async def app(scope, receive, send):\n    pass\n"
APPS = [
    ("bottle", "from bottle import Bottle\napp = Bottle()\n", "app:app", "wsgi", "bottle"),
    ("bottle's default app", "import bottle\napp = bottle.default_app()\n", "app:app", "wsgi", "bottle"),
    ("bottle by star", "from bottle import *\napplication = default_app()\n", "app:application", "wsgi", "bottle"),
    ("falcon", "import falcon\napp = falcon.App()\n", "app:app", "wsgi", "falcon"),
    ("falcon on ASGI", "import falcon.asgi\napp = falcon.asgi.App()\n", "app:app", "asgi", "falcon"),
    ("litestar", "from litestar import Litestar\napp = Litestar([])\n", "app:app", "asgi", "litestar"),
    (
        "pyramid's main with settings",
        "from pyramid.config import Configurator\ndef main():\n    with Configurator() as config:\n"
        "        return config.make_wsgi_app()\napp = main()\n",
        "app:app",
        "wsgi",
        "pyramid",
    ),
    ("dash, whose app is its server", "from dash import Dash\napp = Dash()\n", "app:app.server", "wsgi", "dash"),
    (
        "dash on a server of one's own",
        "from dash import Dash\nfrom flask import Flask\nserver = Flask('x')\napp = Dash('x', server=server)\n",
        "app:server",
        "wsgi",
        "flask",
    ),
    ("sanic", "from sanic import Sanic\nsite = Sanic('Shop')\n", "app:site", "asgi", "sanic"),
    (
        "sanic's factory",
        "from sanic import Sanic\ndef create_app():\n    app = Sanic('Shop')\n    return app\n",
        "app:create_app()",
        "asgi",
        "sanic",
    ),
    ("shiny", "from shiny import App\nboard = App(None, None)\n", "app:board", "asgi", "shiny"),
    ("dash with the server named", "import dash\nd = dash.Dash()\nserver = d.server\n", "app:server", "wsgi", "dash"),
    (
        "werkzeug's decorator",
        "from werkzeug.wrappers import Request\n@Request.application\ndef application(request):\n    pass\n",
        "app:application",
        "wsgi",
        "werkzeug",
    ),
    ("connexion on ASGI", "import connexion\napp = connexion.AsyncApp('x')\n", "app:app", "asgi", "connexion"),
    ("a WSGI function", WSGI_FUNCTION, "app:application", "wsgi", ""),
    ("an ASGI function", ASGI_FUNCTION, "app:app", "asgi", ""),
    (
        "an object with a WSGI call",
        "class Site:\n    def __call__(self, environ, start_response):\n        pass\napplication = Site()\n",
        "app:application",
        "wsgi",
        "",
    ),
    (
        "an object with an ASGI call",
        "class Site:\n    async def __call__(self, scope, receive, send):\n        pass\napp = Site()\n",
        "app:app",
        "asgi",
        "",
    ),
]


@pytest.mark.parametrize(
    ("text", "target", "interface", "framework"), [row[1:] for row in APPS], ids=[row[0] for row in APPS]
)
def test_it_is_found(text: str, target: str, interface: str, framework: str, folder: Folder) -> None:
    """The app is found with its interface, and surely."""
    finding = folder.write({"app.py": text}).found()
    assert (finding.target, finding.interface, finding.framework, finding.sure) == (target, interface, framework, True)


HELPERS = [
    ("two parameters, the second a start", "def after(keys, start_index):\n    pass\n"),
    ("a question about a request", "def host(environ, trusted):\n    pass\n"),
    ("a middleware among others", "def guard(app):\n    pass\ndef deny(environ, start_response):\n    pass\n"),
    ("an ASGI answer in a module of its own", "async def not_found(scope, receive, send):\n    pass\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in HELPERS], ids=[row[0] for row in HELPERS])
def test_a_helper_is_no_app(text: str, folder: Folder) -> None:
    """A function that looks like an app, under names that nobody gives to one, is not taken for it."""
    assert folder.write({"answers.py": text}).refused().what == "no web app was found"


UNSURE = [
    ("an app from a library that is not known", "from datasette.app import Datasette\napp = Datasette([]).app()\n"),
    ("connexion, whose interface depends on its version", "import connexion\napp = connexion.FlaskApp('x')\n"),
    ("one part of an unpacked tuple", "from fasthtml.common import fast_app\napp, route = fast_app()\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in UNSURE], ids=[row[0] for row in UNSURE])
def test_it_is_left_to_a_child_process(text: str, folder: Folder) -> None:
    """The target is found, and the interface is said to be open."""
    finding = folder.write({"app.py": text}).found()
    assert (finding.target, finding.interface, finding.sure) == ("app:app", None, False)


def test_falcon_serves_folders(folder: Folder) -> None:
    """Falcon's static route is found."""
    folder.write({"app.py": "import falcon\napp = falcon.App()\napp.add_static_route('/s', 'files')\n", "files/": ""})
    (static,) = folder.found().statics
    assert (static.url, static.folder) == ("/s/", str(folder.path / "files"))
