"""A single-page app: nginx answers with its page what is no file beside it and not the app's."""

from __future__ import annotations

import pytest
from asking import ask
from story import MakeProject, Site

PAGE = "<!doctype html><title>Shop</title>"


@pytest.fixture(scope="module", params=["mount", "routes"])
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """A page with what it loads; the app is below one prefix, or at URLs of its own."""
    project = shared_project("edge_wsgi")
    project.write("dist/index.html", PAGE)
    for name in ("assets/app.0a1b2c3d.js", "assets/app.js", "robots.txt", ".well-known/assetlinks.json"):
        project.write(f"dist/{name}", "a file")
    project.write("secret.txt", "a secret")
    routes = [word for url in ("/api/", "/own", "/status/") for word in ("--app-routes", url)]
    own = ["--mount", "/api"] if request.param == "mount" else routes
    site = project.run("app:app", "--server", "gunicorn", "--workers", "1", "--files-single-page", "dist", *own)
    for name in (".env", ".git/config", "settings.toml", "dump.sql", "assets/.hidden.js"):
        project.write(f"dist/{name}", "a secret")
    return site


def test_the_page_stands_for_what_nobody_else_answers(site: Site) -> None:
    """It is asked for anew each time, with all security headers once, and answers HEAD and a name that is known."""
    for path in ("/", "/cart", "/users/ada.lovelace/", "/apis", "/assets", "/index.html", "/cart?x=/../app.py"):
        page = site.get(path)
        assert (page.status, page.text, page.header("Content-Type")) == (200, PAGE, "text/html"), path
        assert (page.header("Cache-Control"), page.header("X-Content-Type-Options")) == ("no-cache", "nosniff"), path
    tag = site.get("/cart").header("ETag")
    assert site.get("/cart", {"If-None-Match": tag}).status == 304
    assert site.get("/cart", {"Range": "bytes=0-8"}).text == PAGE[:9]
    assert ask(site.port, "HEAD", "/cart").header("Content-Length") == str(len(PAGE))
    assert site.post("/cart").status == 405


def test_files_beside_the_page_are_sent(site: Site) -> None:
    """Each with the time that it is kept for, and a type of its own."""
    hashed, plain = site.get("/assets/app.0a1b2c3d.js"), site.get("/assets/app.js")
    assert (hashed.text, hashed.header("Cache-Control")) == ("a file", "public, max-age=31536000, immutable")
    assert (plain.text, plain.header("Cache-Control")) == ("a file", "max-age=3600")
    for each in (hashed, plain):
        assert (each.header("Content-Type"), each.header("X-Frame-Options")) == ("text/javascript", "SAMEORIGIN")
    assert site.get("/.well-known/assetlinks.json").text == "a file"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/app.ffffbbb1.js", "/assets/none.css", "/none.png", "/.env", "/.git/config", "/settings.toml",
        "/dump.sql", "/assets/.hidden.js", "/x.py", "/id_rsa",
    ],
)  # fmt: skip
def test_a_file_that_is_missing_or_hidden_is_404(site: Site, path: str) -> None:
    """What a page loads has no page in its place, and what nobody may read is not told from what is not there."""
    answer = site.get(path)
    assert (answer.status, answer.header("Cache-Control")) == (404, "no-store")
    assert "a secret" not in answer.text


def test_the_apps_own_urls_stay_its_own(site: Site) -> None:
    """Its answers pass as they are, errors too."""
    mounted = "/own" if site.get("/own").text == "ok" else "/api/own"
    assert site.get(mounted).header("X-Frame-Options") == "ALLOW"
    missing = site.get(mounted.replace("own", "status/404"))
    assert (missing.status, missing.text) == (404, "ok")
    assert site.get("/api").text == "ok"
    assert site.get("/-/porch/ready").status == 200


def test_no_path_leads_out_of_the_folder(site: Site) -> None:
    """However it is written, nothing above the page is sent."""
    for dots in ("..", "%2e%2e", "..%2f..", "%2e%2e%2f", "assets/../..", ".%00.", "..;", "%252e%252e"):
        for name in ("secret.txt", "app.py", "dist/.env"):
            for before in ("/", "//", "/assets/"):
                assert "a secret" not in site.raw(f"GET {before}{dots}/{name} HTTP/1.0\r\n\r\n".encode()).text
