"""What has failed last in this instance: what, when, and the last lines of the process that failed.

Rule: one failure is kept, the latest; its lines are read when somebody asks, since a process's last words may come
after the news of its end.
"""

from __future__ import annotations

from typing import Any

from porch.records import dataclass
from porch.runtime.lines import now
from porch.runtime.logs import Tail

SHOWN = 10
"""Lines."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One of them."""

    name: str
    """Of the process: `app`, `nginx`, or one beside the app; `reload` for a generation that never served."""
    what: str
    """One sentence."""
    at: str
    """UTC, ISO 8601."""
    words: Tail | None

    def shown(self) -> dict[str, Any]:
        """For `status`."""
        lines = self.words.lines[-SHOWN:] if self.words is not None else ()
        return {"name": self.name, "what": self.what, "at": self.at, "lines": list(lines)}


class Failures:
    """Those of one instance."""

    def __init__(self) -> None:
        self.last: Failure | None = None
        self.count = 0

    def note(self, name: str, what: str, words: Tail | None = None) -> None:
        """Remember this one in place of the last."""
        self.last = Failure(name, what, now(), words)
        self.count += 1

    def shown(self) -> dict[str, Any] | None:
        """The last one, for `status`."""
        return self.last.shown() if self.last is not None else None
