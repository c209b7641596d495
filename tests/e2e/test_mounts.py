"""Several apps in one instance: each with a server and workers of its own, one site, one reload, one stop.

Rule: what holds for one app holds for each of them; what happens to one harms no other.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import kinds
import pytest
import releases
import without_porch
from asking import Answer
from open_loop import Load
from releases import release
from story import APPS, MakeProject, Project, Site, open_to_all
from waiting import until

FLASK = """\
from flask import Flask, request, url_for

app = Flask(__name__)


@app.route("/")
def home():
    return {"root": request.script_root, "url": url_for("home", _external=True), "client": request.remote_addr}
"""
FASTAPI = """\
from fastapi import FastAPI, Request, WebSocket

app = FastAPI()


@app.get("/items/{number}")
async def item(number: int, request: Request):
    url = request.url_for("item", number=number)
    return {"root": request.scope["root_path"], "url": str(url), "client": request.client.host}


@app.websocket("/socket")
async def socket(connection: WebSocket):
    await connection.accept()
    await connection.send_text("from " + connection.url.path)
    await connection.receive_text()
"""
TABLES = """\
[mounts."/api"]
app = "api:app"
server = "uvicorn"
workers = 2

[mounts."/back/office"]
folder = "office"
server = "uwsgi"
workers = 2
body = "50M"
"""

RELEASES = """\
[mounts."/api"]
app = "api:app"
server = "uvicorn"
workers = 2

[mounts."/plain"]
app = "plain:app"
server = "uwsgi"
workers = 2
"""
"""The same three servers, for apps that tell their release."""
OF_RELEASES = (("/", "app"), ("/api/", "app/api"), ("/plain/", "app/plain"))


@pytest.fixture(scope="module")
def frameworks(shared_project: MakeProject, django_folder: Path) -> Site:
    """Flask on gunicorn at /, FastAPI on uvicorn at /api, Django's admin on uWSGI at /back/office."""
    made = shared_project()
    made.write("front.py", FLASK)
    made.write("api.py", FASTAPI)
    shutil.copytree(django_folder, made.folder / "office")
    open_to_all(made.folder)
    # Django's session table is written to by the app's user.
    for path in (made.folder / "office", made.folder / "office/db.sqlite3"):
        path.chmod(0o777)
    made.write("porch.toml", TABLES)
    return made.run("front:app", "--server", "gunicorn", "--workers", "2")


def releasing(project: Project, number: int, bad: str = "") -> None:
    """The release of that number of each app; `bad` spoils the second."""
    project.write("app.py", release("wsgi", number, takes=0))
    project.write("api.py", release("asgi", number, bad, takes=0))
    project.write("plain.py", release("wsgi", number, takes=0))


@pytest.fixture
def releases_site(project: MakeProject) -> Site:
    """Three apps that answer with their release."""
    made = project()
    made.write("porch.toml", RELEASES)
    releasing(made, 1)
    site = made.run("app:app", "--server", "gunicorn", "--workers", "2")
    site.wait_loaded(2, "app-1", "app-1-api", "app-1-plain")
    return site


def processes_of(site: Site, name: str, role: str, told: Any = None) -> list[int]:
    """Pids of the workers, or of the master, of one app, as `status` tells them."""
    found = (told or site.status())["processes"]
    return [each["pid"] for each in found if (each["name"], each["role"]) == (name, f"{name} {role}")]


def test_each_app_answers_below_its_prefix(frameworks: Site) -> None:
    """Their routes are as they were, and the URLs that they make are right."""
    here = f"http://127.0.0.1:{frameworks.port}"
    told = frameworks.get("/", {"Host": f"127.0.0.1:{frameworks.port}"}).json()
    assert told == {"root": "", "url": f"{here}/", "client": "127.0.0.1"}
    told = frameworks.get("/api/items/3", {"Host": f"127.0.0.1:{frameworks.port}"}).json()
    assert told == {"root": "/api", "url": f"{here}/api/items/3", "client": "127.0.0.1"}
    answer = frameworks.get("/back/office/admin/")
    assert (answer.status, answer.header("Location")) == (302, "/back/office/admin/login/?next=/back/office/admin/")


def test_what_is_no_prefix_is_the_main_apps(frameworks: Site) -> None:
    """A URL that only begins like a prefix is not below it."""
    for url in ("/apis", "/back/", "/back/officer", "/ap"):
        answer = frameworks.get(url)
        assert (answer.status, "Not Found" in answer.text) == (404, True)
        assert "werkzeug" not in answer.text
        assert "detail" not in answer.text


def test_static_files_of_a_mounted_app_are_nginxs(frameworks: Site) -> None:
    """Django's own are below its prefix; the app is not asked for them."""
    answer = frameworks.get("/back/office/static/admin/css/base.css")
    assert (answer.status, answer.header("Content-Type")) == (200, "text/css")
    assert answer.header("Cache-Control")
    assert frameworks.get("/static/admin/css/base.css").status == 404


def test_a_websocket_reaches_the_app_that_knows_them(frameworks: Site) -> None:
    """On FastAPI it opens; a handshake to the Flask app is a plain request there."""
    socket = frameworks.websocket("/api/socket")
    assert socket.receive()[1] == b"from /api/socket"
    socket.close()
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "x",
        "Sec-WebSocket-Version": "13",
    }
    assert frameworks.get("/", handshake).status == 200


def test_limits_and_headers_are_each_apps_own_and_the_sites(frameworks: Site) -> None:
    """A body that one app takes is refused for another; errors and headers are the site's everywhere."""
    body = b"x" * (11 * 1024**2)
    assert frameworks.post("/api/items/3", body).status == 413
    assert frameworks.post("/back/office/admin/login/", body).status in (400, 403)
    for url in ("/", "/api/items/3", "/back/office/admin/login/"):
        answer = frameworks.get(url)
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert not answer.header("Server").startswith(("gunicorn", "uvicorn"))


def test_status_and_log_tell_the_apps_apart(frameworks: Site) -> None:
    """Each process stands under the name of its app, and each line begins with it."""
    apps = ("app", "app/api", "app/back/office")
    until(lambda: all(len(processes_of(frameworks, name, "worker")) == 2 for name in apps), "all workers are there")
    told = frameworks.status()
    assert [(each["name"], each["prefix"], each["server"]) for each in told["apps"]] == [
        ("app", "", "gunicorn"),
        ("app/api", "/api", "uvicorn"),
        ("app/back/office", "/back/office", "uwsgi"),
    ]
    for name in apps:
        assert len(processes_of(frameworks, name, "master", told)) == 1
    frameworks.stdout.wait_for(r"app/back/office: \*\*\* Starting uWSGI")


def test_readiness_takes_no_body(frameworks: Site) -> None:
    """Each of the apps would be promised a body that only one could be sent."""
    assert frameworks.get("/-/porch/ready").status == 200
    assert frameworks.post("/-/porch/ready", b"x").status == 400
    assert frameworks.get("/-/porch/ready/app-api").status == 404


@pytest.fixture(scope="module")
def echoes(shared_project: MakeProject) -> Site:
    """An echo app of every interface on every server, all in one instance."""
    made = shared_project()
    tables: list[str] = []
    for interface in kinds.BY_INTERFACE:
        shutil.copytree(APPS / f"echo_{interface}", made.folder / interface)
    for (interface, words), name in zip(kinds.every(), kinds.names(), strict=True):
        said = dict(zip(words[::2], words[1::2], strict=True))
        lines = [f'[mounts."/m/{name}"]', f'folder = "{interface}"', 'app = "app:app"', "workers = 1"]
        lines.append(f'server = "{said["--server"]}"')
        kind = said.get("--server-worker-class")
        tables += [*lines, *([f'worker_class = "{kind}"'] if kind else [])]
    made.write("porch.toml", "\n".join(tables) + "\n")
    made.write("main.py", release("wsgi", 1, takes=0))
    return made.run("main:app", "--workers", "1", "--trust", "127.0.0.2/32")


@pytest.mark.parametrize("name", kinds.names())
def test_every_app_sees_its_client_under_a_mount(echoes: Site, name: str) -> None:
    """Client, scheme, host and prefix are the client's, on every server, and none of it can be forged."""
    url = f"/m/{name}"
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/forged"}
    forged |= {"SCRIPT_NAME": "/forged", "X-Real-IP": "6.6.6.6", "X-Forwarded-Host": "forged.example"}
    for headers in ({}, forged):
        seen: dict[str, Any] = echoes.get(f"{url}/some/path", headers).json()
        assert (seen["remote"], seen["scheme"]) == ("127.0.0.1", "http")
        assert seen["host"] == f"127.0.0.1:{echoes.port}"
        assert seen["path"] == ("/some/path" if "prefix" in seen else f"{url}/some/path")
        assert seen.get("prefix", url) == url
        assert len(seen["request_id"]) == 32
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    seen = echoes.get(f"{url}/x", told, by="127.0.0.2").json()
    assert (seen["remote"], seen["scheme"]) == ("203.0.113.9", "https")


def test_a_reload_under_load_loses_nothing(releases_site: Site) -> None:
    """All apps are in their next release at once, and of the requests to each none fails."""
    project = releases_site.project
    with ExitStack() as stack:
        loads = [stack.enter_context(Load(releases_site.port, 30, url)) for url, _ in OF_RELEASES]
        until(lambda: all(load.account.answered > 30 for load in loads), "the load flows")
        for number in (2, 3):
            releasing(project, number)
            done = project.porch("reload", "--run-dir", str(project.run_folder))
            assert done.code == 0, done.stderr
            _flow(loads)
    for load in loads:
        assert not load.account.failed
        assert load.account.answers() == {"1", "2", "3"}
    left = sorted(path.name for path in project.run_folder.glob("app-[0-9]*"))
    assert left == ["app-3", "app-3-api", "app-3-plain"]


def _flow(loads: Sequence[Load]) -> None:
    """Wait until each has ten more answers."""
    asked = [load.account.answered for load in loads]
    until(lambda: all(load.account.answered > count + 10 for load, count in zip(loads, asked, strict=True)), "it flows")


def test_a_broken_release_of_one_keeps_all(releases_site: Site) -> None:
    """The reload is refused with that app's own error, no app goes on, and the next good release is taken."""
    project = releases_site.project
    releasing(project, 2, bad=releases.RAISES)
    refused = project.porch("reload", "--run-dir", str(project.run_folder))
    assert refused.code == 5
    assert "RuntimeError: the release is broken" in refused.stderr
    assert {url: releases_site.get(url).text for url, _ in OF_RELEASES} == {url: "1 0" for url, _ in OF_RELEASES}
    until(lambda: not list(project.run_folder.glob("app-2*")), "nothing of the failed generation is left")
    releasing(project, 3)
    assert project.porch("reload", "--run-dir", str(project.run_folder)).code == 0
    assert {releases_site.get(url).text for url, _ in OF_RELEASES} == {"3 0"}


def test_a_reload_adds_and_takes_away_apps(releases_site: Site) -> None:
    """A new table is a new app, one that is gone leaves its URLs to the main app; a protocol stays."""
    project = releases_site.project
    project.write("porch.toml", RELEASES.replace("/plain", "/other"))
    assert project.porch("reload", "--run-dir", str(project.run_folder)).code == 0
    told = [each["name"] for each in releases_site.status()["apps"]]
    assert told == ["app", "app/api", "app/other"]
    assert releases_site.get("/other/x").text == "1 0"
    project.write("porch.toml", RELEASES.replace("/plain", "/other").replace("uwsgi", "granian"))
    refused = project.porch("reload", "--run-dir", str(project.run_folder))
    assert refused.code == 5
    assert "at /other: changed from uwsgi (uwsgi) to http (granian)" in refused.stderr


def test_workers_that_die_cost_no_get(releases_site: Site) -> None:
    """A worker of each app killed under load: no GET fails, and another takes its place."""
    with ExitStack() as stack:
        loads = [stack.enter_context(Load(releases_site.port, 30, url)) for url, _ in OF_RELEASES]
        until(lambda: all(load.account.answered > 15 for load in loads), "the load flows")
        for _, name in OF_RELEASES:
            killed = processes_of(releases_site, name, "worker")[0]
            os.kill(killed, signal.SIGKILL)
            until(lambda name=name, killed=killed: _replaced(releases_site, name, killed), f"{name} has another worker")  # type: ignore[misc]
    for load in loads:
        failed = load.account.failed
        # As in test_deaths: what nginx can ask again, where it was not held up while the worker died.
        assert load.account.held or not [kind for kind in failed if kind.startswith("GET")], failed
        assert failed.total() <= 2 or load.account.held, failed


def _replaced(site: Site, name: str, killed: int) -> bool:
    now = processes_of(site, name, "worker")
    return killed not in now and len(now) >= 2


def test_a_server_that_dies_comes_back_alone(releases_site: Site) -> None:
    """While one app is away the site is not ready, the others answer, and they are never started again."""
    told = releases_site.status()
    before = {name: processes_of(releases_site, name, "master", told) for _, name in OF_RELEASES}
    answers: list[Answer] = []
    project = releases_site.project
    waits = f"import os\nwhile not os.path.exists('{project.folder}/back'): time.sleep(0.02)\n"
    project.write("api.py", release("asgi", 1, waits, takes=0))
    os.kill(before["app/api"][0], signal.SIGKILL)
    until(lambda: answers.append(releases_site.get("/-/porch/ready")) or answers[-1].status == 503, "it is not ready")
    assert releases_site.get("/plain/").status == 200
    assert releases_site.get("/").status == 200
    project.write("back", "")
    until(lambda: releases_site.get("/-/porch/ready").status == 200, "it is ready again")
    assert releases_site.get("/api/").text == "1 0"
    told = releases_site.status()
    after = {name: processes_of(releases_site, name, "master", told) for _, name in OF_RELEASES}
    assert after["app/api"] != before["app/api"]
    assert {name: after[name] for name in ("app", "app/plain")} == {name: before[name] for name in ("app", "app/plain")}


def test_a_stop_finishes_the_requests_of_all(releases_site: Site) -> None:
    """What each app has in work is answered, then all of them are gone, with exit code 0."""
    answers: dict[str, int] = {}

    def slow(url: str) -> None:
        answers[url] = releases_site.get(f"{url}slow?2").status

    until(lambda: _at_work(releases_site) == 0, "no connection of the readiness question is left")
    asking = [threading.Thread(target=slow, args=(url,)) for url, _ in OF_RELEASES if url != "/plain/"]
    for one in asking:
        one.start()
    until(lambda: _at_work(releases_site) == len(asking), "all of them are at work")
    assert releases_site.stop() == 0
    for one in asking:
        one.join(10)
    assert answers == {"/": 200, "/api/": 200}


def _at_work(site: Site) -> int:
    """Connections to the apps that a request is in work on."""
    from porch.runtime import procfs

    folder = site.project.run_folder
    found = [procfs.connections(str(folder / home / "app.sock")) for home in ("app-1", "app-1-api")]
    return sum(bool(each and each.accepted) for each in found)


def test_supervisord_runs_them_without_porch(project: MakeProject) -> None:
    """Each is a program of its own; readiness asks all, and a stop ends all."""
    made = project()
    made.write("porch.toml", RELEASES)
    releasing(made, 1)
    site = without_porch.by_supervisord(made, ("--server", "gunicorn", "--workers", "1"))
    until(lambda: site.get("/-/porch/ready").status == 200, "every app answers")
    assert {site.get(url).text for url, _ in OF_RELEASES} == {"1 0"}
    assert site.stop() == 0


def test_mistakes_are_named(project: MakeProject) -> None:
    """A key that is misspelt, an app that is not there, and one that cannot be imported are told with their prefix."""
    made = project()
    made.write("app.py", release("wsgi", 1, takes=0))
    made.write("broken.py", "import no_such_module\n\napp = no_such_module.App()\n")
    made.write("porch.toml", '[mounts."/api"]\napp = "app:app"\nwrkers = 2\n')
    refused = made.run_refused("app:app")
    assert refused.code == 2
    assert 'did you mean "workers"?' in refused.stderr
    made.write("porch.toml", '[mounts."/api"]\napp = "nothing:app"\n')
    refused = made.run_refused("app:app")
    assert refused.code == 3
    assert 'mounts "/api"' in refused.stderr
    made.write("porch.toml", '[mounts."/api"]\napp = "broken:app"\ninterface = "wsgi"\n')
    refused = made.run_refused("app:app")
    assert refused.code == 3
    assert "No module named 'no_such_module'" in refused.stderr
    checked = made.porch("check", "app:app")
    assert checked.code == 3
    assert json.loads(made.porch("explain", "--target", "app:app", "--json").stdout)["mounts"][0]["prefix"] == "/api"
