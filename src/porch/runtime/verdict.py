"""What a child process of porch's answers: one JSON object with `ok`, whatever else it, or code of the user's, prints.

Rule: an answer counts as a whole or not at all.
"""

from __future__ import annotations

import json
from typing import Any, cast


def verdict(printed: str) -> dict[str, Any]:
    """The last line that is such an object; empty where none is."""
    for line in reversed(printed.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "ok" in found:
            return cast("dict[str, Any]", found)
    return {}
