"""JSON logs: every line that porch writes is one object.

Rule: the whole of both streams is read, from the first line to the last after the stop.
"""

from __future__ import annotations

import json
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
    assert site.stop() == 0


def test_logs_are_json_when_no_person_looks(project: MakeProject) -> None:
    """Without a terminal and without a word on it, the format is json."""
    site = project("echo_wsgi").run("--workers", "1", "--log-format", "auto")
    site.get("/")
    site.stdout.wait_for('"GET')
    assert site.stop() == 0
    _objects(site.stdout.lines)
    _objects(site.stderr.lines)
