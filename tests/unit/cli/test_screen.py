"""What people see: colour only where it is wanted, details above, tables as wide as they need to be."""

from __future__ import annotations

import io

import pytest

from decided import make_facts, plan_of
from porch.cli import screen
from porch.errors import Problem


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


COLOUR = [
    (Terminal(), {}, True),
    (io.StringIO(), {}, False),
    (Terminal(), {"NO_COLOR": "1"}, False),
    (Terminal(), {"TERM": "dumb"}, False),
]


@pytest.mark.parametrize(("stream", "environ", "wanted"), COLOUR)
def test_colour_only_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, environ: dict[str, str], wanted: bool
) -> None:
    """A terminal gets colour unless it or its user says otherwise."""
    monkeypatch.setattr("os.environ", environ)
    assert screen.styled("x", "red", stream) == ("\x1b[31mx\x1b[0m" if wanted else "x")


def test_details_stand_above_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    """The app's own traceback comes first, so that the cause is the last thing read."""
    screen.problems([Problem("it fails", detail="its own\nwords\n\n")])
    assert capsys.readouterr().err == "its own\nwords\nporch: error: it fails\n"


def test_a_table_is_as_wide_as_it_needs_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are as wide as their widest cell, and no line ends in spaces."""
    screen.table([("a", "bb"), ("cccc", "")], ("H", "I"))
    assert capsys.readouterr().out == "H     I\na     bb\ncccc\n"


def test_the_summary_tells_numbers_with_their_reason() -> None:
    """Workers, threads and those kept when idle are in one row, beside why."""
    rows = {name: (value, why) for name, value, why in screen.summary(plan_of({"server.min_workers": 1}))}
    assert rows["server"] == ("uwsgi 2.0.30", "the fastest installed that can do what server.min_workers says")
    assert rows["workers"] == ("3, 1 when idle x 2 threads", "2 cores (CPUs this process may use)")
    assert rows["user"] == ("ada, who started porch", "")


def test_the_summary_tells_the_kind_of_worker_and_what_runs_before() -> None:
    """gunicorn's class, a command that runs first and root's user are told."""
    given = {"server.name": "gunicorn", "app.prestart": "python manage.py migrate", "app.mount": "/api"}
    rows = {name: value for name, value, _ in screen.summary(plan_of(given, make_facts(root=True)))}
    assert rows["server"] == "gunicorn 27.0.1 (gthread workers)"
    assert rows["before"] == "python manage.py migrate"
    assert rows["app at"] == "/api/"
    assert rows["user"] == "www-data"
