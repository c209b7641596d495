"""Lets the tests import the benchmark's scripts, which are no package.

Rule: nothing is started and no port is opened here; what wrk and the contenders say is given as text.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "bench"))
