"""`porch run` without a word about the app: found by reading the folder.

Rule: no target is given; what was found is said, with its evidence, and the app answers.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import questions
from questions import Questions
from story import MakeProject

FOUND = [
    pytest.param("flask_factory", "shop:create_app()", "granian", questions.flask_factory, id="flask-factory"),
    pytest.param("fastapi_items", "main:app", "uvicorn", questions.fastapi, id="fastapi"),
    pytest.param("starlette_socket", "app:app", "uvicorn", questions.starlette, id="starlette"),
    pytest.param("aiohttp_hello", "app:app", "gunicorn", questions.aiohttp, id="aiohttp"),
    pytest.param("datasette_memory", "app:app", "uvicorn", questions.datasette, id="datasette"),
    pytest.param("echo_wsgi", "app:app", "granian", questions.plain, id="plain-wsgi"),
    pytest.param("echo_asgi", "app:app", "uvicorn", questions.plain, id="plain-asgi"),
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
    assert "shop/wsgi.py:" in site.stderr.text
    assert "warning" not in site.stderr.text
    assert "WSGI_APPLICATION" in home.porch("explain").stdout
    questions.django(site)
    (home.folder / "staticfiles" / "only-nginx.txt").write_text("from nginx")
    (home.folder / "staticfiles" / "only-nginx.txt").chmod(0o644)
    assert site.get("/static/only-nginx.txt").text == "from nginx"
    assert site.stop() == 0


def test_django_without_collected_files_is_warned(project: MakeProject, django_folder: Path) -> None:
    """The start and `porch check` say what is missing and the command for it; the app is served all the same."""
    home = project(django_folder)
    shutil.rmtree(home.folder / "staticfiles")
    site = home.run("--workers", "1")
    checked = home.porch("check")
    for said in (site.stderr.text, checked.stderr):
        assert "python manage.py collectstatic makes it" in said
    assert checked.code == 0
    assert site.get("/admin/login/").status == 200
    assert site.stop() == 0


@pytest.mark.parametrize(("url", "seen"), [("static/", "/shop/static/"), ("/static/", "/static/")])
def test_django_below_a_prefix(project: MakeProject, django_folder: Path, url: str, seen: str) -> None:
    """Its pages name files where nginx answers for them, also where STATIC_URL stays outside of the prefix."""
    home = project(django_folder)
    settings = home.folder / "shop" / "settings.py"
    settings.write_text(f"{settings.read_text()}\nSTATIC_URL = {url!r}\n")
    site = home.run("--mount", "/shop", "--workers", "1")
    assert f'href="{seen}admin/css/base.css"' in site.get("/shop/admin/login/").text
    assert site.get(f"{seen}admin/css/base.css").status == 200
    assert site.get(f"{seen}nothing.css").status == 404
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


def test_app_that_only_an_import_can_find(project: MakeProject) -> None:
    """An attribute that no line of the file names is found by importing the module, in a child."""
    home = project("echo_wsgi")
    home.write("entry.py", "globals().update(application=__import__('app').app)\n")
    site = home.run("entry:application", "--workers", "1")
    assert site.get("/here").json()["path"] == "/here"
    assert site.stop() == 0


def test_app_imported_by_a_star(project: MakeProject) -> None:
    """A module that only re-exports another's names is a good target."""
    home = project("echo_asgi")
    home.write("entry.py", "from app import *\n")
    site = home.run("entry:app", "--workers", "1")
    assert site.get("/here").json()["path"] == "/here"
    assert site.stop() == 0


def test_folder_given_as_target(project: MakeProject) -> None:
    """`porch run FOLDER` serves the app in that folder."""
    home = project("fastapi_items")
    site = home.run(str(home.folder), "--workers", "1")
    assert site.get("/items/5").json() == {"number": 5, "q": None}
    assert site.stop() == 0
