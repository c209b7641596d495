"""`python -m porch` and the command `porch`.

Rule: a fault of porch itself, and nothing else, shows porch's own traceback.
"""

from __future__ import annotations

import sys

from porch.cli import run


def main() -> int:
    """Run the command line and return its exit code."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
