"""What supervisord.conf says of users, order and environment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plans import make_plan
from porch.plan import Plan, ProcessPlan
from porch.syntax.file import Unwritable
from porch.targets import supervisord


def plan(**changes: Any) -> Plan:
    """A plan for files that are kept."""
    return make_plan(run__generation=0, run__kept="/srv/deploy", **changes)


def sections(made: Plan) -> dict[str, list[str]]:
    """Name -> lines, without notes."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in supervisord.file(made).text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(name, []).append(line)
    return found


def test_root_gives_the_app_its_user() -> None:
    """supervisord and nginx's master stay root, as ports below 1024 need it; the app never is."""
    found = sections(plan(run__root=True, run__user="www-data"))
    assert "user = root" in found["supervisord"]
    assert "user = www-data" in found["program:app"]
    assert '    USER="www-data",' in found["program:app"]
    assert not [line for line in found["program:nginx"] if line.startswith("user")]


def test_what_a_user_rendered_names_no_other() -> None:
    """All runs as whoever starts it."""
    assert not [line for lines in sections(plan()).values() for line in lines if line.startswith("user")]


def test_nginx_is_started_last_and_stopped_first() -> None:
    """A higher priority is started later and stopped earlier; the listener is there all the time."""
    found = sections(plan())
    priorities = {
        name: int(line.removeprefix("priority = "))
        for name, lines in found.items()
        for line in lines
        if line.startswith("priority")
    }
    assert sorted(priorities, key=priorities.__getitem__) == ["eventlistener:keeper", "program:app", "program:nginx"]


@pytest.mark.parametrize(("name", "told"), [("granian", True), ("gunicorn", False), ("uwsgi", False)])
def test_a_server_with_a_file_is_told_there(name: str, told: bool) -> None:
    """What the wrapper is told stands once: in the server's own file where it has one."""
    text = supervisord.file(plan(server__name=name)).text
    assert ("PORCH_WORKER=" in text) is told
    assert 'PYTHONPATH="/srv/deploy/wrapper"' in text


def test_processes_beside_the_app_are_programs() -> None:
    """Each with its own restarts, signal and variables, stopped between nginx and the app; the listener knows them."""
    queue = ProcessPlan("queue", ("celery", "worker"), True, "on-failure", "INT", (("QUEUE", "mail"),))
    cron = ProcessPlan("cron.2", ("python", "cron.py"), False, "always", "TERM", ())
    found = sections(plan(processes=(queue, cron)))
    assert {"command = celery worker", "autorestart = unexpected", "stopsignal = INT"} <= set(found["program:queue"])
    assert '    QUEUE="mail"' in found["program:queue"]
    assert {"autorestart = true", "startretries = 1000000"} <= set(found["program:cron.2"])
    listener = " ".join(line.strip() for line in found["eventlistener:keeper"])
    assert "porch_worker.keeper nginx queue cron.2 app --essential queue" in listener
    with pytest.raises(Unwritable):
        supervisord.file(plan(processes=(replace(queue, name="keeper"),)))


def test_a_prestart_with_a_lock_runs_while_it_is_held() -> None:
    """By the app's interpreter, and a file that may hold a password is for its owner alone."""
    made = supervisord.file(plan(app__prestart=("migrate",), app__prestart_lock="postgres://me:secret@db/shop"))
    assert made.mode == 0o600
    assert 'PORCH_LOCK="postgres://me:secret@db/shop"' in made.text
    assert '/srv/deploy/wrapper/porch_worker/lock.py", "--", "migrate"]' in made.text


def test_a_prestart_of_any_words_can_be_written() -> None:
    """Quotes and marks that supervisord would cut at are escaped in the JSON that they are told in."""
    text = supervisord.file(plan(app__prestart=("sh", "-c", "echo 'a' ;# %"))).text
    assert 'PORCH_PRESTART=\'["sh", "-c", "echo \\u0027a\\u0027 \\u003b\\u0023 \\u0025"]\'' in text
