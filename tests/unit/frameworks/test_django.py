"""Django projects, laid out as `startproject` does and as people change it.

Rule: settings are read through what they import, and never run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from projects import GATE, Case, Folder

MANAGE = """\
import os
import sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
SETTINGS = """\
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ["django.contrib.staticfiles"]
WSGI_APPLICATION = "shop.wsgi.application"
STATIC_URL = "static/"
"""


def _project(settings: str = SETTINGS, **more: str) -> Mapping[str, str]:
    return {
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/wsgi.py": GATE.format("wsgi"),
        "shop/asgi.py": GATE.format("asgi"),
        **more,
    }


def _case(  # noqa: PLR0917 - a row of the table
    claim: str,
    files: Mapping[str, str],
    statics: Mapping[str, str] | None = None,
    target: str = "shop.wsgi:application",
    interface: str = "wsgi",
    evidence: tuple[str, ...] = (),
    import_from: str = "",
) -> Case:
    return Case(claim, files, target, interface, "django", evidence, statics or {}, import_from=import_from)


LINES = (
    "shop/wsgi.py:3 DJANGO_SETTINGS_MODULE",
    "shop/settings.py:4 WSGI_APPLICATION",
    "shop/wsgi.py:4 application = get_wsgi_application()",
)
COLLECT = ("python", "manage.py", "collectstatic", "--noinput")
NO_ROOT = (
    "shop/settings.py:5 STATIC_URL has no STATIC_ROOT beside it, so nginx has no folder to serve: "
    "set it and run python manage.py collectstatic"
)
WITHOUT_GATE = "".join(line for line in SETTINGS.splitlines(True) if "WSGI" not in line)
SPLIT = {
    "manage.py": MANAGE.replace("shop.settings", "shop.settings.production"),
    "shop/__init__.py": "",
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": SETTINGS.replace("parent.parent", "parent.parent.parent"),
    "shop/settings/production.py": "from .base import *\nSTATIC_ROOT = BASE_DIR / 'collected'\n",
    "shop/wsgi.py": GATE.format("wsgi").replace("shop.settings", "shop.settings.production"),
    "collected/": "",
}
CASES = [
    _case(
        "startproject as it comes",
        _project(),
        evidence=(
            *LINES,
            NO_ROOT,
        ),
    ),
    _case(
        "a collected folder below BASE_DIR",
        _project(SETTINGS + "STATIC_ROOT = BASE_DIR / 'staticfiles'\n", **{"staticfiles/": ""}),
        {"/static/": "staticfiles"},
        evidence=LINES,
    ),
    _case(
        "os.path.join on a string BASE_DIR, as Django wrote until 3.1",
        _project(
            "import os\nBASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n"
            "WSGI_APPLICATION = 'shop.wsgi.application'\nSTATIC_URL = '/static/'\n"
            "STATIC_ROOT = os.path.join(BASE_DIR, 'staticfiles')\n",
            **{"staticfiles/": ""},
        ),
        {"/static/": "staticfiles"},
    ),
    _case(
        "uploads are the app's to hand out",
        _project(SETTINGS + "MEDIA_URL = '/media/'\nMEDIA_ROOT = BASE_DIR / 'media'\n", **{"media/": ""}),
        evidence=(
            *LINES,
            NO_ROOT,
            "shop/settings.py:7 MEDIA_ROOT holds uploads, which are left to the app; "
            "if everyone may read them, name it with --static URL=FOLDER",
        ),
    ),
    _case("a settings package with a star import", SPLIT, {"/static/": "collected"}),
    _case(
        "files on another host are not nginx's",
        _project(SETTINGS + "STATIC_URL = 'https://cdn.example/'\nSTATIC_ROOT = BASE_DIR / 's'\n", **{"s/": ""}),
        evidence=(*LINES, "shop/settings.py:7 STATIC_ROOT is served elsewhere: STATIC_URL is https://cdn.example/"),
    ),
    _case(
        "a folder that the environment decides",
        _project(SETTINGS + "import os\nSTATIC_ROOT = os.environ.get('ROOT', 'x')\n", **{"x/": ""}),
        evidence=(
            *LINES,
            "shop/settings.py:7 STATIC_ROOT or STATIC_URL is computed; name it with --static URL=FOLDER",
        ),
    ),
    _case(
        "two branches that disagree leave the folder open",
        _project(
            SETTINGS + "if DEBUG:\n    STATIC_ROOT = BASE_DIR / 'a'\nelse:\n    STATIC_ROOT = BASE_DIR / 'b'\n",
            **{"a/": "", "b/": ""},
        ),
    ),
    _case("settings without WSGI_APPLICATION: the wsgi.py beside them", _project(WITHOUT_GATE)),
    _case(
        "channels and an ASGI_APPLICATION: ASGI",
        _project(SETTINGS + "INSTALLED_APPS = ['channels']\nASGI_APPLICATION = 'shop.asgi.application'\n"),
        target="shop.asgi:application",
        interface="asgi",
    ),
    _case(
        "an ASGI_APPLICATION alone changes nothing where WSGI is named too",
        _project(SETTINGS + "ASGI_APPLICATION = 'shop.asgi.application'\n"),
    ),
    _case(
        "asgi.py alone",
        {name: text for name, text in _project(WITHOUT_GATE).items() if name != "shop/wsgi.py"},
        target="shop.asgi:application",
        interface="asgi",
    ),
    _case(
        "channels' router in asgi.py",
        _project(
            SETTINGS + "INSTALLED_APPS = ['daphne']\nASGI_APPLICATION = 'shop.asgi.application'\n",
            **{
                "shop/asgi.py": "from channels.routing import ProtocolTypeRouter\n"
                "application = ProtocolTypeRouter({'http': None})\n"
            },
        ),
        target="shop.asgi:application",
        interface="asgi",
    ),
    _case("no manage.py", {name: text for name, text in _project().items() if name != "manage.py"}),
    _case(
        "WhiteNoise around it",
        _project(
            **{
                "shop/wsgi.py": "from whitenoise import WhiteNoise\n"
                + GATE.format("wsgi")
                + "application = WhiteNoise(application)\n"
            }
        ),
    ),
    _case(
        "manage.py in a folder below: imports start there",
        {f"backend/{name}": text for name, text in _project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n").items()}
        | {"backend/s/": ""},
        {"/static/": "backend/s"},
        evidence=tuple(f"backend/{line}" for line in LINES),
        import_from="backend",
    ),
    _case(
        "manage.py in a package: imports start beside it all the same, because it is a script",
        {f"backend/{name}": text for name, text in _project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n").items()}
        | {"backend/__init__.py": "", "backend/s/": ""},
        {"/static/": "backend/s"},
        evidence=tuple(f"backend/{line}" for line in LINES),
        import_from="backend",
    ),
    _case(
        "manage.py in the package of its own settings: imports start above it",
        {name.replace("manage.py", "shop/manage.py"): text for name, text in _project().items()},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_the_case_holds(case: Case, holds: Callable[[Case], None]) -> None:
    """What the case claims is found."""
    holds(case)


@pytest.mark.parametrize(
    ("lines", "url", "rooted"),
    [
        ("STATIC_URL = 'static/'\n", "/static/", False),
        ("STATIC_URL = '/static/'\n", "/static/", True),
        ("STATIC_URL = 'static/'\nFORCE_SCRIPT_NAME = '/app'\n", "/app/static/", True),
        ("STATIC_URL = '/static/'\nFORCE_SCRIPT_NAME = '/app'\n", "/static/", True),
    ],
)
def test_only_a_relative_url_is_below_the_prefix(folder: Folder, lines: str, url: str, rooted: bool) -> None:
    """Django puts the prefix before a relative STATIC_URL alone, and that prefix may be its own setting."""
    folder.write(_project(f"{SETTINGS}STATIC_ROOT = BASE_DIR / 's'\n{lines}", **{"s/": ""}))
    (static,) = folder.found().statics
    assert (static.url, static.rooted) == (url, rooted)


def test_an_uncollected_folder_says_how_to_collect(folder: Folder) -> None:
    """A STATIC_ROOT that does not exist yet is said with the command that makes it."""
    folder.write(_project(SETTINGS + "STATIC_ROOT = BASE_DIR / 'staticfiles'\n"))
    missing = f"static folder {folder.path}/staticfiles does not exist yet"
    said = f"shop/settings.py:6 STATIC_ROOT {missing}: python manage.py collectstatic makes it"
    assert folder.found().evidence[-1] == said


LOCAL = {
    "shop/local.py": "from shop.settings import *\nSTATIC_ROOT = BASE_DIR / 'of_local'\n",
    "manage.py": MANAGE.replace("shop.settings", "shop.local"),
    "of_local/": "",
    "s/": "",
}


def test_the_gates_settings_go_before_those_of_manage(folder: Folder) -> None:
    """wsgi.py is what runs: its settings are read and cited, and collected with; manage.py's are told beside."""
    finding = folder.write(_project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n", **LOCAL)).found()
    assert finding.evidence[0] == LINES[0]
    assert "manage.py:4 DJANGO_SETTINGS_MODULE shop.local, which its own commands alone take" in finding.evidence
    assert [each.folder for each in finding.statics] == [str(folder.path / "s")]
    assert finding.collect == (*COLLECT, "--settings", "shop.settings")


def test_the_variable_goes_before_both(folder: Folder) -> None:
    """The variable is cited, and collected with where manage.py says another."""
    folder.write(_project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n", **LOCAL))
    finding = folder.found(DJANGO_SETTINGS_MODULE="shop.local")
    assert finding.evidence[0] == "$DJANGO_SETTINGS_MODULE shop.local"
    assert finding.collect == COLLECT


def test_an_assignment_is_stronger_than_the_variable(folder: Folder) -> None:
    """As in Django: the variable is overwritten when wsgi.py is imported."""
    gate = "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    gate += "os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\napplication = get_wsgi_application()\n"
    folder.write(_project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n", **{**LOCAL, "shop/wsgi.py": gate}))
    finding = folder.found(DJANGO_SETTINGS_MODULE="shop.local")
    assert (finding.evidence[0], [each.folder for each in finding.statics]) == (LINES[0], [str(folder.path / "s")])


def test_settings_under_a_computed_name_are_those_beside_the_gate(folder: Folder) -> None:
    """A name that is put together when the app runs is taken to be of the package that the gate is in."""
    computed = {
        name: text.replace('"shop.settings"', '"%s.settings" % project_name()')
        for name, text in _project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n", **{"s/": ""}).items()
    }
    finding = folder.write(computed).found()
    assert [(each.url, each.folder) for each in finding.statics] == [("/static/", str(folder.path / "s"))]


@pytest.mark.parametrize("place", ["", "backend/"])
def test_files_are_collected_by_the_manage_of_the_app(folder: Folder, place: str) -> None:
    """In whatever folder it lies; without a STATIC_ROOT there is nothing to collect."""
    settings = SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n"
    folder.write({f"{place}{name}": text for name, text in _project(settings).items()})
    assert folder.found().collect == ("python", f"{place}manage.py", *COLLECT[2:])
    folder.write({f"{place}shop/settings.py": SETTINGS})
    assert folder.found().collect == ()


@pytest.mark.parametrize(("asked", "place"), [("manage.py", ""), ("backend/manage.py", "backend/")])
def test_manage_stands_for_its_project(folder: Folder, asked: str, place: str) -> None:
    """Who names manage.py, as for runserver, means the project that it is of."""
    folder.write({f"{place}{name}": text for name, text in _project().items()})
    finding = folder.found(asked)
    assert (finding.target, finding.import_from) == ("shop.wsgi:application", str(folder.path / place))


def test_the_app_of_the_other_kind_is_told(folder: Folder) -> None:
    """asgi.py beside wsgi.py, and the other way round; nothing where there is one alone."""
    folder.write(_project())
    assert folder.found().twin == ("shop.asgi:application", "asgi")
    assert folder.found("shop.asgi:application").twin == ("shop.wsgi:application", "wsgi")
    (folder.path / "shop" / "asgi.py").unlink()
    assert folder.found().twin is None


ADMIN = SETTINGS.replace("]", ", 'django.contrib.admin']") + "DEBUG = True\n"
UNCOLLECTED = ADMIN + "STATIC_ROOT = BASE_DIR / 'none'\n"
URLS = "from django.contrib.staticfiles.urls import staticfiles_urlpatterns\nurlpatterns = staticfiles_urlpatterns()\n"


@pytest.mark.parametrize(
    ("settings", "urls", "fix"),
    [
        (ADMIN, "", "set it and run python manage.py collectstatic"),
        (ADMIN + "STATIC_ROOT = None\n", "", "set it and run python manage.py collectstatic"),
        (UNCOLLECTED, "", "does not exist yet: python manage.py collectstatic makes it"),
        (ADMIN + "STATIC_ROOT = env('ROOT')\n", "", "name it with --static URL=FOLDER"),
        (UNCOLLECTED + "DEBUG = False\n", URLS, "does not exist yet: python manage.py collectstatic makes it"),
        (UNCOLLECTED, URLS, ""),
        (UNCOLLECTED + "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n", "", ""),
        (UNCOLLECTED + "MIDDLEWARE = ['servestatic.middleware.ServeStaticMiddleware']\n", "", ""),
        (UNCOLLECTED + "STATICFILES_STORAGE = 'minio_storage.storage.MinioStaticStorage'\n", "", ""),
        (ADMIN + "STORAGES = {'staticfiles': {'BACKEND': 'storages.backends.s3.S3Storage'}}\n", "", ""),
        (UNCOLLECTED + "STATIC_URL = 'https://cdn.example/'\n", "", ""),
        (ADMIN + "STATIC_URL = 'https://cdn.example/'\n", "", ""),
        (UNCOLLECTED + "STATIC_URL = None\n", "", ""),
        (UNCOLLECTED.replace("django.contrib.staticfiles", "shop"), "", ""),
    ],
)
def test_static_files_that_nobody_answers_for_are_warned_of(folder: Folder, settings: str, urls: str, fix: str) -> None:
    """With what to do; not where another part of the project may answer, or another host does."""
    warnings = folder.write(_project(settings, **{"shop/urls.py": urls})).found().warnings
    assert len(warnings) == bool(fix)
    assert all(each.startswith("static files are answered by nobody: shop/settings.py:") for each in warnings)
    assert all(each.endswith(fix) for each in warnings)


def test_the_environment_names_the_settings(folder: Folder) -> None:
    """DJANGO_SETTINGS_MODULE in the environment goes before what manage.py says, as in Django."""
    live = "from shop.settings import *\nSTATIC_ROOT = BASE_DIR / 'live'\n"
    folder.write(_project(**{"shop/live.py": live, "live/": ""}))
    (static,) = folder.found(DJANGO_SETTINGS_MODULE="shop.live").statics
    assert static.folder == str(folder.path / "live")


def test_a_named_target_has_the_static_folder_too(folder: Folder) -> None:
    """`shop.asgi:application` asked for by name is ASGI, with the folders of the settings that it names."""
    folder.write(_project(SETTINGS + "STATIC_ROOT = BASE_DIR / 's'\n", **{"s/": ""}))
    finding = folder.found("shop.asgi:application")
    assert (finding.interface, [one.url for one in finding.statics]) == ("asgi", ["/static/"])
