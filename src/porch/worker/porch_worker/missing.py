"""What to do where a module is missing: a name of the project's own is wrong, or a package is not installed.

Rule: nobody is sent to an index of packages for a name of the project's own: whatever is found there is a stranger's.
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from .causes import reasons
from .failure import LoadError, machinery

PACKAGES = {
    "bs4": "beautifulsoup4",
    "corsheaders": "django-cors-headers",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pkg_resources": "'setuptools<81'",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "sklearn": "scikit-learn",
    "socketio": "python-socketio",
    "yaml": "pyyaml",
}
"""Modules that web apps import often and that come in a package of another name."""

DJANGO = "DJANGO_SETTINGS_MODULE"


def unlisted(error: BaseException) -> str:
    """The package of which nothing is known but its modules; empty where that is not the error.

    `importlib.metadata` says so with a kind of ModuleNotFoundError, whose name is the package's.
    """
    of_metadata = type(error).__name__ == "PackageNotFoundError" and "importlib" in type(error).__module__
    return str(getattr(error, "name", None) or "") if of_metadata else ""


def of_target(error: ModuleNotFoundError, target: str, folder: str) -> LoadError:
    """The module that the user named is not there."""
    missing = error.name or ""
    near = get_close_matches(missing, _modules_in(Path(folder)), n=1, cutoff=0.6)
    hint = f'did you mean "{near[0]}"? else ' if near else ""
    return LoadError(
        f'there is no module "{missing}" for {target} in {folder}',
        f"{hint}name the app as MODULE:ATTRIBUTE, seen from the project's folder",
        error,
    )


def of_app(error: ModuleNotFoundError, target: str) -> LoadError:
    """A module that the app imports is not there."""
    missing = error.name or ""
    top = missing.partition(".")[0]
    what = f'{target} needs the module "{missing}", which is not installed for this Python'
    if _named_by_django(error):
        what = f'there is no module "{missing}", which is named by {_named_by_django(error)}'
    elif _is_own(top):
        what = f'there is no module "{missing}", which {target} needs'
    elif _installed(missing):
        what = f'{target} needs the module "{missing}", which the "{top}" that is installed does not have'
    return LoadError(what, _fix(error), error)


def remedy(error: BaseException) -> str:
    """The next step where a missing module is why an error was raised; else empty."""
    found = (each for each in reasons(error) if isinstance(each, ModuleNotFoundError) and each.name)
    missing = next(found, None)
    if missing is None:
        return ""
    return _install(unlisted(missing)) if unlisted(missing) else _fix(missing)


def _install(package: str) -> str:
    """Its version and entry points are written where it is installed, and not where its modules lie."""
    way = f"{_python()} -m pip install -e ."
    return f'"{package}" is there, but not installed: install it, where it is the project itself with {way}'


def _python() -> str:
    return sys.executable if Path(sys.executable).name.startswith("python") else "python"


def _fix(error: ModuleNotFoundError) -> str:
    missing = error.name or ""
    top = missing.partition(".")[0]
    own = _own_names()
    if _named_by_django(error) or _is_own(top):
        if top == Path.cwd().name and not _below(top):
            return f"that is the folder that porch was started for: start it for the one above, {Path.cwd().parent}"
        near = _near(missing, own)
        return f'did you mean "{near}"?' if near else "correct the name, or add the module to the project"
    if _installed(missing):
        return f'install the version of "{top}" that the app was written for, or what adds "{missing}" to it'
    near = next(iter(get_close_matches(top, [name for name in own if "." not in name], n=1, cutoff=0.8)), "")
    hint = f'did you mean "{near}", which is in the project? else ' if near else ""
    if below := next((name for name in own if name.endswith(f".{top}")), ""):
        hint = f'run the app from the folder that "{below}" lies in, if that is meant; else '
    return f"{hint}install what the app needs, such as: {_python()} -m pip install {PACKAGES.get(top, top)}"


def _named_by_django(error: ModuleNotFoundError) -> str:
    """Where the settings are named that are missing; empty when it is another module."""
    named = os.environ.get(DJANGO, "")
    if not error.name or not f"{named}.".startswith(f"{error.name}."):
        return ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        lines = [] if machinery(frame.filename) else linecache.getlines(frame.filename)
        for number, line in enumerate(lines, 1):
            if f'"{named}"' in line or f"'{named}'" in line:
                return f"{frame.filename}:{number}"
    return f"${DJANGO}"


def _roots() -> list[Path]:
    """The project's folder, and the folders in it from which modules are imported."""
    here = Path.cwd()
    below = [Path(entry) for entry in sys.path if Path(entry).is_relative_to(here) and "site-packages" not in entry]
    return list(dict.fromkeys([here, *below]))


def _below(top: str) -> bool:
    """Whether the project has a module, or a folder of modules, of that name."""
    return top in {name.partition(".")[0] for name in _own_names()}


def _is_own(top: str) -> bool:
    return _below(top) or (top == Path.cwd().name and Path("__init__.py").exists())


def _own_names() -> list[str]:
    return [name for root in _roots() for name in _modules_in(root)]


def _installed(missing: str) -> bool:
    """Whether the package is there in which a module is missing."""
    top, dot, _ = missing.partition(".")
    try:
        return bool(dot) and find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _near(missing: str, known: list[str]) -> str:
    """The likeliest name: of the modules beside it by its last word, for the words before are the same."""
    package, _, last = missing.rpartition(".")
    beside = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == package]
    near = get_close_matches(last, beside, n=1, cutoff=0.5)
    if near:
        return ".".join(filter(None, (package, near[0])))
    return next(iter(get_close_matches(missing, known, n=1, cutoff=0.8)), "")


def _modules_in(root: Path) -> list[str]:
    """Names that can be imported from a folder, three levels deep."""
    try:
        files = [path for depth in ("*.py", "*/*.py", "*/*/*.py") for path in root.glob(depth)]
    except OSError:
        return []
    names = {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for path in files}
    return sorted(name for name in names if name.replace(".", "").isidentifier())
