"""The setups of five published tutorials, each started by one command.

Rule: the tutorial's own code, names and routes; what its text promises is asked over HTTP or read from the logs.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from explained import value_of
from story import MakeProject, Site
from waiting import until

COMBINED = r'127\.0\.0\.1 - - \[[^\]]+\] "GET / HTTP/1\.[01]" 200 \d+ "[^"]*" "a browser"'
AGENT = {"User-Agent": "a browser"}


def test_flask_logging_tells_each_request_and_the_apps_own_records_at_once(project: MakeProject) -> None:
    """Access lines in Apache's combined format and the app's records are on stdout while porch still runs."""
    site = project("flask_logging").run("run:loggingapp", "--server", "gunicorn")
    assert site.get("/", AGENT).text == "Hello from run.py"
    site.stdout.wait_for(COMBINED + "$")  # nginx's
    site.stdout.wait_for(COMBINED + r" 0/\d+")  # the app's, with the time that it took
    site.stdout.wait_for("someone asks for the index")
    site.stdout.wait_for("a word from print")
    assert site.running
    assert site.stop() == 0


def test_flask_static_files_come_from_nginx_for_thirty_days(project: MakeProject) -> None:
    """Static files are answered by nginx with `expires 30d`, the page by gunicorn."""
    site = project("flask_static").run("wsgi:app", "--server", "gunicorn", "--workers", "2", "--files-expires", "30d")
    assert "Hello gogo" in site.get("/").text
    style = site.get("/static/style.css")
    assert (style.status, style.text) == (200, "body { color: teal; }\n")
    assert style.header("Cache-Control").startswith("max-age=2592000")
    assert style.header("Content-Type").startswith("text/css")
    assert site.get("/static/none.css").status == 404
    assert site.get("/static../wsgi.py").status == 404
    assert site.get("/static/../wsgi.py").status in {400, 404}
    assert site.stop() == 0


def test_flask_static_folder_can_be_named_on_the_command_line(project: MakeProject) -> None:
    """`--static URL=FOLDER` is answered by nginx, also for a folder that the app knows nothing of."""
    home = project("flask_static")
    home.write("media/photo.txt", "a photo")
    site = home.run("wsgi:app", "--server", "gunicorn", "--static", "/media/=media")
    assert site.get("/media/photo.txt").text == "a photo"
    assert site.stop() == 0


@pytest.fixture(scope="module")
def uwsgi(shared_project: MakeProject) -> Site:
    """The tutorial's uWSGI: cheaper = 1, processes = cores + 1."""
    most = str(len(os.sched_getaffinity(0)) + 1)
    return shared_project("flask_uwsgi").run("--server", "uwsgi", UWSGI_CHEAPER="1", UWSGI_PROCESSES=most)


def test_uwsgi_keeps_one_worker_of_cores_plus_one(uwsgi: Site) -> None:
    """`cheaper = 1` leaves one worker when idle, and at most cores + 1 are allowed."""
    assert uwsgi.get("/").text == "Hello from uWSGI"
    process = uwsgi.get("/process").json()
    assert process["most"] == len(os.sched_getaffinity(0)) + 1
    assert process["cheaper"] == "b'1'" or process["cheaper"] == "1"
    until(lambda: uwsgi.workers_of("app") == [process["pid"]], "it is the only one")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change the user")
def test_uwsgi_runs_as_an_unprivileged_user(uwsgi: Site) -> None:
    """Started by root, the app has neither root's user, group nor supplementary groups."""
    process = uwsgi.get("/process").json()
    assert process["uid"] != 0
    assert process["gid"] != 0
    assert 0 not in process["groups"]


@pytest.mark.parametrize("who", ["worker", "master"])
def test_uwsgi_comes_back_after_death(uwsgi: Site, who: str) -> None:
    """A killed worker, and a killed master, are replaced and the site answers again."""
    before = uwsgi.get("/process").json()
    os.kill(before["pid"] if who == "worker" else before["master"], 9)
    until(lambda: _process_of(uwsgi) not in (None, before["pid"]), f"a new worker answers after the {who}'s death")
    assert uwsgi.get("/").status == 200


def _process_of(site: Site) -> int | None:
    answer = site.get("/process")
    return int(answer.json()["pid"]) if answer.status == 200 else None


def test_aiohttp_reads_every_variable_of_the_image(project: MakeProject) -> None:
    """LISTEN_PORT, NGINX_WORKER_PROCESSES, NGINX_WORKER_CONNECTIONS, NGINX_WORKER_OPEN_FILES and prestart.sh count."""
    home = project("aiohttp_hello")
    variables = {
        "LISTEN_PORT": str(home.port),
        "NGINX_WORKER_PROCESSES": "2",
        "NGINX_WORKER_CONNECTIONS": "1111",
        "NGINX_WORKER_OPEN_FILES": "3333",
        "NGINX_MAX_UPLOAD": "1m",
    }
    site = home.run("--server", "gunicorn", listen=False, **variables)
    assert site.get("/").text == "hello from aiohttp"
    until(lambda: len(site.workers_of("nginx")) == 2, "nginx has two workers")
    assert site.post("/upload", bytes(1024**2)).text == str(1024**2)
    assert site.post("/upload", bytes(1024**2 + 1)).status == 413
    site.stdout.wait_for("prestart.sh beside the app ran")
    assert value_of(home, "nginx.connections", **variables) == (1111, "$NGINX_WORKER_CONNECTIONS")
    assert value_of(home, "nginx.open_files", **variables) == (3333, "$NGINX_WORKER_OPEN_FILES")
    rendered = home.porch("render", "nginx", **variables).stdout
    assert "worker_connections 1111;" in rendered
    assert "worker_rlimit_nofile 3333;" in rendered
    assert site.stop() == 0


def test_aiohttp_takes_any_upload_when_told_zero(project: MakeProject) -> None:
    """`NGINX_MAX_UPLOAD=0` is unlimited; the script named by PRE_START_PATH runs instead of prestart.sh."""
    home = project("aiohttp_hello")
    script = home.write("scripts/before.sh", 'echo "before.sh ran"\n')
    site = home.run("--server", "gunicorn", NGINX_MAX_UPLOAD="0", PRE_START_PATH=str(script))
    assert site.post("/upload", bytes(11 * 1024**2)).text == str(11 * 1024**2)
    site.stdout.wait_for("before.sh ran")
    assert "prestart.sh beside the app ran" not in site.stdout.text
    assert site.stop() == 0


def test_aiohttp_has_a_default_limit_and_ends_gracefully(project: MakeProject) -> None:
    """More than 10 MiB is refused unless told otherwise; a request of 2 s that is in work at TERM is answered."""
    site = project("aiohttp_hello").run("--server", "gunicorn")
    assert site.post("/upload", bytes(10 * 1024**2)).text == str(10 * 1024**2)
    assert site.post("/upload", bytes(10 * 1024**2 + 1)).status == 413
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(site.get, "/slow")
        site.stdout.wait_for("slow begins")
        assert site.stop() == 0
        assert (slow.result().status, slow.result().text) == (200, "slow ends")


def test_gevent_takes_the_users_gunicorn_conf(project: MakeProject) -> None:
    """`workers` and `worker_class` of gunicorn.conf.py count, `bind` does not, as is said; /static/ and /admin/."""
    site = project("flask_gevent").run("app:app", "--server", "gunicorn", "--static", "/static/=html")
    assert site.get("/").text == "Hello Flask!"
    assert site.get("/worker").text == "gevent"
    until(lambda: len(site.workers_of("app")) == 5, "five workers are there")
    site.stderr.wait_for("bind")
    assert site.get("/static/").text == "Static file hosted by Nginx...\n"
    assert site.get("/admin/").text == "Hello Flask Admin!"
    moved = site.get("/admin")
    assert moved.status in {301, 302, 307, 308}
    assert moved.header("Location").removeprefix(f"http://127.0.0.1:{site.port}") == "/admin/"
    assert site.stop() == 0


def test_gevent_app_moves_under_a_prefix_with_its_routes_as_they_are(project: MakeProject) -> None:
    """Under `--mount /api` the same routes answer at /api/, redirects stay inside, and nothing answers outside."""
    words = ("--server", "gunicorn", "--mount", "/api", "--static", "/static/=html")
    site = project("flask_gevent").run("app:app", *words)
    assert site.get("/api/").text == "Hello Flask!"
    assert site.get("/api/admin/").text == "Hello Flask Admin!"
    moved = site.get("/api/admin")
    assert moved.header("Location").removeprefix(f"http://127.0.0.1:{site.port}") == "/api/admin/"
    assert site.get("/static/").text == "Static file hosted by Nginx...\n"
    assert site.get("/admin/").status == 404
    assert site.get("/apiadmin/").status == 404
    assert site.stop() == 0


def test_each_instance_needs_only_its_own_port(project: MakeProject) -> None:
    """Two projects run beside each other, and stopping one leaves the other."""
    first = project("flask_gevent").run("app:app", "--server", "granian")
    second = project("flask_gevent").run("app:app", "--server", "granian")
    assert first.stop() == 0
    assert second.get("/").text == "Hello Flask!"
    assert second.stop() == 0
