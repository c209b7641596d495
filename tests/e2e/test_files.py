"""Files that nginx sends: those with a hash in their name, and those that an answer of the app names."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from story import MakeProject, Site


@pytest.fixture(scope="module")
def site(shared_project: MakeProject) -> Site:
    """A public folder, and one that only the app may open."""
    project = shared_project("edge_wsgi")
    for name in ("site.1f2e3d4c5b6a.css", "report-20240101.css"):
        project.write(f"static/{name}", "a {}\n")
    project.write("paid/book.txt", "a book")
    project.write("secret.txt", "a secret")
    words = ("app:app", "--server", "gunicorn", "--workers", "1", "--static", "/static/=static")
    return project.run(
        *words, "--files-protected", "/protected/=paid", "--limits-body", "10K", "--path", "/download body=1M"
    )


def test_a_file_with_a_hash_in_its_name_is_kept_for_a_year(site: Site) -> None:
    """It is immutable, with all security headers; a date is no hash, and no 404 is kept."""
    kept = site.get("/static/site.1f2e3d4c5b6a.css")
    assert (kept.status, kept.header("Cache-Control")) == (200, "public, max-age=31536000, immutable")
    assert kept.header("X-Content-Type-Options") == "nosniff"
    assert site.get("/static/report-20240101.css").header("Cache-Control") == "max-age=3600"
    missing = site.get("/static/site.aaaabbbbcccc1.css")
    assert (missing.status, missing.header("Cache-Control")) == (404, "no-store")


def test_the_app_alone_opens_a_protected_folder(site: Site) -> None:
    """Its answer names a file, which nginx sends; who asks for it gets 404, and no name leads out."""
    sent = site.get("/download?file=/protected/book.txt")
    assert (sent.status, sent.text, sent.header("Content-Type")) == (200, "a book", "application/x-mine")
    assert sent.all("X-Accel-Redirect") == []
    assert site.post("/download?file=/protected/book.txt", b"x" * 100_000).text == "a book"
    assert site.get("/protected/book.txt").status == 404
    for name in (
        "/protected/../secret.txt",
        "/protected../secret.txt",
        "/protected/%2e%2e/secret.txt",
        "/protected/none",
    ):
        assert "a secret" not in site.get(f"/download?file={name}").text


COLLECTS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles", "django.contrib.admin", "django.contrib.auth",
                  "django.contrib.contenttypes"]
STATIC_URL = "/static/"
STATIC_ROOT = "collected"
STATICFILES_DIRS = ["own"]
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
"""


def test_what_django_has_collected_is_kept_by_its_manifest(project: MakeProject) -> None:
    """Every name that a real `collectstatic` made is kept for a year, and no other, whatever it looks like."""
    made = project("edge_wsgi")
    made.write("shop.py", COLLECTS)
    made.write("own/report.0a1b2c3d4e5f6.css", "a {}")
    made.write("own/LICENSE", "free")
    words = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--settings", "shop", "--pythonpath", "."]
    subprocess.run([*words, "-v", "0"], cwd=made.folder, check=True)
    made.write("collected/app-0a1b2c3d.js", "put there by hand")
    paths = json.loads((made.folder / "collected/staticfiles.json").read_text())["paths"]
    assert len(paths) > 100
    words = ["--server", "gunicorn", "--workers", "1", "--static", "/static/=collected"]
    site = made.run("app:app", *words)
    answers = {name: site.get(f"/static/{name}") for name in (*paths, *paths.values(), "app-0a1b2c3d.js")}
    assert {each.status for each in answers.values()} == {200}
    kept = {name for name, each in answers.items() if "immutable" in each.header("Cache-Control")}
    assert kept == set(paths.values())
