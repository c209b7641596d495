"""The settings of what nginx adds to every answer, the app's and its own.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


@dataclass(frozen=True, slots=True)
class Answers:
    """What is added to answers."""

    security: str = setting(
        v.choice("safe", "strict", "off"),
        "safe",
        "Security headers; what the app says itself is never changed. `strict` needs an app that is made for it.",
        example="strict",
    )
    compression: str = setting(
        v.choice(v.AUTO, "files", "all", "off"),
        v.AUTO,
        "What is sent compressed; `auto`: files, and the app's answers where no TLS is in use.",
        example="files",
    )
