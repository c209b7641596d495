"""Variables of the images that people come from: each keeps the meaning that it had there, alone and together."""

from __future__ import annotations

import pytest

from porch import images
from porch.settings import specs

ALONE: list[tuple[str, str, str, object]] = [
    ("LISTEN_PORT", "80", "http.listen", "80"),
    ("PORT", "5000", "http.listen", "5000"),
    ("NGINX_MAX_UPLOAD", "0", "limits.body", "0"),
    ("NGINX_MAX_UPLOAD", "200m", "limits.body", "200M"),
    ("NGINX_MAX_UPLOAD", "200M", "limits.body", "200M"),
    ("NGINX_WORKER_PROCESSES", "auto", "nginx.workers", "auto"),
    ("NGINX_WORKER_PROCESSES", "1", "nginx.workers", "1"),
    ("NGINX_WORKER_CONNECTIONS", "1024", "nginx.connections", "1024"),
    ("NGINX_WORKER_OPEN_FILES", "2048", "nginx.open_files", "2048"),
    ("STATIC_URL", "/files", "static", {"/files/": "/app/static"}),
    ("STATIC_PATH", "/srv/static", "static", {"/static/": "/srv/static"}),
    ("STATIC_INDEX", "1", "files.home_page", "/app/static/index.html"),
    ("UWSGI_PROCESSES", "16", "server.workers", "16"),
    ("UWSGI_CHEAPER", "2", "server.min_workers", "2"),
    ("MODULE_NAME", "shop.main", "app.target", "shop.main:app"),
    ("VARIABLE_NAME", "api", "app.target", "main:api"),
    ("APP_MODULE", "shop.main:api", "app.target", "shop.main:api"),
    ("WEB_CONCURRENCY", "3", "server.workers", "3"),
    ("WORKERS_PER_CORE", "0.5", "server.workers_per_core", "0.5"),
    ("MAX_WORKERS", "4", "server.max_workers", "4"),
    ("TIMEOUT", "120", "limits.request_timeout", "120"),
    ("GRACEFUL_TIMEOUT", "60", "limits.graceful_timeout", "60"),
    ("KEEP_ALIVE", "5", "server.keep_alive", "5"),
    ("LOG_LEVEL", "INFO", "log.level", "info"),
    ("GUNICORN_CMD_ARGS", "--preload", "server.args", ["--preload"]),
    ("PRE_START_PATH", "/app/prestart.sh", "app.prestart", ["sh", "/app/prestart.sh"]),
]


@pytest.mark.parametrize(("name", "raw", "key", "meant"), ALONE)
def test_each_variable_keeps_its_meaning(name: str, raw: str, key: str, meant: object) -> None:
    """One variable says one setting, with itself as the origin, and its value is read without complaint."""
    assert images.read({name: raw}).values == ((key, meant, f"${name}"),)
    kind = next(spec.kind for spec in specs() if spec.key == key)
    kind.parse(meant)


def test_the_table_above_is_whole() -> None:
    """Every variable that a setting claims to honour is tried above."""
    claimed = {name for spec in specs() for name in spec.images}
    assert claimed <= {name for name, *_ in ALONE}


@pytest.mark.parametrize("name", sorted({name for name, *_ in ALONE}))
def test_an_empty_variable_says_nothing(name: str) -> None:
    """As in the images' own scripts, a variable that is set to nothing is not set."""
    assert images.read({name: ""}).values == ()


TOGETHER: list[tuple[dict[str, str], list[tuple[str, object, str]]]] = [
    ({"MODULE_NAME": "shop", "VARIABLE_NAME": "api"}, [("app.target", "shop:api", "$MODULE_NAME")]),
    (
        {"STATIC_URL": "/files/", "STATIC_PATH": "/srv/s/", "STATIC_INDEX": "1"},
        [("static", {"/files/": "/srv/s/"}, "$STATIC_PATH"), ("files.home_page", "/srv/s/index.html", "$STATIC_INDEX")],
    ),
    ({"STATIC_INDEX": "0"}, []),
    (
        {"PORT": "5000", "LISTEN_PORT": "80"},
        [("http.listen", "5000", "$PORT"), ("http.listen", "80", "$LISTEN_PORT")],
    ),
    (
        {"UWSGI_PROCESSES": "16", "WEB_CONCURRENCY": "3"},
        [("server.workers", "16", "$UWSGI_PROCESSES"), ("server.workers", "3", "$WEB_CONCURRENCY")],
    ),
    (
        {"MODULE_NAME": "shop", "APP_MODULE": "whole:app"},
        [("app.target", "shop:app", "$MODULE_NAME"), ("app.target", "whole:app", "$APP_MODULE")],
    ),
    (
        {"GUNICORN_CMD_ARGS": "--workers 9", "WEB_CONCURRENCY": "3"},
        [("server.workers", "9", "$GUNICORN_CMD_ARGS"), ("server.workers", "3", "$WEB_CONCURRENCY")],
    ),
]


@pytest.mark.parametrize(("environ", "values"), TOGETHER)
def test_variables_together(environ: dict[str, str], values: list[tuple[str, object, str]]) -> None:
    """What belongs together is joined, and of two that mean the same the stronger comes last."""
    assert list(images.read(environ).values) == values


def test_a_whole_url_names_no_folder() -> None:
    """Files on another host are nobody's here; STATIC_PATH then has the URL that it has alone."""
    for url in ("https://cdn.example/static/", "//cdn.example/"):
        assert images.read({"STATIC_URL": url}).values == ()
        assert images.read({"STATIC_URL": url, "STATIC_PATH": "/s"}).values[0][1] == {"/static/": "/s"}


OWN = "$GUNICORN_CMD_ARGS"
GUNICORN: list[tuple[str, dict[str, object]]] = [
    ("-w 3", {"server.workers": "3"}),
    ("--workers=3 --threads 8", {"server.workers": "3", "server.threads": "8"}),
    ("-k gthread", {"server.worker_class": "gthread"}),
    ("-k aiohttp.GunicornWebWorker", {"server.worker_class": "aiohttp"}),
    ("--worker-class aiohttp.worker.GunicornWebWorker", {"server.worker_class": "aiohttp"}),
    ("-k egg:gunicorn#gevent", {"server.worker_class": "gevent"}),
    ("-k gunicorn.workers.ggevent.GeventWorker", {"server.worker_class": "gevent"}),
    ("-k shop.Worker --preload", {"server.args": ["--worker-class", "shop.Worker", "--preload"]}),
    ("-t 90 --graceful-timeout 20", {"limits.request_timeout": "90", "limits.graceful_timeout": "20"}),
    ("--keep-alive 5 --backlog 64", {"server.keep_alive": "5", "server.backlog": "64"}),
    ("-c conf.py --log-level DEBUG", {"server.config": "conf.py", "log.level": "debug"}),
    (
        "--max-requests 1000 -w 2 --max-requests-jitter=50",
        {"server.workers": "2", "server.recycle_requests": "1000"},
    ),
    ("--worker 3", {"server.args": ["--worker", "3"]}),
    ("-w", {"server.args": "-w"}),
    ("--name 'a", {"server.args": "--name 'a"}),
]


@pytest.mark.parametrize(("words", "meant"), GUNICORN)
def test_gunicorns_own_words(words: str, meant: dict[str, object]) -> None:
    """What porch decides is taken from the variable, and the rest is handed on in its order, or whole when broken."""
    found = images.read({"GUNICORN_CMD_ARGS": words})
    assert {key: value for key, value, _ in found.values} == meant
    assert {origin for _, _, origin in found.values} == {OWN}
    assert found.notes == ()


@pytest.mark.parametrize("words", ["-b :80", "--bind=0.0.0.0:80 --bind unix:/x"])
def test_bind_is_left_out_and_said(words: str) -> None:
    """nginx listens in gunicorn's place, so its address is not handed on, and that is said."""
    found = images.read({"GUNICORN_CMD_ARGS": words})
    assert found.values == ()
    assert found.notes == (f"{OWN}: --bind is left out, nginx listens in its place; use --listen",)


def test_uvicorns_workers_are_replaced_and_said() -> None:
    """gunicorn's own ASGI worker stands in for uvicorn's, and that is said."""
    found = images.read({"GUNICORN_CMD_ARGS": "-k uvicorn.workers.UvicornWorker"})
    assert found.values == (("server.worker_class", "asgi", OWN),)
    assert found.notes == (f"{OWN}: its uvicorn workers are replaced by gunicorn's own for ASGI",)


def test_other_variables_mean_nothing() -> None:
    """What no image knows is left alone."""
    assert images.read({"HOME": "/root", "WORKERS": "3"}).values == ()
