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
