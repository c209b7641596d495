"""gunicorn's file, and what is read of the user's own."""

from __future__ import annotations

from typing import Any

import pytest

from plans import chosen, make_plan
from porch.servers.gunicorn import GUNICORN


def settings_of(**overrides: Any) -> dict[str, Any]:
    """What gunicorn would read in the file."""
    file = GUNICORN.files(make_plan(**overrides))[0]
    found: dict[str, Any] = {}
    exec(compile(file.text, file.path, "exec"), found)  # noqa: S102  # the file is Python, and Python its reader
    return {name: value for name, value in found.items() if not name.startswith("_")}


def test_without_porch_it_bounds_each_request_itself() -> None:
    """Nobody else would."""
    assert settings_of(run__generation=0, limits__request=20)["timeout"] == 20


def test_file_holds_the_plan() -> None:
    """Sizes and times are those of the plan, though nginx's 504 comes first, and the socket is the generation's own."""
    found = settings_of(server__workers=3, server__threads=7, limits__request=20, limits__graceful=25)
    assert (found["workers"], found["threads"], found["worker_class"]) == (3, 7, "gthread")
    assert (found["timeout"], found["graceful_timeout"], found["keepalive"]) == (27, 25, 75)
    assert found["bind"] == "unix:/run/shop/app-1/app.sock"
    assert found["wsgi_app"] == "porch_worker.wsgi:application"


def test_aiohttp_worker_is_named_in_full() -> None:
    """gunicorn knows its own workers by one word, aiohttp's by its path."""
    found = settings_of(app__interface="aiohttp", server__worker_class="aiohttp", server__threads=0)
    assert (found["worker_class"], found["wsgi_app"]) == ("aiohttp.GunicornWebWorker", "porch_worker.web:application")
    assert "threads" not in found


@pytest.mark.parametrize(
    ("version", "there"), [("23.0.0", False), ("25.0.3", False), ("25.1.0", True), ("27.0.1", True), ("", False)]
)
def test_control_socket_is_named_only_where_gunicorn_has_it(version: str, there: bool) -> None:
    """A gunicorn before 25.1 has no such setting."""
    assert ("control_socket_disable" in settings_of(server__version=version)) is there


def test_users_file_comes_first_and_what_the_plan_took_from_it_stays(tmp_path: Any) -> None:
    """Their workers, class and hooks are kept; the socket is ours."""
    config = tmp_path / "gunicorn.conf.py"
    config.write_text("bind = '0.0.0.0:5000'\nworkers = 2 + 3\nworker_class = 'gevent'\ndef on_starting(s): ...\n")
    found = settings_of(
        server__config=str(config),
        server__workers=chosen("server.workers", 0, origin="gunicorn.conf.py:2"),
        server__worker_class=chosen("server.worker_class", "gevent", origin="gunicorn.conf.py:3"),
        server__threads=0,
    )
    assert (found["workers"], found["worker_class"]) == (5, "gevent")
    assert found["bind"].startswith("unix:")
    assert (callable(found["on_starting"]), found["daemon"], found["certfile"]) == (True, False, None)


def test_what_the_user_says_stands_above_their_file(tmp_path: Any) -> None:
    """A flag or variable wins over gunicorn.conf.py."""
    config = tmp_path / "gunicorn.conf.py"
    config.write_text("workers = 5\n")
    told = chosen("server.workers", 2, origin="--workers")
    assert settings_of(server__config=str(config), server__workers=told)["workers"] == 2


def test_users_own_values_are_read_with_their_lines() -> None:
    """What is plain is known; what must be run, or stands below a condition, is only known to be decided there."""
    text = "import os\nworkers = os.cpu_count()\nthreads = 4\nif os.environ:\n    keepalive = 9\nbind = 'x'\n"
    assert GUNICORN.taken_from(text) == {
        "server.workers": (None, 2),
        "server.threads": (4, 3),
        "server.keep_alive": (None, 5),
        "http.listen": ("x", 6),
    }


def test_users_file_that_is_no_python_decides_nothing() -> None:
    """gunicorn itself says what is wrong with it."""
    assert GUNICORN.taken_from("workers = = 3\n") == {}


@pytest.mark.parametrize(
    ("interface", "wanted", "kind"),
    [
        ("wsgi", "auto", "gthread"),
        ("wsgi", "gevent", "gevent"),
        ("asgi", "auto", "asgi"),
        ("aiohttp", "", "aiohttp-uvloop"),
        ("aiohttp", "aiohttp", "aiohttp"),
    ],
)
def test_worker_class_fits_the_app(interface: Any, wanted: str, kind: str) -> None:
    """Without a wish the first that fits is taken."""
    assert GUNICORN.worker_class(interface, wanted, ("aiohttp", "gevent", "uvloop")) == kind


def test_worker_class_whose_package_is_missing_is_not_taken_unasked() -> None:
    """An aiohttp app runs on asyncio's own loop where uvloop is not installed."""
    assert GUNICORN.worker_class("aiohttp", "auto", ("aiohttp",)) == "aiohttp"


@pytest.mark.parametrize(("interface", "wanted"), [("asgi", "gevent"), ("wsgi", "asgi"), ("aiohttp", "gthread")])
def test_worker_class_that_cannot_run_the_app_is_refused(interface: Any, wanted: str) -> None:
    """The message names those that can."""
    with pytest.raises(ValueError, match=f"{wanted} workers cannot run {interface} apps, but these can: "):
        GUNICORN.worker_class(interface, wanted, ())


def test_lines_remember_their_settings() -> None:
    """`explain` finds the line that a setting lands in."""
    file = GUNICORN.files(make_plan(server__workers=3))[0]
    assert [text for _, text in file.lines_of("server.workers")] == ["workers = 3"]


def test_requests_that_the_users_file_limits_are_counted_by_the_supervisor(tmp_path: Any) -> None:
    """A worker that ends by itself loses requests, so gunicorn's own limit is off, but stays where files are kept."""
    config = tmp_path / "gunicorn.conf.py"
    config.write_text("max_requests = 500\nmax_requests_jitter = 5\n")
    assert GUNICORN.taken_from(config.read_text()) == {"server.recycle_requests": (500, 1)}
    theirs = chosen("server.recycle_requests", 500, origin="gunicorn.conf.py:1")
    told = {"server__config": str(config), "server__recycle_requests": theirs}
    assert settings_of(**told)["max_requests"] == 0
    kept = settings_of(**told, run__generation=0, run__kept="/srv/deploy")
    assert (kept["max_requests"], kept["max_requests_jitter"]) == (500, 5)
