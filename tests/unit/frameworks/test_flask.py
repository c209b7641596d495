"""Flask and Quart projects.

Rule: one case a claim; the claim is the case's first line.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from projects import Case, Folder

HELLO = "from flask import Flask\napp = Flask(__name__)\n"
CASES = [
    Case("one file", {"app.py": HELLO}, "app:app", evidence=("app.py:2 app = Flask(__name__)",)),
    Case(
        "the default static folder counts when it exists",
        {"app.py": HELLO, "static/site.css": ""},
        "app:app",
        statics={"/static/": "static"},
        evidence=("app.py:2 app = Flask(__name__)",),
    ),
    Case("an annotated assignment", {"app.py": "from flask import Flask\napp: Flask = Flask(__name__)\n"}, "app:app"),
    Case("the module imported whole", {"app.py": "import flask\napp = flask.Flask(__name__)\n"}, "app:app"),
    Case("the class under another name", {"app.py": "from flask import Flask as F\napp = F('shop')\n"}, "app:app"),
    Case("an unusual name in an unusual file", {"shop.py": "import flask\nsite = flask.Flask('shop')\n"}, "shop:site"),
    Case(
        "an app and a logging wrapper around it (article 000): the app is chosen",
        {
            "run.py": """
            import logging
            import flask
            from requestlogger import WSGILogger, ApacheFormatter
            app = flask.Flask(__name__)
            loggingapp = WSGILogger(app, [logging.StreamHandler()], ApacheFormatter())
            if __name__ == '__main__':
                app.run(host='0.0.0.0')
            """,
            "static/": "",
        },
        "run:app",
        statics={"/static/": "static"},
    ),
    Case(
        "a wrapper that is asked for keeps the inner app's static folder",
        {
            "run.py": """
            import flask
            from requestlogger import WSGILogger, ApacheFormatter
            app = flask.Flask(__name__)
            loggingapp = WSGILogger(app, [], ApacheFormatter())
            """,
            "static/": "",
        },
        "run:loggingapp",
        asked="run:loggingapp",
        statics={"/static/": "static"},
        evidence=(
            "run.py:4 loggingapp = WSGILogger(app, [], ApacheFormatter())",
            "run.py:3 app = flask.Flask(__name__)",
        ),
    ),
    Case(
        "a name that is bound again to its wrapper",
        {"app.py": HELLO + "from werkzeug.middleware.proxy_fix import ProxyFix\napp = ProxyFix(app)\n"},
        "app:app",
        evidence=("app.py:4 app = ProxyFix(app)", "app.py:2 app = Flask(__name__)"),
    ),
    Case(
        "a wrapped wsgi_app leaves the app what it is",
        {"app.py": HELLO + "app.wsgi_app = Fix(app.wsgi_app)\n"},
        "app:app",
    ),
    Case(
        "WsgiToAsgi makes it ASGI",
        {
            "asgi.py": "from asgiref.wsgi import WsgiToAsgi\nfrom app import app\nasgi = WsgiToAsgi(app)\n",
            "app.py": HELLO,
        },
        "asgi:asgi",
        "asgi",
        asked="asgi:asgi",
    ),
    Case(
        "a wrapper that is not known and cannot be read leaves it unsure",
        {"app.py": HELLO + "from elsewhere import wrap\napp = wrap(app)\n"},
        "app:app",
        sure=False,
    ),
    Case(
        "extensions that take the app are not apps",
        {
            "app.py": HELLO
            + "from flask_restful import Api\nfrom flask_sqlalchemy import SQL\napi = Api(app)\ndb = SQL(app)\n"
        },
        "app:app",
    ),
    Case(
        "a factory without required arguments",
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app(env=None):\n    app = Flask(__name__)\n"
            "    return app\n"
        },
        "shop:create_app()",
        evidence=("shop/__init__.py:2 def create_app(env=None):", "shop/__init__.py:3 app = Flask(__name__)"),
    ),
    Case(
        "a file that calls the factory goes before the factory",
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app(mode):\n    return Flask(__name__)\n",
            "wsgi.py": "from shop import create_app\napplication = create_app('live')\n",
            "shop/static/": "",
        },
        "wsgi:application",
        statics={"/static/": "shop/static"},
        evidence=(
            "wsgi.py:2 application = create_app('live')",
            "shop/__init__.py:2 def create_app(mode):",
            "shop/__init__.py:3 return Flask(__name__)",
        ),
    ),
    Case(
        "a re-export over two hops",
        {
            "wsgi.py": "from shop import app\n",
            "shop/__init__.py": "from .core import app\n",
            "shop/core.py": "from .base import app\n",
            "shop/base.py": HELLO,
        },
        "wsgi:app",
    ),
    Case(
        "everything taken over by a star",
        {"run.py": "from core import *\n", "core.py": "from flask import *\nweb = Flask(__name__)\n"},
        "run:web",
        asked="run:web",
    ),
    Case(
        "made in a try, with a fallback",
        {
            "app.py": """
            from flask import Flask
            try:
                app = Flask(__name__, static_folder=None)
            except RuntimeError:
                app = None
            """
        },
        "app:app",
    ),
    Case(
        "made in both branches of an if",
        {
            "app.py": """
            import os
            from flask import Flask
            if os.environ.get("DEBUG"):
                app = Flask("debug")
            else:
                app = Flask("plain")
            """
        },
        "app:app",
    ),
    Case(
        "a subclass of Flask",
        {"app.py": "from flask import Flask\nclass Shop(Flask):\n    pass\napp = Shop(__name__)\n", "static/": ""},
        "app:app",
        statics={"/static/": "static"},
    ),
    Case(
        "a src layout is imported from src",
        {"src/shop/__init__.py": "", "src/shop/app.py": HELLO, "src/shop/static/": ""},
        "shop.app:app",
        statics={"/static/": "src/shop/static"},
        import_from="src",
    ),
    Case(
        "a src folder that is imported as a package is left one",
        {"src/main.py": "from src.views import x\n" + HELLO, "src/views.py": "x = 1\n"},
        "src.main:app",
    ),
    Case(
        "a folder whose files import one another by bare names is where imports start",
        {"backend/main.py": "import models\n" + HELLO, "backend/models.py": ""},
        "main:app",
        import_from="backend",
    ),
    Case(
        "a folder whose name no import can have",
        {"my-shop/app.py": HELLO},
        "app:app",
        import_from="my-shop",
    ),
    Case(
        "environments, tests and hidden folders are not looked at",
        {
            "app.py": HELLO,
            "venv/app.py": HELLO,
            "env3/pyvenv.cfg": "",
            "env3/app.py": HELLO,
            "tests/app.py": HELLO,
            ".cache/app.py": HELLO,
            "test_app.py": HELLO,
        },
        "app:app",
    ),
    Case(
        "a well-known file goes before an unusual one",
        {"app.py": HELLO, "tools.py": "import flask\npreview = flask.Flask('preview')\n"},
        "app:app",
    ),
    Case(
        "what only runs as a script is not there for a server",
        {"app.py": HELLO + "if __name__ == '__main__':\n    app = wrapped(app)\n"},
        "app:app",
        evidence=("app.py:2 app = Flask(__name__)",),
    ),
    Case(
        "a private name is not offered",
        {"shop.py": "import flask\n_inner = flask.Flask('inner')\nsite = flask.Flask('site')\n"},
        "shop:site",
    ),
    Case(
        "a folder is what its name stood for when the app was made",
        {
            "app.py": """
            from flask import Flask
            where = "one"
            app = Flask(__name__, static_folder=where)
            where = "two"
            """,
            "one/": "",
            "two/": "",
        },
        "app:app",
        statics={"/one/": "one"},
    ),
    Case("the shallower of two equal names", {"app.py": HELLO, "old/app.py": HELLO}, "app:app"),
    Case(
        "of two equal names the framework that is required",
        {
            "app.py": HELLO,
            "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "requirements.txt": "# web\nFlask==3.0\n",
        },
        "app:app",
        evidence=("app.py:2 app = Flask(__name__)", "requirements.txt:2 flask"),
    ),
    Case(
        "an app that is dispatched to is not the whole",
        {
            "wsgi.py": """
            from werkzeug.middleware.dispatcher import DispatcherMiddleware
            from app import app as front
            from main import app as back
            application = DispatcherMiddleware(front, {"/back": back})
            """,
            "app.py": HELLO,
            "main.py": HELLO,
        },
        "wsgi:application",
    ),
    Case(
        "APIFlask is a Flask",
        {"app.py": "from apiflask import APIFlask\napp = APIFlask(__name__, title='Shop')\n", "static/": ""},
        "app:app",
        statics={"/static/": "static"},
    ),
    Case(
        "Quart follows the same rules on ASGI",
        {"app.py": "from quart import Quart\napp = Quart(__name__, static_url_path='/files')\n", "static/": ""},
        "app:app",
        "asgi",
        "quart",
        statics={"/files/": "static"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_the_case_holds(case: Case, holds: Callable[[Case], None]) -> None:
    """What the case claims is found."""
    holds(case)


def _flask(arguments: str) -> str:
    imports = "import os\nfrom pathlib import Path\nfrom flask import Flask\n"
    return f"{imports}HERE = Path(__file__).resolve().parent\napp = Flask({arguments})\n"


STATICS = [
    (
        "a folder of another name gives the URL its name",
        "__name__, static_folder='assets'",
        {"/assets/": "shop/assets"},
    ),
    ("a URL of its own", "__name__, static_url_path='/files', static_folder='assets'", {"/files/": "shop/assets"}),
    ("positions as in Flask's signature", "__name__, '/files', 'assets'", {"/files/": "shop/assets"}),
    ("no static folder at all", "__name__, static_folder=None", {}),
    ("a folder beside the package", "__name__, static_folder='../public'", {"/public/": "public"}),
    ("a path put together from __file__", "__name__, static_folder=HERE.parent / 'public'", {"/public/": "public"}),
    (
        "os.path.join",
        "__name__, static_folder=os.path.join(os.path.dirname(__file__), 'assets')",
        {"/assets/": "shop/assets"},
    ),
    ("an f-string", "__name__, static_folder=f'{HERE}/assets'", {"/assets/": "shop/assets"}),
    ("the name of the package", "__name__.split('.')[0], static_folder='assets'", {"/assets/": "shop/assets"}),
    ("a name that is no module: the working directory", "'nothing', static_folder='public'", {"/public/": "public"}),
    ("a folder that does not exist", "__name__, static_folder='nowhere'", {}),
    ("a folder at / would hide the app", "__name__, static_folder='assets', static_url_path=''", {}),
    ("a folder that the environment decides", "__name__, static_folder=os.environ['ASSETS']", {}),
    ("arguments that are unpacked", "__name__, **{'static_folder': 'assets'}", {}),
]


@pytest.mark.parametrize(("claim", "arguments", "expected"), STATICS, ids=[claim for claim, _, _ in STATICS])
def test_static_folders_are_resolved_as_flask_resolves_them(
    claim: str, arguments: str, expected: dict[str, str], holds: Callable[[Case], None]
) -> None:
    """Each way to write a static folder gives the folder and URL that Flask itself would use."""
    files = {"shop/__init__.py": "", "shop/app.py": _flask(arguments), "shop/assets/": "", "public/": ""}
    holds(Case(claim, files, "shop.app:app", statics=expected))


def test_a_static_folder_that_is_missing_is_said(folder: Folder) -> None:
    """A folder that the app names and that does not exist is a line of evidence, not a finding."""
    folder.write({"app.py": "import flask\napp = flask.Flask('x', static_folder='nowhere')\n"})
    assert folder.found().evidence[-1] == f"app.py:2 static folder {folder.path}/nowhere does not exist"


BLUEPRINT = "from flask import Blueprint\nbp = Blueprint('admin', __name__, static_folder='files', {})\n"
REGISTERED = "from flask import Flask\nfrom admin import bp\napp = Flask(__name__)\n"
BLUEPRINTS = [
    (
        "the prefix of the blueprint",
        "url_prefix='/admin'",
        "app.register_blueprint(bp)\n",
        {"/admin/files/": "admin/files"},
    ),
    (
        "the prefix of the registration goes before it",
        "url_prefix='/admin'",
        "app.register_blueprint(bp, url_prefix='/boss')\n",
        {"/boss/files/": "admin/files"},
    ),
    (
        "a URL of its own",
        "static_url_path='/x'",
        "app.register_blueprint(bp, url_prefix='/a')\n",
        {"/a/x/": "admin/files"},
    ),
    (
        "registered in a loop",
        "url_prefix='/admin'",
        "for one in (bp,):\n    app.register_blueprint(one)\n",
        {"/admin/files/": "admin/files"},
    ),
    ("never registered", "url_prefix='/admin'", "", {}),
    ("hidden by the app's own static URL", "static_url_path='/static'", "app.register_blueprint(bp)\n", {}),
    ("a prefix that is computed", "", "app.register_blueprint(bp, url_prefix=prefix())\n", {}),
]


@pytest.mark.parametrize(
    ("claim", "arguments", "registration", "expected"), BLUEPRINTS, ids=[row[0] for row in BLUEPRINTS]
)
def test_blueprints_count_when_they_are_registered(
    claim: str, arguments: str, registration: str, expected: dict[str, str], holds: Callable[[Case], None]
) -> None:
    """A blueprint's static folder is found under the URL that its registration gives it."""
    files = {"admin/__init__.py": BLUEPRINT.format(arguments), "admin/files/": "", "app.py": REGISTERED + registration}
    holds(Case(claim, files, "app:app", statics=expected))


def test_nested_blueprints_add_their_prefixes(holds: Callable[[Case], None]) -> None:
    """A blueprint in a blueprint is served below both prefixes."""
    inner = (
        "from flask import Blueprint\ninner = Blueprint('inner', __name__, static_folder='files', url_prefix='/in')\n"
    )
    outer = "outer = Blueprint('outer', __name__, url_prefix='/out')\nouter.register_blueprint(inner)\n"
    app = "from flask import Flask\nfrom views import outer\napp = Flask(__name__)\napp.register_blueprint(outer)\n"
    files = {"views.py": inner + outer, "app.py": app, "files/": ""}
    holds(Case("nested", files, "app:app", statics={"/out/in/files/": "files"}))
