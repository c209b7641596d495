"""The commands beside `run`, as a user types them.

Rule: what a command prints is used as its reader would use it: JSON is parsed, a file is given to its program.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from explained import value_of
from story import MakeProject, Project, Site

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/usr/local/sbin:/usr/local/bin")


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """A running app to ask about."""
    return shared_project("flask_factory").run("--server", "granian", "--workers", "2")


def test_status_tells_state_and_processes(site: Site) -> None:
    """`status --json` has the state, the generation, the addresses, the server and each process with its numbers."""
    told = site.status()
    assert told["state"] == "ready"
    assert told["generation"] == 1
    assert told["listen"] == [f"127.0.0.1:{site.port}"]
    assert told["server"] == "granian"
    assert {each["name"] for each in told["processes"]} >= {"app", "nginx"}
    for each in told["processes"]:
        assert each["pid"] > 0
        assert each["rss_bytes"] > 1_000_000
        assert each["uptime_s"] >= 0
        assert each["restarts"] == 0
        assert each["role"]


def test_status_for_people(site: Site) -> None:
    """`status` in the project's folder says in words that the site is ready, and where."""
    outcome = site.project.porch("status")
    assert outcome.code == 0
    assert "ready" in outcome.stdout
    assert str(site.port) in outcome.stdout


def test_health_is_answered_and_not_logged(site: Site) -> None:
    """Live and ready are 200 with JSON, and leave no access line."""
    for path in ("/-/porch/live", "/-/porch/ready"):
        answer = site.get(path)
        assert answer.status == 200
        assert isinstance(answer.json(), dict)
    site.get("/items/3")
    site.stdout.wait_for("/items/3")
    assert "/-/porch/" not in site.stdout.text


def test_inside_is_not_public(site: Site) -> None:
    """Nothing else of porch answers on the public listener."""
    for path in ("/-/porch/metrics", "/-/porch/status", "/-/porch/", "/nginx_status"):
        assert site.get(path).status == 404


def test_recent_logs(site: Site) -> None:
    """`logs` shows the lines of the running instance."""
    site.get("/items/4?recent=yes")
    site.stdout.wait_for("recent=yes")
    outcome = site.project.porch("logs")
    assert outcome.code == 0
    assert "recent=yes" in outcome.stdout


def test_stop_command(project: MakeProject) -> None:
    """`stop` returns when all is over; `run` has ended with 0, and a later `status` says that nothing runs."""
    home = project("echo_wsgi")
    running = home.run("--workers", "1")
    outcome = home.porch("stop", "--run-dir", str(home.run_folder))
    assert outcome.code == 0, outcome.stderr
    assert running.wait_end() == 0
    after = home.porch("status", "--run-dir", str(home.run_folder))
    assert after.code != 0
    assert "Traceback" not in after.stderr


def test_instance_is_found_by_the_project(project: MakeProject) -> None:
    """Without --run-dir, `status` and `stop` in the project's folder find what `run` started there."""
    home = project("echo_wsgi")
    home.environment = {}
    running = home.run("--workers", "1")
    assert home.porch("status", "--json").json()["state"] == "ready"
    assert home.porch("stop").code == 0
    assert running.wait_end() == 0


def test_check_says_ok(project: MakeProject) -> None:
    """`check` of a good project says ok and leaves nothing."""
    home = project("flask_factory")
    outcome = home.porch("check")
    assert outcome.code == 0, outcome.stderr
    assert "ok" in outcome.stdout
    home.assert_nothing_left()


def test_check_imports_the_app(project: MakeProject) -> None:
    """`check` of an app that raises on import is exit 3 with the app's own traceback."""
    home = project()
    home.write("app.py", "from flask import Flask\napp = Flask(__name__)\nundefined_name\n")
    outcome = home.porch("check")
    assert outcome.code == 3
    assert "NameError" in outcome.stderr
    home.assert_nothing_left()


def test_check_and_run_say_the_same_of_an_address_that_cannot_be_had(project: MakeProject) -> None:
    """An address of another machine, and one in no folder, are told with the fix by both, not in nginx's words."""
    home = project("flask_factory")
    words = ("--listen", "203.0.113.7:8080", "--listen", f"unix:{home.home}/none/site.sock")
    checked, refused = home.porch("check", *words), home.run_refused(*words)
    assert (checked.code, refused.code) == (4, 4)
    told = checked.stderr[checked.stderr.index("porch: error") :]
    assert "203.0.113.7:8080: this machine has no such address" in told
    assert f"mkdir {home.home}/none" in told
    assert "bind()" not in checked.stderr
    assert refused.stderr.endswith(told)


def test_explain_tells_value_and_origin(project: MakeProject) -> None:
    """Each source of a setting is told as its origin: default, file and line, variable, flag."""
    home = project("flask_factory")
    home.write("porch.toml", "[server]\nworkers = 3\n")
    assert value_of(home, "server.workers") == (3, "porch.toml:2")
    assert value_of(home, "server.workers", PORCH_SERVER_WORKERS="4") == (4, "$PORCH_SERVER_WORKERS")
    assert value_of(home, "server.workers", "--workers", "5", PORCH_SERVER_WORKERS="4") == (5, "--workers")
    assert value_of(home, "limits.body")[1] == "default"


def test_explain_tells_everything(project: MakeProject) -> None:
    """`explain --json` is one JSON value, and `explain` names the app that was found."""
    home = project("flask_factory")
    assert home.porch("explain", "--json").json()
    assert "shop:create_app()" in home.porch("explain").stdout


def test_init_writes_what_check_accepts(project: MakeProject) -> None:
    """`init` writes a porch.toml with what was found, `check` accepts it, and a second `init` does not overwrite it."""
    home = project("flask_factory")
    assert home.porch("init").code == 0
    written = (home.folder / "porch.toml").read_text()
    assert "shop:create_app()" in written
    checked = home.porch("check")
    assert checked.code == 0, checked.stderr
    home.write("porch.toml", written + "# mine\n")
    again = home.porch("init")
    assert again.code != 0
    assert (home.folder / "porch.toml").read_text() == written + "# mine\n"


def test_rendered_nginx_is_accepted_by_nginx(project: MakeProject) -> None:
    """What `render nginx` prints is the same each time, and nginx itself accepts it."""
    home = project("flask_factory")
    first, second = home.porch("render", "nginx"), home.porch("render", "nginx")
    assert first.code == 0, first.stderr
    assert first.stdout == second.stdout
    _judge(home)


def _judge(home: Project) -> None:
    assert NGINX, "an nginx is needed to judge"
    folder = home.home / "rendered"
    outcome = home.porch("render", "nginx", "--out", str(folder), "--nginx-binary", NGINX)
    assert outcome.code == 0, outcome.stderr
    home.run_folder.mkdir(exist_ok=True)
    judged = subprocess.run(
        [NGINX, "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")], capture_output=True, text=True, check=False
    )
    shutil.rmtree(home.run_folder)
    assert judged.returncode == 0, judged.stderr


@pytest.mark.parametrize("target", ["gunicorn", "uwsgi"])
def test_rendered_server_files(project: MakeProject, target: str) -> None:
    """`render gunicorn` and `render uwsgi` print a configuration that names the app."""
    outcome = project("flask_factory").porch("render", target)
    assert outcome.code == 0, outcome.stderr
    assert "shop" in outcome.stdout


def test_edited_file_is_kept(project: MakeProject) -> None:
    """A rendered file that was edited by hand is not overwritten."""
    home = project("flask_factory")
    folder = home.home / "rendered"
    assert home.porch("render", "nginx", "--out", str(folder)).code == 0
    edited = folder / "nginx.conf"
    edited.write_text(edited.read_text() + "# mine\n")
    assert home.porch("render", "nginx", "--out", str(folder)).code != 0
    assert edited.read_text().endswith("# mine\n")


def test_help_and_version(project: MakeProject) -> None:
    """`--help` lists the commands, `--version` says the version."""
    home = project()
    said = home.porch("--help")
    assert said.code == 0
    for command in ("run", "check", "explain", "render", "status", "stop", "init"):
        assert command in said.stdout
    assert home.porch("--version").code == 0
