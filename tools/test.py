"""Runs the tests in the order of their cost, so that what is cheap to know is known first.

Rule: what is timed runs alone; what is not runs in parallel; one closing line tells the whole.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("quick", ("tests/unit", "tests/golden", "tests/architecture")),
    ("contracts", ("tests/contract", "tests/oracle", "tests/docs")),
    ("end to end", ("tests/e2e",)),
    ("containers", ("tests/containers",)),
)


def main() -> int:
    """Exit code of the first stage that failed, else 0."""
    began = time.monotonic()
    wanted = sys.argv[1:]
    if wanted and wanted != ["tests"]:
        return int(pytest.main(wanted))
    workers = str(max(2, (os.cpu_count() or 2)))
    for name, paths in STAGES:
        print(f"== {name}", flush=True)
        code = int(pytest.main([*paths, "-n", workers, "--dist", "loadfile"]))
        if code:
            return code
    print(f"all stages passed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
