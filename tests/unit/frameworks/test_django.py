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
    "manage.py:4 DJANGO_SETTINGS_MODULE",
    "shop/settings.py:4 WSGI_APPLICATION",
    "shop/wsgi.py:4 application = get_wsgi_application()",
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
        evidence=(*LINES, "shop/settings.py:5 STATIC_URL without STATIC_ROOT nginx has no folder to serve"),
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
            "shop/settings.py:5 STATIC_URL without STATIC_ROOT nginx has no folder to serve",
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
