"""One app, every way to run it: `porch run`, and the rendered files without porch.

Rule: the same answers to the same requests, headers included; a new way joins `WAYS` and inherits every question.
"""

from __future__ import annotations

import re
import signal
from typing import Any

import pytest
import without_porch
from story import MakeProject, Site
from waiting import until

WAYS: dict[str, without_porch.Start] = {
    "supervisord": without_porch.by_supervisord,
    "by-hand": without_porch.by_hand,
    "parts": without_porch.by_parts,
}
SERVERS = {
    "granian": ("wsgi", ("--server", "granian")),
    "gunicorn": ("wsgi", ("--server", "gunicorn")),
    "uwsgi": ("wsgi", ("--server", "uwsgi")),
    "uvicorn": ("asgi", ("--server", "uvicorn")),
    "aiohttp": ("aiohttp", ("--server", "gunicorn")),
}
CASES = [
    ("supervisord", "granian"),
    ("supervisord", "uwsgi"),
    ("supervisord", "uvicorn"),
    ("supervisord", "aiohttp"),
    ("by-hand", "gunicorn"),
    ("by-hand", "uwsgi"),
    ("parts", "granian"),
    ("parts", "gunicorn"),
    ("parts", "uwsgi"),
    ("parts", "uvicorn"),
]
"""By hand the servers that have a file of their own; the others are a long command, which a supervisor's file holds."""
COMMON = ("--workers", "1", "--mount", "/api", "--trust", "127.0.0.2/32", "--static", "/files/=files")
FORGED = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "Remote-User": "forged", "X-Request-ID": "forged"}

# One write: under supervisord a line that is written in pieces may have another program's line in its middle.
PRESTART = (
    "import os, pathlib, sys\n"
    "sys.stdout.write(f\"prestart sees {sorted(n for n in os.environ if n.startswith('PORCH_'))}\\n\")\n"
)
SECTION = '[app]\nprestart = ["python", "prepare.py"]\n'


def answers(site: Site) -> dict[str, Any]:
    """What the site answers, with what is another each time taken out."""
    asked = {
        "page": site.get("/api/some/path?x=1"),
        "mount": site.get("/api"),
        "outside": site.get("/elsewhere"),
        "forged": site.get("/api/", FORGED),
        "proxied": site.get("/api/", {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https"}, by="127.0.0.2"),
        "body": site.post("/api/body", b"x" * 100_000),
        "too large": site.post("/api/body", b"", {"Content-Length": str(99 * 1024**2)}),
        "file": site.get("/files/a.txt"),
        "hidden": site.get("/files/.env"),
        "raised": site.get("/api/raise"),
        "live": site.get("/-/porch/live"),
        "ready": site.get("/-/porch/ready"),
    }
    assert all(int(each.header("Content-Length") or len(each.body)) == len(each.body) for each in asked.values())
    return {name: (each.status, headers(each.headers, site), body(each.text, site)) for name, each in asked.items()}


def headers(found: tuple[tuple[str, str], ...], site: Site) -> list[tuple[str, str]]:
    """All but the clock, and the length, which the process id has a part in."""
    volatile = ("date", "last-modified", "etag", "expires", "content-length")
    return [(name, "" if name.lower() in volatile else body(value, site)) for name, value in found]


def body(text: str, site: Site) -> str:
    """The same, whatever the port, the process and the request."""
    # The port last, and as a whole number: an id, or the number of a process, may have its digits.
    text = re.sub(r'"(pid|uid)": \d+', r'"\1": 0', re.sub(r"[0-9a-f]{32}", "ID", text))
    return re.sub(rf"\b{site.port}\b", "PORT", text)


def prepared(project: MakeProject, interface: str) -> Any:
    """The echo app with a folder of files and a prestart command."""
    made = project(f"echo_{interface}")
    made.write("files/a.txt", "a file\n")
    made.write("prepare.py", PRESTART)
    made.write("porch.toml", SECTION)
    return made


@pytest.fixture(scope="module")
def by_porch(shared_project: MakeProject) -> dict[str, dict[str, Any]]:
    """What each server answers under porch, asked once."""
    found: dict[str, dict[str, Any]] = {}
    for name, (interface, words) in SERVERS.items():
        site = without_porch.by_porch(prepared(shared_project, interface), (*words, *COMMON))
        found[name] = answers(site)
        assert site.stop() == 0
    return found


@pytest.mark.parametrize(("way", "name"), CASES, ids=[f"{way}-{name}" for way, name in CASES])
def test_same_answers_and_headers(
    project: MakeProject, by_porch: dict[str, dict[str, Any]], way: str, name: str
) -> None:
    """Without porch the site answers as under it, status, headers and body; it stops in order and leaves nothing."""
    interface, words = SERVERS[name]
    site = WAYS[way](prepared(project, interface), (*words, *COMMON))
    assert answers(site) == by_porch[name]
    if interface == "wsgi":
        assert site.get("/api/say?word=now").text == "said"
        # uWSGI writes all to standard error.
        until(lambda: "print says now" in site.stdout.text + site.stderr.text, "what the app prints is not held back")
    # Where uvicorn is the process itself, it ends by the signal that it was told to stop by, its work done.
    assert site.stop() == (-signal.SIGTERM if (way, name) == ("parts", "uvicorn") else 0)
    if way == "supervisord":
        assert "prestart sees []" in site.stdout.text, site.stdout.text
