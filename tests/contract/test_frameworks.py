"""What detection reads, against what the real frameworks do when the same project is imported.

Rule: the app is imported in a child process, as a server would; reading and importing must agree.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from porch.frameworks import Finding, Project, detect

APPS = Path(__file__).parents[1] / "apps"
FLASK = """
import json, sys
from {module} import {attribute} as app
found, adapter = {{}}, app.url_map.bind("localhost")
for rule in app.url_map.iter_rules():
    holder = app.blueprints.get(rule.endpoint.rpartition(".")[0], app)
    if rule.endpoint.endswith("static") and adapter.match(rule.rule.split("<")[0] + "x")[0] == rule.endpoint:
        found[rule.rule.split("<")[0]] = holder.static_folder
print(json.dumps(found))
"""
STARLETTE = """
import json, os
from {module} import {attribute} as app
def walk(routes, prefix):
    for route in routes or ():
        path = prefix + getattr(route, "path", "")
        folder = getattr(getattr(route, "app", None), "directory", None)
        if folder is not None:
            found[path + "/"] = os.path.abspath(folder)
        walk(getattr(route, "routes", ()), path)
found = {{}}
walk(app.routes, "")
print(json.dumps(found))
"""
AIOHTTP = """
import json
from {module} import {attribute} as app
found = {{}}
def walk(router):
    for one in router.resources():
        told = one.get_info()
        if "directory" in told:
            found[told["prefix"] + "/"] = str(told["directory"])
        elif "app" in told:
            walk(told["app"].router)
walk(app.router)
print(json.dumps(found))
"""
HEAD = "import os\nfrom pathlib import Path\nfrom flask import Blueprint, Flask\n"
BLUEPRINT = "bp = Blueprint('b', __name__, static_folder='two', url_prefix='/b')\n"
PROJECTS = [
    ("flask's default", FLASK, HEAD + "app = Flask(__name__)\n"),
    ("flask's folder of another name", FLASK, HEAD + "app = Flask(__name__, static_folder='one')\n"),
    ("flask's positions", FLASK, HEAD + "app = Flask(__name__, '/files', 'one')\n"),
    ("flask's root path", FLASK, HEAD + "app = Flask('x', root_path=os.path.dirname(__file__), static_folder='one')\n"),
    ("flask's unknown import name", FLASK, HEAD + "app = Flask('nothing', static_folder='one')\n"),
    ("flask with an absolute folder", FLASK, HEAD + "app = Flask('x', static_folder=Path(__file__).parent / 'one')\n"),
    ("a blueprint", FLASK, HEAD + "app = Flask(__name__)\n" + BLUEPRINT + "app.register_blueprint(bp)\n"),
    (
        "a blueprint's other prefix",
        FLASK,
        HEAD + "app = Flask(__name__)\n" + BLUEPRINT + "app.register_blueprint(bp, url_prefix='/c')\n",
    ),
    (
        "a blueprint that the app hides",
        FLASK,
        HEAD + "app = Flask(__name__)\nbp = Blueprint('b', __name__, static_folder='two', static_url_path='/static')\n"
        "app.register_blueprint(bp)\n",
    ),
    (
        "fastapi's mounts",
        STARLETTE,
        "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\napp = FastAPI()\ninner = FastAPI()\n"
        "inner.mount('/s', StaticFiles(directory='one'))\napp.mount('/in', inner)\n"
        "app.mount('/static', StaticFiles(directory='static'))\n",
    ),
    (
        "starlette's routes",
        STARLETTE,
        "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
        "from starlette.staticfiles import StaticFiles\napp = Starlette(routes=[Mount('/a', routes=[\n"
        "    Mount('/s', app=StaticFiles(directory='one'))]), Mount('/t', StaticFiles(directory='two'))])\n",
    ),
    (
        "aiohttp's routes",
        AIOHTTP,
        "from aiohttp import web\napp = web.Application()\ninner = web.Application()\n"
        "inner.add_routes([web.static('/s', 'one')])\napp.router.add_static('/t/', 'two')\n"
        "app.add_subapp('/in/', inner)\n",
    ),
]


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run((sys.executable, *words), cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def _detected(folder: Path, target: str | None = None) -> Finding:
    return detect(Project.at(folder, sys.path[1:]), target)


@pytest.mark.parametrize(("probe", "text"), [row[1:] for row in PROJECTS], ids=[row[0] for row in PROJECTS])
def test_static_folders_are_those_of_the_imported_app(probe: str, text: str, tmp_path: Path) -> None:
    """The folders and URLs that were read are those that the app itself has once it is imported."""
    (tmp_path / "app.py").write_text(text)
    for name in ("static", "one", "two"):
        (tmp_path / name).mkdir()
    imported: Mapping[str, str] = json.loads(_run(tmp_path, "-c", probe.format(module="app", attribute="app")))
    finding = _detected(tmp_path)
    assert {one.url: one.folder for one in finding.statics} == imported
    assert imported
    assert finding.sure


def test_startproject_is_found_with_its_collected_files(tmp_path: Path) -> None:
    """A project fresh from Django's own startproject is found; once collected, so are the admin's files."""
    _run(tmp_path, "-m", "django", "startproject", "shop", ".")
    finding = _detected(tmp_path)
    assert (finding.target, finding.interface, finding.framework) == ("shop.wsgi:application", "wsgi", "django")
    assert [line.rpartition(" ")[2] for line in finding.evidence[:2]] == ["DJANGO_SETTINGS_MODULE", "WSGI_APPLICATION"]
    settings = tmp_path / "shop" / "settings.py"
    settings.write_text(settings.read_text() + "STATIC_ROOT = BASE_DIR / 'staticfiles'\n")
    _run(tmp_path, "manage.py", "collectstatic", "--noinput")
    (static,) = _detected(tmp_path).statics
    assert static.url == "/static/"
    assert (Path(static.folder) / "admin/css/base.css").is_file()


def test_httpbin_is_read_where_it_is_installed(tmp_path: Path) -> None:
    """An installed app that nobody here wrote is found by its name alone."""
    finding = _detected(tmp_path, "httpbin:app")
    assert (finding.target, finding.interface, finding.framework, finding.sure) == (
        "httpbin:app",
        "wsgi",
        "flask",
        True,
    )
    assert (Path(finding.statics[0].folder) / "favicon.ico").is_file()


def test_datasette_is_left_to_a_child_process(tmp_path: Path) -> None:
    """An app that a library makes by a method is found, and its interface left open."""
    (tmp_path / "app.py").write_text("from datasette.app import Datasette\napp = Datasette([], memory=True).app()\n")
    finding = _detected(tmp_path)
    assert (finding.target, finding.interface, finding.sure) == ("app:app", None, False)


@pytest.mark.parametrize("folder", sorted(path for path in APPS.iterdir() if path.is_dir()), ids=lambda path: path.name)
def test_every_sample_app_is_found(folder: Path) -> None:
    """Each app that the other tests serve is found without being named."""
    finding = _detected(folder)
    assert finding.evidence
    assert finding.interface in ("wsgi", "asgi", "aiohttp") or not finding.sure
