"""Thousands of ways to write a path: none leads to a file that nobody should fetch.

Rule: every such file holds a mark; an answer that has the mark is a leak, whatever its status.
"""

from __future__ import annotations

import http.client
import itertools
import os
import socket
from collections.abc import Iterable, Iterator

import pytest
from story import MakeProject, Project, Site

MARK = b"a-secret-that-nobody-may-read"
DOTS = (
    "..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..;", "..%00", "%c0%ae%c0%ae", "%u002e%u002e", "%e2%80%a5", "...",
    "..%20", "..%09", "..%0d%0a", ".%00.", "..#", "..?",
)  # fmt: skip
SLASHES = ("/", "%2f", "\\", "%5c", "//", "/./", "%252f", "%c0%af", "%ef%bc%8f", "/;/", "/%2e/")
BEFORE = ("/static", "/static/", "/static/sub/", "/media", "/", "/favicon.ico", "/static/sub/../")
OUTSIDE = ("secret.txt", ".env", "app.py", "static_secret/key.txt")
INSIDE = (
    ".env", ".git/config", "sub/.hidden", "app.py", "app.pyc", "settings.toml", "config.yml", "key.pem", "key.key",
    "db.sqlite3", "dump.sql", "site.css.bak", "site.css~", "site.css.swp", "site.css.old",
    "backup.orig", "debug.log", "store.kdbx",
    "cert.p12", "cert.pfx", "id_rsa", "id_ed25519", "conf.ini", "linked.txt", "folder/secret.txt",
)  # fmt: skip
ROOTS = (
    "/static/", "/static//", "/./static/", "//static/", "/static/./", "/%73tatic/", "/static/sub/../", "/x/../static/",
    "/static/sub/..//", "/static%2f", "/static/%2e/", "http://x/static/", "/static/;/", "/STATIC/",
)  # fmt: skip


def spellings(name: str) -> Iterator[str]:
    """Ways to write a name that some server or file system takes for it."""
    stem, dot, end = name.rpartition(".")
    yield from (name, name.upper(), name.title(), name + "/", name + "%00", name + "%00.css", name + "%20", name + ".")
    yield from (
        name + "::$DATA",
        name + ";.css",
        name + "?x=.css",
        name + "#.css",
        "%" + f"{ord(name[0]):02x}" + name[1:],
    )
    yield stem + "%2e" + end if dot else name + "%2f"
    yield name.replace("/", "%2f") + "%5c"


def outside() -> Iterator[str]:
    """Out of a folder."""
    for before, dots, slash, name in itertools.product(BEFORE, DOTS, SLASHES, OUTSIDE):
        yield f"{before}{dots}{slash}{name}"
    for before, slash, name, depth in itertools.product(("/static/", "/"), SLASHES, OUTSIDE, (2, 3, 5)):
        yield f"{before}{('..' + slash) * depth}{name}"


def inside() -> Iterator[str]:
    """To what should not lie in a public folder, but does."""
    for root, name in itertools.product(ROOTS, INSIDE):
        yield from (root + spelled for spelled in spellings(name))


def beside() -> Iterator[str]:
    """To what lies beside it, and to what the app's own folder has."""
    for name in (
        "static_secret/key.txt",
        "static../secret.txt",
        "static.txt",
        "statics/key.txt",
        "staticapp.py",
        "media",
    ):
        yield f"/{name}"
    for name in (*OUTSIDE, ".git/HEAD", "porch.toml", "pyproject.toml", "run/nginx/nginx.conf", "proc/self/environ"):
        yield from (f"/{spelled}" for spelled in spellings(name))


PATHS = sorted({*outside(), *inside(), *beside()})


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """Public folders and a public file; what is secret lies around them and, put there late, among them."""
    project = shared_project("edge_wsgi")
    project.write("icon.ico", "icon")
    for name in (*OUTSIDE[:2], OUTSIDE[3], "porch.toml.example", "media/ok.txt", "static/sub/ok.txt"):
        project.write(name, MARK.decode() if "ok" not in name else "fine")
    with (project.folder / "app.py").open("a") as app:
        app.write(f"# {MARK.decode()}\n")
    pairs = ("--static", "/static/=static", "--static", "/media/=media", "--static", "/favicon.ico=icon.ico")
    site = project.run("app:app", "--server", "granian", "--workers", "1", *pairs, "--log-access", "false")
    put_late(project)
    return site


def put_late(project: Project) -> None:
    """Files that `check` would have refused, and links of another owner."""
    for name in INSIDE[:-2]:
        project.write(f"static/{name}", MARK.decode())
    project.write("static/control.txt", MARK.decode())
    for link, target in (("linked.txt", "secret.txt"), ("folder", "static_secret")):
        path = project.folder / "static" / link
        path.symlink_to(project.folder / target)
        os.chown(path, 12345, 12345, follow_symlinks=False)
    project.write("static_secret/secret.txt", MARK.decode())


def answers(port: int, paths: Iterable[str]) -> Iterator[tuple[str, int, bytes]]:
    """What each path, sent as it is written, is answered."""
    connection: socket.socket | None = None
    for path in paths:
        connection = connection or socket.create_connection(("127.0.0.1", port), 15)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        response = http.client.HTTPResponse(connection, method="GET")
        response.begin()
        yield path, response.status, response.read()
        if response.will_close:
            connection.close()
            connection = None
    if connection:
        connection.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a link of another owner")
def test_no_way_to_write_a_path_leaks(site: Site) -> None:
    """Of all these paths none is answered with a secret, and none with a fault of the site."""
    assert len(PATHS) >= 2000
    leaks, faults, seen = 0, 0, set[int]()
    for _, status, body in answers(site.port, PATHS):
        leaks += MARK in body
        faults += status >= 500
        seen.add(status)
    assert (leaks, faults) == (0, 0)
    assert {200, 400, 404} <= seen


def test_a_leak_would_be_seen(site: Site) -> None:
    """The mark is found in a file that is public, and what is public is served."""
    told = {
        path: body for path, _, body in answers(site.port, ["/static/control.txt", "/favicon.ico", "/media/ok.txt"])
    }
    assert told == {"/static/control.txt": MARK, "/favicon.ico": b"icon", "/media/ok.txt": b"fine"}
