"""What a user may type as a target, and what is answered when it names nothing.

Rule: every refusal says what is wrong and what to do next, with the exit code of contract.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Folder

from porch.errors import Exit, Refused
from porch.frameworks import Beside, Project, detect

FILES = {
    "app.py": "from flask import Flask\napp = Flask(__name__)\nother = Flask('other')\nconfig = {}\n",
    "factory.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    "def with_mode(mode):\n    return Flask(mode)\n",
    "sub/__init__.py": "",
    "sub/site.py": "import flask\nclass Holder:\n    app = 1\nholder = Holder()\nsite = flask.Flask('y')\n",
    "loose/wsgi.py": "import flask\napplication = flask.Flask('z')\n",
    "lazy.py": "def __getattr__(name):\n    raise AttributeError\n",
    "broken.py": "import flask\napp = = flask.Flask()\n",
    "plain.py": "x = 1\n",
    "site.wsgi": "from app import app as application\n",
    "package/__init__.py": "",
    "package/app.py": "import flask\napp = flask.Flask('w')\n",
    "wants.py": "import flask\ndef create_app(name):\n    return flask.Flask(name)\n",
    "made.py": "from aiohttp import web\ndef init():\n    site = web.Application()\n    return site\n",
}
NAMED = [
    ("app:app", "app:app", True),
    ("app:other", "app:other", True),
    ("app", "app:app", True),
    ("app.py", "app:app", True),
    ("./app.py:other", "app:other", True),
    ("sub/site.py", "sub.site:site", True),
    ("sub.site", "sub.site:site", True),
    ("sub.site:holder.app", "sub.site:holder.app", False),
    ("loose/wsgi.py", "loose.wsgi:application", True),
    ("factory:create_app()", "factory:create_app()", True),
    ("factory:create_app", "factory:create_app()", True),
    ("factory.py:create_app", "factory:create_app()", True),
    ("factory", "factory:create_app()", True),
    ("lazy:app", "lazy:app", False),
    ("app:config", "app:config", False),
    ("package", "package.app:app", True),
]


@pytest.mark.parametrize(("typed", "found", "sure"), NAMED, ids=[row[0] for row in NAMED])
def test_a_target_is_understood(typed: str, found: str, sure: bool, folder: Folder) -> None:
    """Each way to name an app leads to one target that a server can import."""
    finding = folder.write(FILES).found(typed)
    assert (finding.target, finding.sure) == (found, sure)


def test_a_folder_is_a_project_of_its_own(folder: Folder) -> None:
    """A folder as target is detected as if porch had been started there."""
    finding = folder.write(FILES).found("loose")
    assert (finding.target, finding.import_from) == ("wsgi:application", str(folder.path / "loose"))


REFUSED = [
    ("ap:app", 'there is no module "ap"', 'did you mean "app"?', Exit.APP),
    ("app.pi", 'there is no module "app.pi"', "", Exit.APP),
    ("app.other", 'there is no module "app.other"', 'write "app:other"', Exit.APP),
    ("sub.site.site", 'there is no module "sub.site.site" for the app', 'write "sub.site:site"', Exit.APP),
    ("ap.py", 'there is no file "ap.py" for the app', 'did you mean "app.py"?', Exit.APP),
    ("app:ap", '"ap" is not defined in the app\'s module', 'did you mean "app"?', Exit.APP),
    ("app:zzz", '"zzz" is not defined in the app\'s module', "the module has app:app, app:other", Exit.APP),
    ("sub.sit:site", 'there is no module "sub.sit" for the app', 'did you mean "sub.site"?', Exit.APP),
    ("factory:with_mode()", 'the factory "with_mode" needs arguments: mode', "write `app = with_mode(...)`", Exit.APP),
    ("app:create('x')", "\"app:create('x')\" is not the name of an app", "write module:attribute", Exit.USAGE),
    ("app:", '"app:" is not the name of an app', "write module:attribute", Exit.USAGE),
    (":app", '":app" is not the name of an app', "write module:attribute", Exit.USAGE),
    ("wants.py", 'the factory "create_app" needs arguments: name', "write `app = create_app(...)`", Exit.APP),
    ("plain", "no app was found in the module", "porch run plain:ATTRIBUTE", Exit.APP),
    ("made.py", "no app, but what makes one: made:init()", "porch run 'made:init()'", Exit.APP),
    ("site.wsgi", '"site.wsgi" is a script for mod_wsgi', "mv site.wsgi site_wsgi.py, then porch run", Exit.USAGE),
    ("broken:app", "the app's code has a syntax error: invalid syntax", "correct the line", Exit.APP),
]


@pytest.mark.parametrize(("typed", "what", "fix", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_target_that_names_nothing_is_refused(typed: str, what: str, fix: str, code: Exit, folder: Folder) -> None:
    """The refusal names the mistake and the nearest thing that exists."""
    problem = folder.write(FILES).refused(typed)
    assert what in problem.what
    assert fix in problem.fix
    assert problem.exit is code


def test_a_syntax_error_shows_its_line(folder: Folder) -> None:
    """A file that Python refuses is refused with its place and text."""
    problem = folder.write(FILES).refused("broken.py")
    assert (problem.where, problem.detail) == ("broken.py:2", "broken.py:2\n    app = = flask.Flask()\n")


def test_several_apps_are_all_shown(folder: Folder) -> None:
    """Where names do not decide, each candidate stands with its line, and the fix is a command."""
    one, two = "from flask import Flask\napp = Flask('{0}')\n", "from fastapi import FastAPI\napp = FastAPI()\n"
    problem = folder.write({"app.py": one.format(1), "main.py": two}).refused()
    assert problem.what == "2 apps were found"
    assert problem.detail == "  app:app  app.py:2 app = Flask('1')\n  main:app  main.py:2 app = FastAPI()\n"
    assert "porch run app:app" in problem.fix
    assert problem.exit is Exit.USAGE


TWO = {
    "shop.py": "from flask import Flask\napp = Flask('1')\n",
    "api/app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
}


@pytest.mark.parametrize(
    ("beside", "target"),
    [
        (Beside(target="api.app:app"), "shop:app"),
        (Beside(target="api/app.py"), "shop:app"),
        (Beside(folder="api"), "shop:app"),
        (Beside(folder="api", target="app:app"), "shop:app"),
        (Beside(target="shop:app"), "api.app:app"),
        (Beside(folder=".", target="shop"), "api.app:app"),
    ],
    ids=str,
)
def test_an_app_that_is_mounted_is_not_the_main_one(beside: Beside, target: str, folder: Folder) -> None:
    """However it was named, it is no choice."""
    assert detect(Project.at(folder.write(TWO).path), None, [beside]).target == target


@pytest.mark.parametrize("target", ["shop:app", "shop:nothing", "none:app", "shop:a b"])
def test_the_only_app_may_be_mounted_too(target: str, folder: Folder) -> None:
    """And what is named wrong takes nothing away; it is told where that app is looked for."""
    project = Project.at(folder.write({"shop.py": TWO["shop.py"]}).path)
    assert detect(project, None, [Beside(target=target)]).target == "shop:app"


def test_nothing_found_says_what_was_read(folder: Folder) -> None:
    """An empty project is refused with what was looked at and what to write."""
    problem = folder.write({"tool.py": "print(1)\n", "requirements.txt": "flask\n"}).refused()
    assert (problem.what, problem.exit) == ("no web app was found", Exit.APP)
    assert problem.detail == "1 Python file was read\nrequired, though:\n  requirements.txt:1 flask\n"
    assert "porch run module:attribute" in problem.fix


@pytest.mark.parametrize(
    ("text", "shown", "fix"),
    [
        ("import streamlit as st\nst.title('a')\n", "tool.py:1 import streamlit as st", "a server of its own"),
        ("from bottle import route, run\n", "tool.py:1 from bottle import route, run", "app = bottle.default_app()"),
        ("def main():\n    import gradio.blocks\n", "tool.py:2 import gradio.blocks", "gradio.mount_gradio_app("),
        ("import tornado.web\nx = tornado.web.Application()\n", "tool.py:1 import tornado.web", "a server of its own"),
        ("import cherrypy\ncherrypy.quickstart()\n", "tool.py:1 import cherrypy", "app = cherrypy.tree.mount(Root()"),
        ("import panel as pn\n", "tool.py:1 import panel as pn", "panel.io.fastapi.add_application"),
        ("from pyramid.config import Configurator\n", "tool.py:1 from pyramid.config import Configurator", "get_app("),
        ("from nicegui import ui\nui.run()\n", "tool.py:1 from nicegui import ui", "ui.run_with(app)"),
    ],
)
def test_a_program_that_serves_itself_is_told_what_to_add(folder: Folder, text: str, shown: str, fix: str) -> None:
    """As the first steps of some libraries have it: there is no app that could be named."""
    problem = folder.write({"tool.py": text}).refused()
    assert problem.detail == f"1 Python file was read; none makes an app under a name:\n  {shown}\n"
    assert fix in problem.fix


AIOHTTP = "from aiohttp import web\ndef init_func(argv):\n    app = web.Application()\n    return app\n"
PYRAMID = """\
from pyramid.config import Configurator
def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AIOHTTP, "start.py:2 the function init_func returns an app, and needs argv"),
        (PYRAMID, "start.py:2 the function main returns an app, and needs global_config"),
    ],
)
def test_a_factory_that_needs_arguments_is_shown(folder: Folder, text: str, said: str) -> None:
    """It is no app as it stands; who wrote it is told what is missing."""
    problem = folder.write({"start.py": text}).refused()
    assert problem.detail == f"1 Python file was read:\n  {said}\n"
    assert "app = ..." in problem.fix


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
AIOHTTP = "from aiohttp import web\napp = web.Application()\n"
OWN = "import flask\nclass Site(flask.Flask):\n    def run(self): ...\napp = Site('x')\napp.run()\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{FLASK}app.run(port=5000)\n",
        f"{AIOHTTP}web.run_app(app)\n",
        "import fastapi, uvicorn\napp = fastapi.FastAPI()\nuvicorn.run(app)\n",
        "import bottle\napp = bottle.Bottle()\napp.run()\n",
    ],
    ids=["flask", "aiohttp", "uvicorn", "bottle"],
)
def test_a_server_that_an_import_would_run_is_refused_at_once(text: str, folder: Folder) -> None:
    """Nobody waits for an import that never ends; the line is told, and where it belongs."""
    problem = folder.write({"app.py": text}).refused()
    assert problem.what == "app:app would run a server of its own when it is imported"
    assert (problem.where, problem.exit) == ("app.py:3", Exit.APP)
    assert problem.fix == 'put that line under: if __name__ == "__main__":'


@pytest.mark.parametrize(
    "text",
    [
        f"{FLASK}if __name__ == '__main__':\n    app.run()\n",
        f"{FLASK}def main():\n    app.run()\n",
        f"{FLASK}try:\n    app.run()\nexcept OSError:\n    pass\n",
        f"{FLASK}import tasks\ntasks.run(app)\n",
        f"{FLASK}import tasks\ntasks.Boot(app).run()\n",
        f"{FLASK}class Boot:\n    def __init__(self, app): ...\n    def run(self): ...\nBoot(app).run()\n",
        f"{FLASK}app.run = print\napp.run()\n",
        f"import tasks\napp = tasks.Cli()\napp.run()\n{FLASK}",
        OWN,
    ],
    ids=[
        "guarded",
        "in a function",
        "tried",
        "of something else",
        "of what is given it",
        "of an own class that is",
        "another run",
        "another app",
        "of an own class",
    ],
)
def test_what_may_not_be_run_is_left_to_the_import(text: str, folder: Folder) -> None:
    """Only what is certain is refused."""
    assert folder.write({"app.py": text}).found().target == "app:app"


def test_a_function_of_any_name_that_makes_the_app_is_named(folder: Folder) -> None:
    """Where no app is found but what makes one, whatever it is called, the fix is to say that it is to be called."""
    text = "from flask import Flask\ndef assembled():\n    app = Flask(__name__)\n    return app\n"
    problem = folder.write({"site/__init__.py": "", "site/server.py": text}).refused()
    assert problem.fix == "say that it is to be called: porch run 'site.server:assembled()'"


def test_an_installed_package_is_told_with_the_apps_of_its_modules(folder: Folder) -> None:
    """A package that has no app itself is not taken for one of its modules, and the apps in those are named."""
    text = "from flask import Flask\ndef create_application():\n    return Flask(__name__)\n"
    folder.write({"site-packages/records/__init__.py": "", "site-packages/records/app.py": text})
    with pytest.raises(Refused) as refused:
        folder.found("records", str(folder.path / "site-packages"))
    (problem,) = refused.value.problems
    assert problem.what == "the package itself has no app, but its modules have: records.app:create_application()"
    assert problem.fix == "name it: porch run 'records.app:create_application()'"


def test_an_app_out_of_reach_is_shown(folder: Folder) -> None:
    """An app that is made inside a function that keeps it is shown, with what to change."""
    text = "from aiohttp import web\ndef main():\n    app = web.Application()\n    web.run_app(app)\nmain()\n"
    problem = folder.write({"start.py": text}).refused()
    assert "  start.py:3 app = web.Application()" in problem.detail
    assert "move it to the level of the module" in problem.fix


def test_a_syntax_error_in_app_py_is_the_reason(folder: Folder) -> None:
    """Without a target, a broken app.py is named rather than said to hold no app."""
    problem = folder.write({"app.py": "import flask\napp = flask.Flask(\n"}).refused()
    assert problem.what.startswith("the app's code has a syntax error")


def test_an_installed_module_is_read_where_it_is(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A target outside the project is read from the interpreter's path, its static folder included."""
    site = Folder(tmp_path_factory.mktemp("site")).write(
        {"bin/__init__.py": "from .core import *\n", "bin/static/": ""}
    )
    site.write({"bin/core.py": "from flask import Flask\napp = Flask(__name__)\n"})
    finding = folder.found("bin:app", str(site.path))
    assert (finding.target, finding.interface, finding.framework, finding.sure) == ("bin:app", "wsgi", "flask", True)
    assert [one.folder for one in finding.statics] == [str(site.path / "bin" / "static")]
    assert finding.import_from == str(folder.path)


def test_a_wrapper_is_judged_by_its_installed_source(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A wrapper's class in an installed package tells the interface; one that is no app is none."""
    site = Folder(tmp_path_factory.mktemp("site"))
    site.write({"wraps.py": "class W:\n    async def __call__(self, scope, receive, send): ...\nclass X:\n    pass\n"})
    folder.write(
        {"app.py": "import flask\nfrom wraps import W, X\nweb = flask.Flask('x')\napp = W(web)\nmail = X(web)\n"}
    )
    finding = folder.found(None, str(site.path))
    assert (finding.target, finding.interface, finding.sure) == ("app:app", "asgi", True)
    assert folder.found("app:mail", str(site.path)).interface is None


def test_a_compiled_module_is_taken_as_it_is(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A module without source is left to a child process."""
    site: Path = tmp_path_factory.mktemp("site")
    (site / "fast.cpython-311-x86_64-linux-gnu.so").touch()
    finding = folder.found("fast:app", str(site))
    assert (finding.target, finding.interface, finding.sure) == ("fast:app", None, False)


@pytest.mark.parametrize(("stem", "taken"), [("wsgi", True), ("asgi", True), ("run", False)])
def test_what_a_file_for_servers_imports_is_the_app(stem: str, taken: bool, folder: Folder) -> None:
    """Even from where nothing can be read; in another file such a name may be any library's."""
    folder.write({f"{stem}.py": "from comments.made import application\n"})
    if taken:
        finding = folder.found()
        assert (finding.target, finding.interface, finding.sure) == (f"{stem}:application", None, False)
    else:
        assert folder.refused().what == "no web app was found"


@pytest.mark.parametrize(
    ("typed", "file"),
    [("shop", "shop/views.py"), ("shop", "shop/web/app.py"), ("a/b", "a/b/app.py"), ("my-shop", "my-shop/app.py")],
)
def test_a_package_is_looked_through_where_its_own_names_have_no_app(typed: str, file: str, folder: Folder) -> None:
    """As a folder is that is no package."""
    text = "from flask import Flask\napp = Flask(__name__)\n"
    found = folder.write({f"{typed}/__init__.py": "", "shop/web/__init__.py": "", file: text}).found(typed)
    assert found.framework == "flask"
    assert found.target.endswith(f"{file.rpartition('/')[2].removesuffix('.py')}:app")
