"""Runs the tests in the order of their cost, so that what is cheap to know is known first.

Rule: what bounds a time does not run beside more than there are cores; one closing line tells the whole.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

import pytest

CORES = max(2, os.cpu_count() or 2)
TIMED = ("tests/e2e/test_reload.py", "tests/e2e/test_endings.py")
"""They bound what one request waits."""


@dataclass(frozen=True)
class Stage:
    """Tests that run together."""

    name: str
    words: tuple[str, ...]
    at_once: int = CORES


STAGES = (
    Stage("quick", ("tests/unit", "tests/golden", "tests/architecture")),
    Stage("contracts", ("tests/contract", "tests/oracle", "tests/docs")),
    # They wait more than they compute.
    Stage("end to end", ("tests/e2e", *(f"--ignore={path}" for path in TIMED)), 2 * CORES),
    Stage("under load", TIMED),
    Stage("containers", ("tests/containers",)),
)


def main() -> int:
    """Exit code of the first stage that failed, else 0."""
    began = time.monotonic()
    wanted = sys.argv[1:]
    if wanted and wanted != ["tests"]:
        return int(pytest.main(wanted))
    for stage in STAGES:
        print(f"== {stage.name}", flush=True)
        code = int(pytest.main([*stage.words, "-n", str(stage.at_once), "--dist", "loadfile"]))
        if code:
            return code
    print(f"all stages passed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
