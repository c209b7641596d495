"""The page for maintenance: switched on and off while requests come, without a reload of anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import ask
from story import MakeProject, Site

PAGE = "<!doctype html><title>Back at noon</title>"
HANDSHAKE = (
    b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
JSON = {"Accept": "application/json"}


@pytest.fixture
def site(project: MakeProject) -> Site:
    """Two apps of two protocols, public files, and the page."""
    made = project("edge_wsgi")
    made.write("away.html", PAGE)
    made.write("static/site.css", "a {}")
    made.write(
        "porch.toml",
        """
[files]
maintenance = "away.html"
[static]
"/static/" = "static"
[mounts."/more"]
app = "app:app"
server = "uwsgi"
workers = 1
[[path]]
url = "/upload/"
rate = "100/s"
body = "20M"
""",
    )
    return made.run("app:app", "--server", "gunicorn", "--workers", "1")


def switch(site: Site, word: str) -> str:
    """Say it, and what is said to it."""
    outcome = site.project.porch("maintenance", word)
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout


def test_the_page_stands_in_place_of_the_apps(site: Site) -> None:
    """At every URL of theirs, for every method, at once; files and health go on; then the apps answer again."""
    assert (site.get("/").text, site.get("/more/").text) == ("ok", "ok")
    assert site.status()["maintenance"] is False
    assert switch(site, "on") == "maintenance is on\n"
    for path in ("/", "/own", "/more", "/more/x", "/upload/x"):
        for method in ("GET", "POST", "HEAD", "DELETE"):
            answer = ask(site.port, method, path, {"Range": "bytes=0-3"}, b"x" * 100_000 if method == "POST" else None)
            assert (answer.status, answer.header("Retry-After")) == (503, "60"), (method, path)
            assert (answer.header("Cache-Control"), answer.header("X-Frame-Options")) == ("no-store", "SAMEORIGIN")
            assert answer.header("Content-Type") == "text/html"
            assert answer.text == ("" if method == "HEAD" else PAGE)
    assert site.post("/upload/x", b"x" * 11_000_000).text == PAGE
    told = site.get("/own", JSON)
    assert (told.status, told.json()["status"], told.header("Retry-After")) == (503, 503, "60")
    assert told.json()["request_id"] == told.header("X-Request-ID")
    assert site.get("/static/site.css").text == "a {}"
    assert (site.get("/-/porch/live").status, site.get("/-/porch/ready").json()) == (200, {"status": "maintenance"})
    assert site.get("/-/porch/maintenance.html").status == 404
    assert site.status()["maintenance"] is True
    assert switch(site, "off") == "maintenance is off\n"
    assert (site.get("/").text, site.get("/more/x").text, site.get("/upload/x").text) == ("ok", "ok", "ok")
    assert site.get("/-/porch/ready").status == 200


def test_it_stays_over_a_reload_and_ends_with_the_instance(site: Site) -> None:
    """A new version of the app comes up behind the page; what is started anew answers."""
    switch(site, "on")
    reloaded = site.project.porch("reload")
    assert reloaded.code == 0, reloaded.stderr
    assert site.get("/").status == 503
    assert "maintenance is on" in site.project.porch("status").stdout
    assert site.stop() == 0
    assert not Path(site.project.run_folder, "maintenance").exists()


def test_a_websocket_is_no_way_around_it(project: MakeProject) -> None:
    """A handshake is answered with the page as well; without a page, the switch is refused."""
    made = project("edge_asgi")
    made.write("away.html", PAGE)
    site = made.run("app:app", "--workers", "1", "--files-maintenance", "away.html")
    switch(site, "on")
    assert site.raw(HANDSHAKE).status == 503
    assert site.stop() == 0
    without = made.run("app:app", "--workers", "1")
    refused = made.porch("maintenance", "on")
    assert (refused.code, "files.maintenance" in refused.stderr) == (2, True)
    assert without.get("/").status == 200
