"""What images came to, as data that JSON can hold, and as a table.

Rule: the report is drawn from this alone; what is short of what was wanted is said in bold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from markdown import table

STORED = Path(__file__).resolve().parent / "images.json"
ARTICLE = 62.5
"""Megabytes that article 002 tells of its image."""
LARGEST = 60.0
"""Megabytes that a slim image may have."""
LONGEST = 1.0
"""Seconds from `docker run` to the first answer."""
HEAD = ("", "on disk", "saved and zipped", "first answer", "fastest to slowest", "processor time until then")

AGAIN = (
    "",
    "layers that a change of the code makes anew",
    "in",
    "layers that a second build from nothing makes the same",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One image; sizes in MB, times in seconds, one for each start."""

    name: str
    slim: bool
    disk: float
    zipped: float
    starts: list[float]
    processor: list[float]
    layers_changed: int
    """After a change of the code."""
    rebuild: float
    """Seconds that the build after it took."""
    layers: int
    """Of the app's own: the base is left out of the count, as nobody here builds it."""
    same_again: int
    """So many of them are the same, byte for byte, in a second build of the same input from nothing."""

    @property
    def reached(self) -> bool:
        """Quick, made anew only where the code is, and from scratch also small and the same each time."""
        own = not self.slim or (self.disk <= LARGEST and self.same_again == self.layers)
        return own and median(self.starts) <= LONGEST and self.layers_changed == 1

    def cells(self) -> tuple[str, ...]:
        """As people read them."""
        size = f"{self.disk:.1f} MB"
        if self.slim and self.disk > LARGEST:
            size = f"**{size}**"
        return (self.name, size, f"{self.zipped:.1f} MB", *_times(self.starts, self.processor, LONGEST))


@dataclass(frozen=True, slots=True)
class Images:
    """One run."""

    date: str
    bare: list[float]
    """Starts of a Python that only answers, in the first image."""
    bare_processor: list[float]
    rows: list[Row]


def save(found: Images, path: Path = STORED) -> None:
    """Write as JSON."""
    path.write_text(json.dumps(asdict(found), indent=1) + "\n")


def load(path: Path = STORED) -> Images | None:
    """Read back what `save` wrote; None where nothing was measured."""
    if not path.exists():
        return None
    raw: dict[str, Any] = json.loads(path.read_text())
    return Images(raw["date"], raw["bare"], raw["bare_processor"], [Row(**row) for row in raw["rows"]])


def section(found: Images | None) -> Iterator[str]:
    """The lines of the report; none where nothing was measured."""
    if found is None:
        return
    yield from ("", "## Images", "")
    yield from table(HEAD, [row.cells() for row in found.rows] + _others(found))
    yield ""
    yield f"Measured on {found.date} with `python bench/images.py`. On disk is what `docker images` tells, zipped is"
    yield "`docker save | gzip`; all bytecode is included, that of the standard library too. The first answer is the"
    yield "time from the call of `docker run` to the first 200 of the app, through nginx and the published port; the"
    yield f"median of {len(found.bare)} starts, taken in turn. What Docker itself needs is in it: the row with a Python"
    yield f"that only answers tells how much. Wanted: a slim image of at most {LARGEST:g} MB, an answer within"
    yield f"{LONGEST:g} s."
    yield "The engine dates what an image takes out of its base, such as pip: that layer of an ordinary image differs"
    yield "each time. An image from scratch has no base."
    yield from ("", *table(AGAIN, [_again(row) for row in found.rows]))


def _others(found: Images) -> list[tuple[str, ...]]:
    answers = (
        "a Python that only answers, in the first of these images",
        "",
        "",
        *_times(found.bare, found.bare_processor),
    )
    return [
        answers,
        ("article 002: nginx, uWSGI and Flask on Alpine, without bytecode", f"{ARTICLE:.1f} MB", *("-",) * 4),
    ]


def _again(row: Row) -> tuple[str, ...]:
    changed, same = f"{row.layers_changed} of {row.layers}", f"{row.same_again} of {row.layers}"
    changed = changed if row.layers_changed == 1 else f"**{changed}**"
    same = same if not row.slim or row.same_again == row.layers else f"**{same}**"
    return (row.name, changed, f"{row.rebuild:.1f} s", same)


def _times(starts: Sequence[float], processor: Sequence[float], longest: float = 0.0) -> tuple[str, str, str]:
    middle = f"{median(starts):.2f} s"
    if longest and median(starts) > longest:
        middle = f"**{middle}**"
    return middle, f"{min(starts):.2f} to {max(starts):.2f} s", f"{median(processor):.2f} s"
