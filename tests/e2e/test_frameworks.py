"""`porch run` without a word about the app: found by reading the folder.

Rule: no target is given; what was found is said, with its evidence, and the app answers.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import questions
from conftest import MakeProject
from questions import Questions

FOUND = [
    pytest.param("flask_factory", "shop:create_app()", "granian", questions.flask_factory, id="flask-factory"),
    pytest.param("fastapi_items", "main:app", "granian", questions.fastapi, id="fastapi"),
    pytest.param("starlette_socket", "app:app", "granian", questions.starlette, id="starlette"),
    pytest.param("aiohttp_hello", "app:app", "gunicorn", questions.aiohttp, id="aiohttp"),
    pytest.param("datasette_memory", "app:app", "granian", questions.datasette, id="datasette"),
    pytest.param("httpbin_site", "wsgi:app", "granian", questions.httpbin, id="httpbin"),
    pytest.param("echo_wsgi", "app:app", "granian", questions.plain, id="plain-wsgi"),
    pytest.param("echo_asgi", "app:app", "granian", questions.plain, id="plain-asgi"),
]


@pytest.mark.parametrize(("folder", "target", "server", "asked"), FOUND)
def test_app_is_found(project: MakeProject, folder: str, target: str, server: str, asked: Questions) -> None:
    """The app and its kind are found in the folder; the choice of `auto` and the target are said."""
    site = project(folder).run("--workers", "1")
    asked(site)
    assert target in site.stderr.text
    assert server in site.stderr.text
    assert site.status()["server"] == server
    assert site.stop() == 0


def test_django_is_found_with_its_evidence(project: MakeProject, django_folder: Path) -> None:
    """A project from `startproject` is found by its settings, and nginx answers for what collectstatic gathered."""
    home = project(django_folder)
    site = home.run("--workers", "1")
    assert "shop.wsgi:application" in site.stderr.text
    assert "WSGI_APPLICATION" in site.stderr.text
    questions.django(site)
    (home.folder / "staticfiles" / "only-nginx.txt").write_text("from nginx")
    (home.folder / "staticfiles" / "only-nginx.txt").chmod(0o644)
    assert site.get("/static/only-nginx.txt").text == "from nginx"
    assert site.stop() == 0


def test_health_does_not_depend_on_the_apps_hosts(project: MakeProject, django_folder: Path) -> None:
    """Ready and live are answered 200 for a Host that Django itself refuses."""
    site = project(django_folder).run("--workers", "1")
    stranger = {"Host": "stranger.example"}
    assert site.get("/admin/login/", stranger).status == 400
    for path in ("/-/porch/live", "/-/porch/ready"):
        answer = site.get(path, stranger)
        assert answer.status == 200
        assert isinstance(answer.json(), dict)
    assert site.stop() == 0


def test_folder_given_as_target(project: MakeProject) -> None:
    """`porch run FOLDER` serves the app in that folder."""
    home = project("fastapi_items")
    site = home.run(str(home.folder), "--workers", "1")
    assert site.get("/items/5").json() == {"number": 5, "q": None}
    assert site.stop() == 0
