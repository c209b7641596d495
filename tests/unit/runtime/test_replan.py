"""What a reload writes, and what it refuses because only a start can change it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plans import make_plan
from porch.errors import Exit, Refused
from porch.runtime import assemble, replan
from porch.runtime.folder import NEXT
from porch.runtime.launch import Launch, from_json
from porch.syntax.file import plain


def launch(folder: Path, generation: int = 1) -> Launch:
    """Of a small plan, in this run folder."""
    plan = make_plan(run__folder=str(folder), run__generation=generation)
    return assemble.launch(plan, ("shop:app", "-w", "2"))


def test_only_what_differs_is_put_beside(tmp_path: Path) -> None:
    """The generation's own files are written to its folder; nginx's lie beside where they differ, and the live stay."""
    live, new = launch(tmp_path), launch(tmp_path, 2)
    for name in ("nginx.conf", "same.conf"):
        (tmp_path / name).write_text("as it was\n")
    files = {
        f"{tmp_path}/nginx.conf": plain("nginx.conf", "new"),
        f"{tmp_path}/same.conf": plain("same.conf", "as it was"),
        f"{tmp_path}/app-2/gunicorn.conf.py": plain("gunicorn.conf.py", "workers = 2"),
    }
    written = replan.write(live, new, files)
    assert written.front == (f"{tmp_path}/nginx.conf",)
    assert (tmp_path / "nginx.conf").read_text() == "as it was\n"
    assert (tmp_path / f"nginx.conf{NEXT}").read_text() == "new\n"
    assert not (tmp_path / f"same.conf{NEXT}").exists()
    assert (tmp_path / "app-2" / "gunicorn.conf.py").read_text() == "workers = 2\n"
    assert from_json(Path(written.launch).read_text()) == new


def test_what_an_earlier_attempt_left_is_gone(tmp_path: Path) -> None:
    """The generation's folder holds what this attempt wrote, and nothing else."""
    (tmp_path / "app-2").mkdir()
    (tmp_path / "app-2" / "failure.json").write_text("{}")
    replan.write(launch(tmp_path), launch(tmp_path, 2), {})
    assert list((tmp_path / "app-2").iterdir()) == []


@pytest.mark.parametrize(("watch", "seconds"), [(False, 30), (True, assemble.WATCHED)])
def test_what_is_open_goes_on_for_less_while_code_is_watched(watch: bool, seconds: float) -> None:
    """The old generation has the graceful timeout, and a moment only where somebody develops."""
    assert assemble.launch(make_plan(run__watch=watch)).graceful_timeout == seconds


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"listen": ("127.0.0.1:9000",)}, "the addresses to listen on: changed from 127.0.0.1:8080 to 127.0.0.1:9000"),
        ({"user": "www-data"}, "the user that the app runs as: changed from who started porch to www-data"),
        ({"folder": "/run/other"}, "the run folder: changed from /run/shop to /run/other"),
        ({"log_format": "json"}, "the log format: changed from text to json"),
        (
            {"protocol": "uwsgi", "server": "uwsgi"},
            "how nginx speaks to the app server: changed from http (gunicorn) to uwsgi (uwsgi)",
        ),
    ],
)
def test_what_needs_a_start(changes: dict[str, Any], told: str) -> None:
    """What a running instance cannot change is refused with both values, and the way to change it."""
    live = launch(Path("/run/shop"))
    with pytest.raises(Refused) as refused:
        replan.refuse_what_needs_a_start(live, replace(live, **changes))
    (problem,) = refused.value.problems
    assert problem.what == told
    assert problem.fix.startswith("porch stop, then porch run")
    assert problem.exit is Exit.RELOAD


def test_all_is_refused_at_once() -> None:
    """Two things that need a start are told together."""
    live = launch(Path("/run/shop"))
    with pytest.raises(Refused) as refused:
        replan.refuse_what_needs_a_start(live, replace(live, user="nobody", log_format="json"))
    assert len(refused.value.problems) == 2


def test_another_server_of_the_same_protocol_may_come() -> None:
    """From one server to another is a reload where nginx speaks to both alike."""
    live = launch(Path("/run/shop"))
    replan.refuse_what_needs_a_start(live, replace(live, server="granian", workers=9, start_timeout=9.0))


def test_the_command_is_kept() -> None:
    """A launch remembers the words after `run`, with the live launch file before them."""
    program = launch(Path("/run/shop")).replan
    assert program is not None
    assert program.argv[-5:] == ("porch.cli.replan", "/run/shop/launch.json", "shop:app", "-w", "2")
