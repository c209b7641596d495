"""What an app is told that imports a module which is not there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from porch.worker.porch_worker import missing
from porch.worker.porch_worker.causes import reasons
from porch.worker.porch_worker.failure import LoadError

Make = Callable[..., None]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A project of empty modules, which is the folder that the app starts in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(missing.DJANGO, raising=False)

    def made(*names: str) -> None:
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()

    return made


def _told(name: str) -> LoadError:
    return missing.of_app(ModuleNotFoundError(name=name), "shop.wsgi:app")


def test_a_name_of_the_project_is_never_looked_for_elsewhere(make: Make) -> None:
    """A module that lacks in the project's own package is named, with the likeliest of those beside it."""
    make("shop/__init__.py", "shop/settings/production.py", "shop/settings/dev.py")
    told = _told("shop.settings.prod")
    assert told.what == 'there is no module "shop.settings.prod", which shop.wsgi:app needs'
    assert told.fix == 'did you mean "shop.settings.production"?'
    assert _told("shop.models").fix == "correct the name, or add the module to the project"


def test_what_djangos_variable_names_is_the_projects(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its first word is, a settings module is nothing to install."""
    make("shop/__init__.py")
    monkeypatch.setenv(missing.DJANGO, "shopp.settings")
    told = _told("shopp")
    assert told.what == 'there is no module "shopp", which is named by $DJANGO_SETTINGS_MODULE'
    assert "pip" not in told.fix
    assert "pip install shopper" in _told("shopper").fix


def test_the_line_that_names_djangos_settings_is_told(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a file that is being imported holds the name, the file and not the variable is to be corrected."""
    make("shop/__init__.py")
    wsgi = tmp_path / "a_wsgi_of_its_own.py"
    wsgi.write_text("name = 'shop.settings'\nraise ModuleNotFoundError(name=name)\n")
    monkeypatch.setenv(missing.DJANGO, "shop.settings")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError) as error:
        import_module("a_wsgi_of_its_own")
    assert missing.of_app(error.value, "shop").what.endswith(f"named by {wsgi}:1")


def test_the_folder_itself_is_no_package_to_install(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who starts porch inside of a package is sent one folder up; a folder of that name alone says nothing."""
    make("celery/app.py")
    monkeypatch.chdir("celery")
    assert "pip install celery" in _told("celery").fix
    Path("__init__.py").touch()
    assert _told("celery.beat").fix.endswith(f"start it for the one above, {tmp_path}")


def test_a_near_name_comes_before_a_package(make: Make) -> None:
    """A typo in the name of a module of the project is named first."""
    make("config.py")
    assert _told("confg").fix.startswith('did you mean "config", which is in the project? else install')


def test_a_package_that_is_there_is_not_installed_again(make: Make) -> None:
    """What lacks in an installed package is a matter of its version."""
    make()
    told = _told("json.schema")
    assert told.what.endswith('needs the module "json.schema", which the "json" that is installed does not have')
    assert told.fix == 'install the version of "json" that the app was written for, or what adds "json.schema" to it'


def _lost() -> None:
    raise ModuleNotFoundError(name="nosuchdriver")


def _plain() -> None:
    try:
        _lost()
    except ImportError:
        raise ImportError("Failed to load backend")  # noqa: B904  # as apps do


def _from() -> None:
    try:
        _lost()
    except ImportError as error:
        raise ImportError("Failed to load backend") from error


def _exit() -> None:
    try:
        _lost()
    except ImportError:
        raise SystemExit(1)  # noqa: B904  # as apps do


def _read() -> None:
    raise ValueError("no such setting")


def _meanwhile() -> None:
    try:
        _lost()
    except ImportError:
        _read()


def _hidden() -> None:
    try:
        _lost()
    except ImportError:
        raise ImportError("Failed to load backend") from None


@pytest.mark.parametrize(
    ("fails", "told"), [(_plain, True), (_from, True), (_exit, True), (_meanwhile, False), (_hidden, False)]
)
def test_a_missing_module_is_found_behind_another_error(fails: Callable[[], None], told: bool, make: Make) -> None:
    """What is raised because of it leads to it; what fails later, while it is done without, does not."""
    make()
    with pytest.raises((ImportError, SystemExit, ValueError)) as error:
        fails()
    assert missing.remedy(error.value).endswith("-m pip install nosuchdriver" if told else "")
    assert bool(missing.remedy(error.value)) == told
    assert len(list(reasons(error.value))) == 1 + told
