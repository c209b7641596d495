"""Lets every test import what tests share: `plans` from here, `serving` from the contract tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent

sys.path += [str(HERE), str(HERE / "contract")]

# How long one example takes says how busy the machine is, and nothing of the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=(HealthCheck.too_slow,))
settings.load_profile("shared machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` stands here and not beside its tests, so that it is known whichever tests are named."""
    parser.addoption("--update-golden", action="store_true", help="write what the golden cases expect anew")
