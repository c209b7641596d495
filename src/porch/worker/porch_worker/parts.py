"""The parts of a WSGI app's answer, where porch has a word in handing them on.

Rule: as the standard has it (PEP 3333): what the app gave is closed at the end, whatever became of it.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from .endless import EVERY, Endless
from .failure import exited


class Begun:
    """Parts of which the first are made already, be it by the app's way of writing them."""

    __slots__ = ("_all", "close")

    def __init__(self, parts: Iterable[bytes], first: Iterable[bytes] = ()) -> None:
        self.close: Callable[[], object] = getattr(parts, "close", _nothing)
        try:
            rest = iter(parts)
            if not first:
                # The status is sent with the first of them that is not empty.
                for one in rest:
                    if one:
                        first = (one,)
                        break
            self._all = chain(first, rest)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self._all


class Whole:
    """Parts that are all made already."""

    __slots__ = ("_all", "close")

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.close: Callable[[], object] = getattr(parts, "close", _nothing)
        try:
            self._all = list(parts)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._all)


class Last:
    """Parts after which something is left to do: nginx has all of them then, or has gone."""

    __slots__ = ("_after", "_parts")

    def __init__(self, parts: Iterable[bytes], after: Callable[[], object]) -> None:
        self._parts = parts
        self._after = after

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """What gunicorn calls when it has sent the end."""
        try:
            getattr(self._parts, "close", _nothing)()
        finally:
            if "gunicorn" in sys.modules:
                self._after()


class Ended:
    """Parts after whose told end, and at whose closing, nothing is raised any more, but written to the log.

    gunicorn would close the connection for it, on which nginx may have sent the next request.
    """

    __slots__ = ("_next", "_parts", "lacks")

    def __init__(self) -> None:
        self.lacks = -1
        """Bytes that are to come; below 0: that was not told."""

    def take(self, parts: Iterable[bytes]) -> Ended:
        """What the app has given."""
        self._parts = parts
        self._next = iter(parts)
        return self

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._next)
        except StopIteration:
            raise
        except SystemExit as left:
            raise exited(left) from left
        except Exception:
            if self.lacks:
                raise
            traceback.print_exc()
            raise StopIteration from None
        if self.lacks > 0:
            self.lacks = max(0, self.lacks - len(part))
        return part

    def close(self) -> None:
        """As the standard asks for."""
        try:
            getattr(self._parts, "close", _nothing)()
        except Exception:
            traceback.print_exc()


class Parts:
    """The parts of one stream of a WSGI app."""

    def __init__(self, parts: Iterable[bytes], endless: Endless) -> None:
        self._parts = parts
        self._next = iter(parts)
        self._endless = endless
        self._looked = 0.0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        now = time.monotonic()
        if now - self._looked >= EVERY:
            self._looked = now
            if self._endless.going:
                raise StopIteration
        return next(self._next)

    def close(self) -> None:
        """As the standard asks for."""
        getattr(self._parts, "close", _nothing)()


def _nothing() -> None:
    """Parts that need no closing."""
