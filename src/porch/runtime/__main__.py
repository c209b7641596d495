"""The resident process: `python -m porch.runtime LAUNCH`.

Rule: small. It imports nothing of porch but this package and the messages, and of the standard library what it uses.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from types import ModuleType


def main(path: str) -> int:
    """Supervise the instance that the file describes; returns the exit code."""
    from porch.runtime.launch import from_json

    if not from_json(Path(path).read_text()).tls:
        # asyncio takes a Python without ssl as it is; that saves 4 MB that nothing here would use.
        sys.modules["ssl"] = cast("ModuleType", None)
    from porch.runtime.resident import supervise

    return supervise(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
