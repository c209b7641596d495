"""Workers that are replaced after so many requests, or when they have grown: no request is lost, on any server.

Rule: under an open-loop load that accounts for every request; what is replaced is counted by the instance itself.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

import kinds
import pytest
from open_loop import Load
from releases import release
from story import MakeProject, Project, Site
from waiting import until

RATE = 60

SERVERS = kinds.by_name()
SIDE_BY_SIDE = [tuple(SERVERS)[place : place + 3] for place in range(0, len(SERVERS), 3)]
"""Three at a time: most of it is waiting."""
ONE_OF_EACH = ("wsgi-gunicorn-gthread", "wsgi-uwsgi", "asgi-uvicorn", "aiohttp-gunicorn-aiohttp")

GROWS = "kept = []\n\n\ndef grow():\n    kept.append(bytearray(300_000))\n\n"
"""A leak of 300 kB a request."""
AT_EACH = {
    "wsgi": ("    length = len(environ", "    grow()\n    length = len(environ"),
    "asgi": ("    length, more = 0, True", "    grow()\n    length, more = 0, True"),
    "aiohttp": ("    length = len(await", "    grow()\n    length = len(await"),
}


def app(interface: str, *, grows: bool = False) -> str:
    """Its text: each answer is the number of its release, and the length of the body that came."""
    text = release(interface, 1, takes=0)
    return GROWS + text.replace(*AT_EACH[interface]) if grows else text


def start(project: Project, name: str, *words: str, grows: bool = False) -> Site:
    """That server, with those further words."""
    interface, server = SERVERS[name]
    project.write("app.py", app(interface, grows=grows))
    return project.run("app:app", *server, *words)


def load_until(sites: list[Site], number: int) -> list[Load]:
    """Load all of them until that generation serves in each; returns the loads, which are over."""
    with ExitStack() as stack:
        loads = [stack.enter_context(Load(site.port, RATE)) for site in sites]
        for site in sites:
            site.stderr.wait_for(f"generation {number} serves", 120)
    return loads


def told(site: Site) -> str:
    """The last that it wrote, but for the access lines."""
    lines = [line for line in site.stdout.lines if ' HTTP/1.1" 200' not in line]
    return "\n".join([*site.stderr.lines[-20:], *lines[-40:]])


@pytest.mark.parametrize("names", SIDE_BY_SIDE, ids="+".join)
def test_by_requests_none_is_lost(project: MakeProject, names: tuple[str, ...]) -> None:
    """A worker that has done its share is replaced in time, and every request is answered."""
    words = ("--workers", "2", "--server-recycle-requests", "60")
    sites = [start(project(), name, *words) for name in names]
    for site, load in zip(sites, load_until(sites, 2), strict=True):
        assert not load.account.failed, told(site)
        assert load.account.planned == load.account.answered
    for site in sites:
        assert " requests: the next generation takes its place" in site.stderr.text


def test_by_memory_none_is_lost(project: MakeProject) -> None:
    """A worker that has grown over the limit is replaced, every request is answered, and the new one is small again."""
    words = ("--workers", "1", "--server-recycle-memory", "120M")
    sites = [start(project(), name, *words, grows=True) for name in ONE_OF_EACH]
    for site, load in zip(sites, load_until(sites, 2), strict=True):
        assert not load.account.failed, told(site)
        assert load.account.planned == load.account.answered
    for site in sites:
        assert "of memory, more than 120 MiB: the next generation takes its place" in site.stderr.text
        until(lambda site=site: largest(site) < 120 * 1024**2, "the new one is small")  # type: ignore[misc]


def largest(site: Site) -> int:
    """Memory of the app's largest process."""
    sizes = (int(each["rss_bytes"]) for each in site.status()["processes"] if each["name"] == "app")
    return max(sizes, default=sys.maxsize)
