"""What an exception was raised from, the outermost first.

Rule: `chain` is what a traceback shows; `reasons` leaves out what went wrong while an earlier error was being handled,
for that one is not why.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, as a traceback shows them."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def reasons(error: BaseException) -> Iterator[BaseException]:
    """The error and why it was raised: `raise X from e`, and `raise X` in the lines that handle `e`."""
    last = None
    for each in chain(error):
        if last is not None and each is not last.__cause__ and not _raised_where_handled(last, each):
            return
        yield each
        last = each


def innermost(error: BaseException) -> FrameType | None:
    """Where it was raised."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place.tb_frame if place is not None else None


def _raised_where_handled(error: BaseException, handled: BaseException) -> bool:
    """A traceback begins where the error was handled."""
    return handled.__traceback__ is not None and handled.__traceback__.tb_frame is innermost(error)
