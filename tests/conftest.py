"""Lets every test import what tests share: `plans` from here, `serving` from the contract tests."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent

sys.path += [str(HERE), str(HERE / "contract")]
