"""Bad input: the right exit code, one clear message, nothing left running, no traceback of porch's own.

Rule: a refusal names what is wrong, where, and what to do next; a traceback is shown only when it is the app's.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from ports import free_port
from story import MakeProject, Outcome, Project

GOOD = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'fine']\n"
PORCH_FRAME = re.compile(r'File "[^"]*/porch(_worker)?/')


def _refused(outcome: Outcome, code: int, *words: str) -> str:
    """Judge what every refusal has in common, and return what was said."""
    said = outcome.stderr
    assert outcome.code == code, f"exit {outcome.code}, expected {code}:\n{outcome.stdout}\n{said}"
    for word in words:
        assert word in said, f"{word!r} is not said:\n{said}"
    assert not PORCH_FRAME.search(said + outcome.stdout), said
    assert "ready http" not in said
    return said


def _quiet(outcome: Outcome, code: int, *words: str) -> str:
    """The same for what is no fault of the app's code: no traceback at all."""
    said = _refused(outcome, code, *words)
    assert "Traceback" not in said + outcome.stdout
    return said


def _with(project: MakeProject, text: str = GOOD) -> Project:
    made = project()
    made.write("app.py", text)
    return made


def test_typo_in_a_key(project: MakeProject) -> None:
    """An unknown TOML key is refused with its file and line, and the key that was meant."""
    home = _with(project)
    home.write("porch.toml", '[limits]\nrequest_timeout = "30s"\nbdy = "1M"\n')
    said = _quiet(home.run_refused("app:app"), 2, "bdy", "porch.toml:3", "body")
    assert "did you mean" in said


def test_typo_in_pyproject(project: MakeProject) -> None:
    """The same in pyproject.toml."""
    home = _with(project)
    home.write("pyproject.toml", '[project]\nname = "x"\n[tool.porch.server]\nworkrs = 2\n')
    _quiet(home.run_refused("app:app"), 2, "workrs", "pyproject.toml:4", "workers")


def test_typo_in_a_variable(project: MakeProject) -> None:
    """An unknown PORCH_ variable is refused, with the one that was meant."""
    outcome = _with(project).run_refused("app:app", PORCH_SERVER_WORKRS="2")
    _quiet(outcome, 2, "PORCH_SERVER_WORKRS", "PORCH_SERVER_WORKERS")


def test_unknown_flag(project: MakeProject) -> None:
    """An unknown flag is refused, with the one that was meant."""
    _quiet(_with(project).run_refused("app:app", "--wrokers", "2"), 2, "--wrokers", "--workers")


def test_all_problems_at_once(project: MakeProject) -> None:
    """A typo in the file, a bad value in a variable and one in a flag are told together."""
    home = _with(project)
    home.write("porch.toml", '[limits]\nbdy = "1M"\nrequest_timeout = "soon"\n')
    outcome = home.run_refused("app:app", "--workers", "some", PORCH_NGINX_CONNECTIONS="lots")
    _quiet(outcome, 2, "bdy", "porch.toml:2", "soon", "porch.toml:3", "some", "--workers", "lots")
    assert "PORCH_NGINX_CONNECTIONS" in outcome.stderr


def test_broken_toml(project: MakeProject) -> None:
    """A file that is no TOML is refused with its line."""
    home = _with(project)
    home.write("porch.toml", "[limits]\nbody = \n")
    _quiet(home.run_refused("app:app"), 2, "porch.toml", "2")


def test_named_settings_file_missing(project: MakeProject) -> None:
    """`--config` with a file that is not there is refused."""
    _quiet(_with(project).run_refused("app:app", "--config", "none.toml"), 2, "none.toml")


def test_missing_module(project: MakeProject) -> None:
    """A module that is not there is named."""
    _refused(_with(project).run_refused("shop:app"), 3, "shop")


def test_missing_attribute(project: MakeProject) -> None:
    """An attribute that the module has not is named, with the one that was meant."""
    _quiet(_with(project).run_refused("app:ap"), 3, "ap", "app")


def test_empty_folder(project: MakeProject) -> None:
    """A folder without an app is refused, with how to name one."""
    said = _quiet(project().run_refused(), 3, "module:attribute")
    assert "porch run" in said


def test_app_raises_on_import(project: MakeProject) -> None:
    """The app's own traceback is shown, with its file and line and no frame of anyone else."""
    outcome = _with(project, "import json\n\nspeed = 1 / 0\n" + GOOD).run_refused("app:app")
    said = _refused(outcome, 3, "Traceback", "app.py", "line 3", "ZeroDivisionError: division by zero")
    assert said.count("Traceback (most recent call last)") == 1
    frames = re.findall(r'File "([^"]+)"', said)
    assert {Path(frame).name for frame in frames} == {"app.py"}


def test_import_error_inside_the_app(project: MakeProject) -> None:
    """A module that the app imports and nobody installed is named, with the app's own traceback."""
    outcome = _with(project, "import not_installed_anywhere\n" + GOOD).run_refused("app:app")
    _refused(outcome, 3, "app.py", "line 1", "not_installed_anywhere")


def test_an_import_that_does_not_end(project: MakeProject) -> None:
    """It is given up when a start would be, not later."""
    home = _with(project, "import time\n\ntime.sleep(600)\napp = vars()['made']()\n")
    said = _refused(home.run_refused("app:app", "--limits-start-timeout", "3"), 3, "did not end within 3 s")
    assert "waiting for" not in said  # nobody looks on


def test_syntax_error_in_the_app(project: MakeProject) -> None:
    """A file that is no Python is shown with the line that is wrong."""
    _refused(_with(project, "def app(:\n").run_refused("app:app"), 3, "app.py:1", "def app(:", "syntax error")


def test_not_callable(project: MakeProject) -> None:
    """An attribute that cannot be called is refused with its type."""
    _quiet(_with(project, "app = 'a word'\n").run_refused("app:app"), 3, "app:app", "str")


def test_callable_of_the_wrong_kind(project: MakeProject) -> None:
    """A callable that takes neither WSGI's nor ASGI's arguments is refused."""
    _quiet(_with(project, "def app(one, two, three, four):\n    return 1\n").run_refused("app:app"), 3, "app:app")


def test_factory_that_raises(project: MakeProject) -> None:
    """A factory's own traceback is shown."""
    outcome = _with(project, "def create_app():\n    raise ValueError('no database')\n").run_refused("app:create_app()")
    _refused(outcome, 3, "ValueError: no database", "line 2")


def test_server_that_does_not_speak_to_the_app(project: MakeProject) -> None:
    """A server that cannot run this kind of app is refused, with those that can."""
    _quiet(project("echo_asgi").run_refused("app:app", "--server", "uwsgi"), 2, "uwsgi", "asgi", "granian")


def test_unknown_server(project: MakeProject) -> None:
    """A server that porch does not know is refused, with the one that was meant."""
    _quiet(_with(project).run_refused("app:app", "--server", "gunicon"), 2, "gunicon", "gunicorn")


def test_busy_port(project: MakeProject) -> None:
    """A port in use is named, and whoever has it goes on."""
    home = _with(project)
    with socket.create_server(("127.0.0.1", home.port)) as first:
        _quiet(home.run_refused("app:app"), 4, str(home.port))
        with socket.create_connection(first.getsockname(), 2):
            assert first.accept()[0].fileno() > 0


def test_foreign_address(project: MakeProject) -> None:
    """An address that this machine does not have is refused."""
    _quiet(_with(project).run_refused("app:app", "--listen", "192.0.2.1:8080"), 4, "192.0.2.1")


def test_static_folder_missing(project: MakeProject) -> None:
    """A static folder that is not there is named."""
    _quiet(_with(project).run_refused("app:app", "--static", "/static/=nowhere"), 2, "nowhere", "/static/")


@pytest.mark.parametrize("folder", [".", "code", "secrets"])
def test_static_folder_with_code(project: MakeProject, folder: str) -> None:
    """A static folder that would publish the project, code or secrets is refused."""
    home = _with(project)
    home.write("code/models.py", "key = 1\n")
    home.write("secrets/.env", "KEY=1\n")
    _quiet(home.run_refused("app:app", "--static", f"/static/={folder}"), 2, "/static/")


@pytest.mark.parametrize("path", ["", "/nowhere/bin"])
def test_nginx_missing(project: MakeProject, path: str) -> None:
    """A named nginx that is not there is refused, with what to do."""
    home = _with(project)
    outcome = home.run_refused("app:app", "--nginx-binary", "/nowhere/nginx", PATH=path)
    _quiet(outcome, 4, "/nowhere/nginx", "nginx")


def test_nginx_that_is_none(project: MakeProject) -> None:
    """A program that is not nginx is refused."""
    _quiet(_with(project).run_refused("app:app", "--nginx-binary", "/bin/true"), 4, "/bin/true")


def test_prestart_that_fails(project: MakeProject) -> None:
    """When the command before the start fails, nothing starts, and its code is said."""
    home = _with(project)
    home.write("prestart.sh", "echo migration failed >&2\nexit 7\n")
    outcome = home.run_refused("app:app")
    assert outcome.code != 0
    assert "migration failed" in outcome.stdout + outcome.stderr
    assert "7" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_double_start(project: MakeProject) -> None:
    """A second start of the same run folder is refused, and the first goes on serving."""
    home = _with(project)
    first = home.run("app:app")
    outcome = home.porch("run", "app:app", "--listen", f"127.0.0.1:{free_port()}")
    _quiet(outcome, 4, str(first.process.pid))
    assert first.get("/").text == "fine"
    assert first.stop() == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_interpreter_that_the_user_cannot_read(project: MakeProject) -> None:
    """Root's own interpreter is no use to the unprivileged user: said, with the fix."""
    home = _with(project)
    private = home.home / "private"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(private / "venv")], check=True)
    private.chmod(0o700)
    home.python = private / "venv" / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = sysconfig.get_path("purelib")
    link = private / "venv" / "lib" / version / "site-packages" / "main.pth"
    link.write_text(f"import site; site.addsitedir({packages!r})\n")
    _quiet(home.run_refused("app:app", "--user", "nobody"), 4, "nobody", str(private))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_project_that_the_user_cannot_read(project: MakeProject) -> None:
    """A project in a folder closed to the unprivileged user is said, with the fix."""
    home = _with(project)
    home.folder.chmod(0o700)
    _quiet(home.run_refused("app:app", "--user", "nobody"), 4, "nobody", str(home.folder))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_unknown_user(project: MakeProject) -> None:
    """A user that the machine does not have is named."""
    outcome = _with(project).run_refused("app:app", "--user", "nobody-here")
    assert outcome.code in {2, 4}
    _quiet(outcome, outcome.code, "nobody-here")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["migrrate", "now"], "migrrate is not found"),
        (["./prepare"], "./prepare is not executable"),
        (["python", "prepair.py"], "there is no script prepair.py"),
    ],
)
def test_check_looks_at_the_command_that_runs_first(project: MakeProject, words: list[str], said: str) -> None:
    """A prestart command that is missing, not executable, or without its script is told before anything is started."""
    asked = project("echo_wsgi")
    asked.write("prepare", "#!/bin/sh\n")
    asked.write("porch.toml", f"[app]\nprestart = {json.dumps(words)}\n")
    told = asked.porch("check", "app:app")
    assert told.code == 4
    assert f"the prestart command cannot be run: {said}" in told.stderr
    assert "at:  app.prestart from porch.toml:2" in told.stderr


NO_DATABASE = """\
from aiohttp import web


async def connect(app):
    raise RuntimeError("no database")


app = web.Application()
app.on_startup.append(connect)
"""


def test_an_aiohttp_app_that_fails_as_it_starts(project: MakeProject) -> None:
    """What it does when it starts is its own too: one traceback, and neither aiohttp's frames nor gunicorn's."""
    outcome = _with(project, NO_DATABASE).run_refused("app:app")
    said = _refused(outcome, 3, "The app app:app raised RuntimeError: no database, when it started")
    assert (said + outcome.stdout).count("Traceback") == 1
    assert "site-packages" not in said + outcome.stdout
