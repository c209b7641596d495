"""What is said of an app that is not where the user said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from porch.worker.porch_worker.load import LoadError, load
from porch.worker.porch_worker.settings import Settings


class Proxy:
    """Like Flask's `request`: each look at it fails while there is no request."""

    @property
    def __call__(self) -> object:
        """What werkzeug does."""
        raise RuntimeError("working outside of request context")


Flask = type("Flask", (), {"__module__": "flask.app"})


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """An app, and beside it what one imports from a framework."""
    made = ModuleType("a_shop")
    made.request, made.site = Proxy(), Flask()  # type: ignore[attr-defined]
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def test_a_proxy_beside_the_app_is_passed_over(module: ModuleType, tmp_path: Path) -> None:
    """What cannot be looked at without a request does not keep the app from being named."""
    with pytest.raises(LoadError) as refused:
        load(Settings(f"{module.__name__}:application", "wsgi", mount="", folder=str(tmp_path), report=""))
    assert 'has no "application"' in str(refused.value)
    assert f'"{module.__name__}:site"' in refused.value.fix


def test_a_project_that_is_not_installed_is_no_missing_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that asks for its own version is there; what lacks is the installation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("edapp.py").write_text("from importlib.metadata import version\nversion('edapp')\n")
    with pytest.raises(LoadError) as refused:
        load(Settings("edapp:app", "wsgi", mount="", folder=str(tmp_path), report=""))
    assert "raised PackageNotFoundError" in str(refused.value)
    assert f"({tmp_path}/edapp.py:2)" in str(refused.value)
    assert refused.value.fix.startswith('"edapp" is there, but not installed: install it')
    assert refused.value.fix.endswith("-m pip install -e .")
