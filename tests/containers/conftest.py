"""Gives the tests of containers an engine; where there can be none, says why.

Rule: in CI a missing engine is a failure, elsewhere a line that says why these tests were left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from engine import Engine, missing
from index import serving


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an index of packages that has porch."""
    with serving(tmp_path_factory.mktemp("index")) as address:
        yield address


@pytest.fixture(scope="session")
def engine(index: str) -> Iterator[Engine]:
    """A Docker engine that answers, with the base images."""
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(f"CI builds and runs images, but {why}", pytrace=False)
    if why:
        pytest.skip(f"images are built and run where there is an engine: {why}")
    made = Engine(index)
    yield made
    made.close()
