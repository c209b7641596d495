"""Gives the tests of containers an engine; where there can be none, says why.

Rule: in CI a missing engine is a failure, elsewhere a line that says why these tests were left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from engine import Engine, missing


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine that answers, with the base images."""
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(f"CI builds and runs images, but {why}", pytrace=False)
    if why:
        pytest.skip(f"images are built and run where there is an engine: {why}")
    made = Engine()
    yield made
    made.close()
