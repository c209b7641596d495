"""Tables as Markdown writes them.

Rule: the first column tells what the row is, and all others hold figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Line by line."""
    yield "| " + " | ".join(head) + " |"
    yield "|---" + "|---:" * (len(head) - 1) + "|"
    for cells in rows:
        yield "| " + " | ".join(cells) + " |"
