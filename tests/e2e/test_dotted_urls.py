"""URLs with a hidden part that are the app's: those that are named reach it, all others stay 404."""

from __future__ import annotations

import pytest
from story import MakeProject, Site

NAMED = ("--app-dotted", "/.web/", "--app-dotted", "/.status")
HERE = ("/.web/", "/.web", "/.web/a/b.css", "/.web/.well-known/x", "//.web/x", "/.status", "/.well-known/caldav", "/")
NOWHERE = (
    "/.web/.git/config", "/.web/a/.env", "/.website/", "/x/.web/", "/.status/x", "/.statuses", "/.git/config", "/.env",
    "/.web/../.git/config", "/.Web/",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """An app that answers whatever it is asked, with a body of its own size at one of these."""
    own = ("--path", "/.web/up/ body=1K")
    return shared_project("edge_asgi").run("app:app", "--server", "uvicorn", "--workers", "1", *NAMED, *own)


def test_what_is_named_reaches_the_app_and_nothing_else_that_is_hidden(site: Site) -> None:
    """With and without a slash at the end; what is hidden below it is not the app's."""
    assert {path: site.get(path).text for path in HERE} == dict.fromkeys(HERE, "ok")
    assert {path: site.get(path).status for path in NOWHERE} == dict.fromkeys(NOWHERE, 404)


def test_it_is_the_app_as_everywhere(site: Site) -> None:
    """A WebSocket opens there, and a path below it has limits of its own."""
    connection = site.websocket("/.web/live")
    connection.send("heard")
    assert connection.receive() == (1, b"HEARD")
    connection.close()
    assert site.post("/.web/up/x", b"x" * 2000).status == 413
    assert site.post("/.web/x", b"x" * 2000).status == 200
    assert site.get("/.web/up/.git/config").status == 404
