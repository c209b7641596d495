"""JSON logs: every line that porch writes is one object.

Rule: the whole of both streams is read, from the first line to the last after the stop.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from story import MakeProject

SERVERS = [
    ("echo_wsgi", "granian"),
    ("echo_wsgi", "gunicorn"),
    ("echo_wsgi", "uwsgi"),
    ("echo_asgi", "granian"),
    ("echo_asgi", "uvicorn"),
    ("echo_aiohttp", "gunicorn"),
]


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in lines]
    assert all(isinstance(each, dict) for each in found)
    return found


@pytest.mark.parametrize(("app", "server"), SERVERS, ids=["-".join(each) for each in SERVERS])
def test_every_line_is_an_object(project: MakeProject, app: str, server: str) -> None:
    """Access lines, prints, log records and tracebacks of the app, and porch's own words: one JSON object a line."""
    site = project(app).run("--server", server, "--workers", "1", "--log-format", "json")
    assert site.get("/say?word=%22quoted%22").text == "said"
    assert site.get("/raise").status == 500
    site.get("/caf%C3%A9?a=%22b%22", {"User-Agent": 'quote " backslash \\ end'})
    site.stdout.wait_for("raised on purpose")
    site.stdout.wait_for("backslash")
    site.stdout.wait_for("logging says")
    assert site.stop() == 0
    told = _objects(site.stdout.lines)
    _objects(site.stderr.lines)
    assert any('print says "quoted"' in str(each) for each in told)


def test_access_object_names_its_parts(project: MakeProject) -> None:
    """A machine finds status, method, path, client and request id of each request by name, without parsing text."""
    site = project("echo_wsgi").run("--workers", "1", "--log-format", "json")
    seen = site.get("/one?two=3").json()
    line = json.loads(site.stdout.wait_for("/one")[0])
    assert str(line["status"]) == "200"
    assert line["method"] == "GET"
    assert line["uri"] == "/one?two=3"
    assert seen["request_id"] in line.values()
    assert "127.0.0.1" in line.values()
    assert isinstance(line["app_s"], float)
    assert site.stop() == 0


def test_times_have_one_shape(project: MakeProject) -> None:
    """Access lines, the app's own and porch's have the same kind of time, whatever the zone of the machine."""
    site = project("echo_wsgi").run("--workers", "1", "--log-format", "json", TZ="Asia/Kolkata")
    site.get("/say?word=x")
    site.stdout.wait_for("print says x")
    site.stdout.wait_for('"GET')
    assert site.stop() == 0
    told = _objects([*site.stdout.lines, *site.stderr.lines])
    assert {"app", "access", "porch"} <= {each["source"] for each in told}
    for each in told:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", each["time"]), each
    moments = [datetime.fromisoformat(each["time"]).timestamp() for each in told]
    assert max(moments) - min(moments) < 600


def test_what_nginx_answers_took_the_app_no_time(project: MakeProject) -> None:
    """`app_s` is null where the app was not asked."""
    asked = project("echo_wsgi")
    asked.write("files/a.txt", "a")
    site = asked.run("--workers", "1", "--log-format", "json", "--static", "/files/=files")
    site.get("/files/a.txt")
    assert json.loads(site.stdout.wait_for("/files/a.txt")[0])["app_s"] is None
    assert site.stop() == 0


def test_logs_are_json_when_no_person_looks(project: MakeProject) -> None:
    """Without a terminal and without a word on it, the format is json."""
    site = project("echo_wsgi").run("--workers", "1", "--log-format", "auto")
    site.get("/")
    site.stdout.wait_for('"GET')
    assert site.stop() == 0
    _objects(site.stdout.lines)
    _objects(site.stderr.lines)
