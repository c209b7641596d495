"""Projects of other kinds than the examples, as images: Django with collected files, several apps, gevent workers.

Rule: the app server that each of them wants is nowhere in its requirements, so that the image must bring it.
"""

from __future__ import annotations

from pathlib import Path

from engine import Engine, docker
from saved import inspected

SETTINGS = """\
import os
from pathlib import Path

SECRET_KEY = os.environ["SHOP_SECRET"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                  "django.contrib.messages", "django.contrib.sessions", "django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = Path(__file__).parent.parent / "collected"
"""
DJANGO = {
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/urls.py": 'from django.http import HttpResponse\nfrom django.urls import path\n\n'
    'urlpatterns = [path("", lambda request: HttpResponse("the shop"))]\n',
    "shop/wsgi.py": "import os\n\nfrom django.core.wsgi import get_wsgi_application\n\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n',
    "manage.py": "import os\nimport sys\n\nfrom django.core.management import execute_from_command_line\n\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nexecute_from_command_line(sys.argv)\n',
    "requirements.txt": "django==5.2.9\n",
}  # fmt: skip
ADMIN = "/static/admin/css/base.css"

SEVERAL = {
    "app.py": "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
    '@app.get("/")\ndef home():\n    return f"main at {request.script_root!r}"\n',
    "api.py": "from starlette.applications import Starlette\nfrom starlette.responses import PlainTextResponse\n"
    "from starlette.routing import Route\n\n\nasync def item(request):\n"
    '    return PlainTextResponse(f"item at {request.scope[\'root_path\']!r}")\n\n\n'
    'app = Starlette(routes=[Route("/item", item)])\n',
    "back/app.py": "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
    '@app.get("/")\ndef home():\n    return f"back at {request.script_root!r}"\n',
    "back/static/back.css": "p { color: plum }\n",
    "requirements.txt": "flask==3.1.3\nstarlette\n",
    "porch.toml": '[app]\ntarget = "app:app"\n\n[server]\nname = "uwsgi"\n\n'
    '[mounts."/api"]\napp = "api:app"\nserver = "uvicorn"\nworkers = 1\n\n'
    '[mounts."/back"]\nfolder = "back"\nserver = "gunicorn"\nworker_class = "gevent"\nworkers = 1\n',
}  # fmt: skip


def written(folder: Path, files: dict[str, str]) -> Path:
    """The project's folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_django_collects_while_building(tmp_path: Path, engine: Engine) -> None:
    """nginx hands out the admin's files, the secret of the build is nowhere, and that of the container is asked for."""
    folder = written(tmp_path / "django", DJANGO)
    engine.render(folder, "--slim")
    image = engine.build(folder)
    told = str(inspected(image)["Config"]) + docker("history", "--no-trunc", image).stdout
    assert "SHOP_SECRET" not in told
    running = engine.start(image, env={"SHOP_SECRET": "known at the start"}).wait_ready()
    assert running.ask("/").text == "the shop"
    style = running.ask(ADMIN)
    assert (style.status, style.header("Content-Type")) == (200, "text/css")
    assert "--primary" in style.text
    asked = {each["uri"]: each for each in running.lines() if each["source"] == "access"}
    assert asked[ADMIN]["app_s"] is None
    without = docker("run", "--rm", image, check=False)
    assert without.returncode == 3
    assert "KeyError: 'SHOP_SECRET'" in without.stdout + without.stderr


def test_several_apps_are_one_image(tmp_path: Path, engine: Engine) -> None:
    """Each has its own server, uWSGI, uvicorn or gunicorn on gevent, with the packages that it needs; each is asked."""
    folder = written(tmp_path / "several", SEVERAL)
    engine.render(folder, "--slim")
    given = {"UWSGI_PROCESSES": "3", "UWSGI_CHEAPER": "1"}
    container = engine.start(engine.build(folder), env=given).wait_ready()
    assert container.ask("/").text == "main at ''"
    assert container.ask("/api/item").text == "item at '/api'"
    assert container.ask("/back/").text == "back at '/back'"
    assert container.ask("/back/static/back.css").text == "p { color: plum }\n"
    assert container.said("^server: uwsgi ")
    assert container.said(r"^app at: /api/ .* on uvicorn ")
    assert container.said(r"^app at: /back/ .* on gunicorn .*\(gevent workers\)")
    read = "import glob; print(open(glob.glob('/tmp/porch-*/*/app-1/uwsgi.ini')[0]).read())"
    told = container.inside(command=("python", "-c", read)).splitlines()
    assert {"processes = 3", "cheaper = 1"} <= {" ".join(line.split()) for line in told}
    assert container.stop() == 0


def test_a_project_that_is_a_package_is_installed(engine: Engine, tmp_path: Path) -> None:
    """Its version and its command are there, and its code is the one in /app."""
    (tmp_path / "src/tiles").mkdir(parents=True)
    (tmp_path / "src/tiles/__init__.py").write_text(
        "from importlib.metadata import version\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        "told = f\"{version('tiles')} from {__file__}\"\n\n\n"
        '@app.get("/")\ndef home():\n    return told\n\n\ndef main():\n    print(told)\n'
    )
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tiles"\nversion = "1.2"\ndependencies = ["flask", "gunicorn"]\n'
        '[project.scripts]\ntiles = "tiles:main"\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    )
    engine.render(tmp_path, "--app-target", "tiles:app", "--app-interface", "wsgi")
    container = engine.start(engine.build(tmp_path), "--read-only", "--tmpfs", "/tmp").wait_ready()
    assert container.ask("/").text == container.run("tiles").stdout.strip() == "1.2 from /app/src/tiles/__init__.py"
