"""What reloads under load came to, as data that JSON can hold, and as a table.

Rule: the report is drawn from this alone; a row with a failed request says so in bold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markdown import table

STORED = Path(__file__).resolve().parent / "reloads.json"
WORSE = 1.5
"""A p99 during reloads may be so many times that of the times between them."""
NOTICED = 250.0
"""Milliseconds that nobody may wait."""


@dataclass(frozen=True, slots=True)
class Row:
    """One server; times in milliseconds, a reload in seconds."""

    name: str
    reloads: int
    planned: int
    failed: int
    steady: float
    during: float
    times: float
    """p99 of five reloads, of that of the steady times around them; the median of all such ratios."""
    longest: float
    each: float

    @property
    def reached(self) -> bool:
        """None failed, nobody waited, and it is hardly felt."""
        return not self.failed and self.times <= WORSE and self.longest <= NOTICED

    def cells(self) -> tuple[str, ...]:
        """As people read them."""
        failed = f"**{self.failed}**" if self.failed else "0"
        p99 = (f"{self.steady:.1f} ms", f"{self.during:.1f} ms", f"{self.times:.2f}x")
        return (
            self.name,
            str(self.reloads),
            f"{self.planned:,}",
            failed,
            *p99,
            f"{self.longest:.0f} ms",
            f"{self.each:.1f} s",
        )


HEAD = ("", "reloads", "requests", "failed", "p99 steady", "p99 during", "of steady", "longest", "a reload")


@dataclass(frozen=True, slots=True)
class Reloads:
    """One run."""

    date: str
    rate: float
    rows: list[Row]


def save(found: Reloads, path: Path = STORED) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(asdict(found), indent=1) + "\n")


def load(path: Path = STORED) -> Reloads | None:
    """Read back what `save` wrote; None where nothing was measured."""
    if not path.exists():
        return None
    raw: dict[str, Any] = json.loads(path.read_text())
    return Reloads(raw["date"], raw["rate"], [Row(**row) for row in raw["rows"]])


def section(found: Reloads | None) -> Iterator[str]:
    """The lines of the report; none where nothing was measured."""
    if found is None:
        return
    yield from ("", "## Reload under load", "")
    yield from table(HEAD, [row.cells() for row in found.rows])
    yield ""
    yield f"Measured on {found.date} with `python bench/reload.py`: {found.rate:g} requests a second at planned times,"
    yield "GET and POST, on new and on kept connections; each release takes two seconds to import. A request counts"
    yield "from the moment that it was planned for; a reload lasts until the old generation is gone. After every fifth"
    yield "the site is left alone for four seconds: that is steady. *Of steady* compares each five reloads with the"
    yield "steady times right before and after them, and is the median of these ratios: on a machine that others share,"
    yield "one bad minute can make up a whole p99."
    yield f"Wanted: none failed, a p99 at most {WORSE:g} times the steady one, none waits {NOTICED:g} ms."
