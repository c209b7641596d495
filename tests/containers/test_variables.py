"""Variables at `docker run -e`, without building anew: porch's own, and those of the images that people come from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from engine import Engine
from made import APPS, copied


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> str:
    """The app of article 003: aiohttp on gunicorn, with a prestart.sh beside it."""
    folder = copied(APPS / "aiohttp_hello", tmp_path_factory.mktemp("variables") / "hello")
    (folder / "assets").mkdir()
    (folder / "begin.sh").write_text("echo begin.sh ran\n")
    (folder / "assets/index.html").write_text("the home page\n")
    (folder / "other.py").write_text((folder / "app.py").read_text().replace("hello", "other"))
    engine.render(folder)
    return engine.build(folder)


DECIDED: list[tuple[Mapping[str, str], str, str]] = [
    ({"NGINX_MAX_UPLOAD": "100m"}, "limits.body", "100M"),
    ({"NGINX_WORKER_PROCESSES": "3"}, "nginx.workers", "3"),
    ({"NGINX_WORKER_CONNECTIONS": "2048"}, "nginx.connections", "2048"),
    ({"NGINX_WORKER_OPEN_FILES": "9000"}, "nginx.open_files", "9000"),
    ({"UWSGI_PROCESSES": "3"}, "server.workers", "3"),
    ({"WEB_CONCURRENCY": "3"}, "server.workers", "3"),
    ({"WORKERS_PER_CORE": "2"}, "server.workers", "4"),
    ({"MAX_WORKERS": "1"}, "server.workers", "1"),
    ({"TIMEOUT": "77"}, "limits.request_timeout", "77s"),
    ({"GRACEFUL_TIMEOUT": "21"}, "limits.graceful_timeout", "21s"),
    ({"KEEP_ALIVE": "33"}, "server.keep_alive", "33s"),
    ({"LOG_LEVEL": "WARNING"}, "log.level", "warning"),
    ({"APP_MODULE": "other:app"}, "app.target", "other:app"),
    ({"MODULE_NAME": "other", "VARIABLE_NAME": "app"}, "app.target", "other:app"),
    ({"PRE_START_PATH": "/app/prestart.sh"}, "app.prestart", "sh /app/prestart.sh"),
    ({"PORCH_SERVER_WORKERS": "3", "WEB_CONCURRENCY": "1"}, "server.workers", "3"),
]
"""What is given, and the setting that it decides."""


def test_each_variable_decides_what_it_decided_before(image: str, engine: Engine) -> None:
    """In one container after another, the setting has the value of the variable, and names it as its origin."""
    container = engine.start(image).wait_ready()
    for given, setting, value in DECIDED:
        words = [word for pair in given.items() for word in ("--env", "=".join(pair))]
        told = container.inside(*words, command=("porch", "explain", setting))
        assert value in told.splitlines()[0], (given, told)
        assert any(f"${name}" in told for name in given), (given, told)


def test_article_003_runs_as_it_was_told(image: str, engine: Engine) -> None:
    """Port, upload limit, worker processes, connections and first script, as the article's own script read them."""
    given = {
        "LISTEN_PORT": "9000",
        "NGINX_MAX_UPLOAD": "1k",
        "NGINX_WORKER_PROCESSES": "1",
        "NGINX_WORKER_CONNECTIONS": "2048",
        "PRE_START_PATH": "/app/begin.sh",
        "WEB_CONCURRENCY": "1",
    }
    container = engine.start(image, port=9000, env=given).wait_ready()
    assert [each["message"] for each in container.lines() if each["source"] == "prestart"] == ["begin.sh ran"]
    assert "worker_connections 2048;" in container.inside(command=("sh", "-c", "cat /tmp/porch-*/*/nginx.conf"))
    assert container.ask("/").status == 200
    assert container.send("/", b"x" * 2000).status == 413
    roles = [each["role"] for each in container.status()["processes"]]
    assert (roles.count("nginx worker"), roles.count("app worker")) == (1, 1)


def test_static_files_and_another_app_by_variables(image: str, engine: Engine) -> None:
    """A folder, a home page, another app, gunicorn's own words and another port, all at once."""
    given = {
        "PORT": "8001",
        "STATIC_URL": "/assets",
        "STATIC_PATH": "/app/assets",
        "STATIC_INDEX": "1",
        "NGINX_MAX_UPLOAD": "0",
        "APP_MODULE": "other:app",
        "GUNICORN_CMD_ARGS": "--workers 1 --max-requests 1000",
    }
    container = engine.start(image, port=8001, env=given).wait_ready()
    assert container.ask("/assets/index.html").text == "the home page\n"
    assert container.ask("/").text == "the home page\n"
    # More than porch's own limit, which the variable takes away.
    assert container.send("/upload", b"x" * 11_000_000).text == "11000000"
    roles = [each["role"] for each in container.status()["processes"]]
    assert roles.count("app worker") == 1
