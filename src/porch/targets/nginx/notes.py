"""A decision's reason as the note above its line.

Rule: a note is a sentence that tells more than the line below it; "as set" tells nothing, so it is none.
"""

from __future__ import annotations

from typing import Any

from porch.plan import Chosen

SILENT = "as set"


def note(chosen: Chosen[Any]) -> str:
    """The reason as a sentence; empty when the value was simply said."""
    reason = chosen.reason
    if not reason or reason == SILENT:
        return ""
    return f"{reason[0].upper()}{reason[1:]}."
