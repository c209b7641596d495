"""uWSGI's file and command."""

from __future__ import annotations

from configparser import ConfigParser
from typing import Any

from plans import make_plan
from porch import worker
from porch.servers.uwsgi import UWSGI
from porch.targets import standalone


def options_of(**overrides: Any) -> dict[str, str]:
    """What the file says."""
    reader = ConfigParser(interpolation=None, strict=False)  # uWSGI runs each hook of a name
    reader.read_string(UWSGI.files(make_plan(**overrides))[0].text)
    return dict(reader["uwsgi"])


def test_file_holds_the_plan() -> None:
    """Sizes and times are those of the plan, though nginx's 504 comes first, and the socket is the generation's own."""
    found = options_of(server__workers=3, server__threads=2, limits__request=20, limits__graceful=25)
    assert (found["processes"], found["threads"]) == ("3", "2")
    assert (found["harakiri"], found["worker-reload-mercy"]) == ("27", "25")
    assert (found["socket"], found["chmod-socket"]) == ("/run/shop/app-1/app.sock", "660")


def test_a_worker_tells_its_stack_before_it_is_killed() -> None:
    """Where this uWSGI knows how; an option that it does not know would keep it from starting."""
    assert options_of(server__version="2.0.30.post1")["harakiri-graceful-signal"] == str(worker.STACKS)
    assert "harakiri-graceful-signal" not in options_of(server__version="2.0.21")


def test_without_porch_it_bounds_each_request_itself() -> None:
    """Nobody else would."""
    assert options_of(run__generation=0, limits__request=20)["harakiri"] == "20"


def test_a_client_that_takes_nothing_is_nginxs_to_give_up() -> None:
    """uWSGI would end its answer as if it were whole."""
    assert options_of(clients__body_timeout=20)["socket-timeout"] == "25"


def test_cheaper_only_where_fewer_are_kept() -> None:
    """uWSGI refuses a cheaper that is not below the number of processes."""
    assert options_of(server__workers=3, server__min_workers=1)["cheaper"] == "1"
    assert "cheaper" not in options_of(server__workers=3, server__min_workers=0)
    assert "cheaper" not in options_of(server__workers=3, server__min_workers=3)


def test_no_option_opens_an_address() -> None:
    """Whoever speaks the protocol can run code: a unix socket is all there is."""
    found = options_of()
    assert not {"http", "http-socket", "puwsgi-socket", "uwsgi-socket", "stats"} & set(found)
    assert found["socket"].startswith("/")


def test_command_starts_without_the_variables_of_an_image() -> None:
    """The binary beside the interpreter gets no UWSGI_*: from porch's supervisor, or by what comes before it."""
    plan = make_plan(app__python="/venv/bin/python", server__name="uwsgi", server__args=("--stats", "/s"))
    words = UWSGI.argv(plan)
    assert words == ("/venv/bin/uwsgi", "--ini", "/run/shop/app-1/uwsgi.ini", "--stats", "/s")
    assert UWSGI.drops == ("UWSGI_",)
    assert standalone.command(plan)[5:] == ("/venv/bin/python", "-m", "porch_worker.unset", "UWSGI_", "--", *words)


def test_a_stop_reaches_a_worker_that_has_just_begun() -> None:
    """Until it has its own handlers it has its master's, and HUP would have it reload, alone; kept files may reload."""
    hook = "hook-master-start = unix_signal:1 _exit\n"
    assert hook in UWSGI.files(make_plan())[0].text
    assert hook not in UWSGI.files(make_plan(run__generation=0))[0].text
