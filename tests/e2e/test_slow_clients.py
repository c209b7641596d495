"""Two thousand slow clients at once, by slowhttptest: everybody else is served all the while.

Rule: the attack is the tool's own; that it really held so many connections is judged too.
"""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from story import MakeProject, Site

TOOL = Path("/usr/bin/slowhttptest")
CONNECTIONS = 2000
ATTACKERS = 4
"""Processes of the tool, for one opens no more than some hundred connections in a second."""
SECONDS = 9
MODES: dict[str, tuple[str, ...]] = {
    "headers": ("-H", "-u", "/"),
    "body": ("-B", "-s", "100000", "-t", "POST", "-u", "/body"),
    "read": ("-X", "-w", "1", "-y", "8", "-n", "1", "-z", "8", "-k", "1", "-t", "GET", "-u", "/static/large.css"),
    "range": ("-R", "-t", "HEAD", "-a", "1", "-b", "3000", "-u", "/static/large.css"),
}


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """A site with two threads, so that a slow client that reached the app would stand in everybody's way."""
    project = shared_project("edge_wsgi")
    project.write("static/large.css", "a { color: red }\n" * 20_000)
    words = ("app:app", "--server", "gunicorn", "--workers", "1", "--threads", "2", "--log-access", "false")
    return project.run(*words, "--static", "/static/=static")


def attack(site: Site, mode: str) -> list[subprocess.Popen[str]]:
    """Begin it."""
    *words, path = MODES[mode]
    url = f"http://127.0.0.1:{site.port}{path}"
    each = str(CONNECTIONS // ATTACKERS)
    argv = (str(TOOL), *words, url, "-c", each, "-r", each, "-i", "2", "-l", str(SECONDS), "-p", "5")
    out = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return [subprocess.Popen(argv, **out) for _ in range(ATTACKERS)]  # type: ignore[call-overload]  # it cannot follow the names


def opened(said: str) -> int:
    """How many connections the tool says that it opened."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    if "No open connections left" in plain:
        return CONNECTIONS // ATTACKERS  # all were answered and closed before it looked
    counts = [re.findall(rf"^{name}: +(\d+)", plain, flags=re.MULTILINE) for name in ("connected", "closed")]
    return max((int(held) + int(closed) for held, closed in zip(*counts, strict=True)), default=0)


@pytest.mark.parametrize("mode", MODES)
def test_slow_clients_are_in_nobodys_way(site: Site, mode: str) -> None:
    """No normal request fails while 2,000 clients send, or read, as slowly as they can; nor after them."""
    assert TOOL.exists(), "it is missing; `make test` installs it, or as root: apt-get install slowhttptest"
    begun = attack(site, mode)
    statuses: list[int] = []
    deadline = time.monotonic() + 120
    while any(each.poll() is None for each in begun) and time.monotonic() < deadline:
        statuses += [site.get(path, by="127.0.0.7").status for path in ("/", "/static/site.css", "/-/porch/ready")]
    said = [each.communicate(timeout=60)[0] for each in begun]
    assert sum(map(opened, said)) >= 0.9 * CONNECTIONS, said[0][-1500:]
    assert len(statuses) >= 30
    assert set(statuses) == {200}
    assert site.get("/").status == 200
