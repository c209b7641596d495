"""Writes to standard output or standard error without ever making the supervisor wait.

Rule: a thread does the blocking writes from a bounded buffer; when that is full, whole lines are dropped and counted
exactly; an output that is closed, full or stopped never stops the site. The inherited descriptor's flags are left as
they are, because the terminal or pipe behind it is shared with other programs.
"""

from __future__ import annotations

import errno
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

BUFFER = 4 * 1024 * 1024
_PIECE = 64 * 1024
"""Bytes for one write, so that a slow reader is noticed soon."""
_READS = 0.2
"""Seconds since the last piece was taken, in which the reader counts as one that reads."""
FULL_DISK = 1.0
"""Seconds until another try."""


class _Waiting(NamedTuple):
    """Lines that wait for their turn."""

    chunk: bytes
    lost: int = 0
    """For the line that tells of dropped ones: how many."""

    def lines(self, done: int = 0) -> int:
        """How many lines are lost with it, when only so many of its bytes are written."""
        return self.lost or self.chunk.count(b"\n", done)


class Writer:
    """One output."""

    def __init__(self, output: int, lost: Callable[[int], bytes], buffer: int = BUFFER) -> None:
        self.dropped = 0
        """Lines that were never written, since the start."""
        self._output = output
        self._lost = lost
        self._limit = buffer
        self._queue: deque[_Waiting] = deque()
        self._size = 0
        self._at_hand, self._done = _Waiting(b""), 0
        self._took = time.monotonic()
        self._untold = 0
        self._torn = False
        self._closing = False
        self._dead = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"write to {output}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, chunk: bytes) -> None:
        """Queue whole lines, or drop and count them; never waits."""
        if not chunk:
            return
        with self._changed:
            # Once full, wait for half of the room: telling of each single line would be a flood of its own.
            limit = self._limit // 2 if self._untold else self._limit
            if self._dead or (self._queue and self._size + len(chunk) > limit):
                self.dropped += chunk.count(b"\n")
                self._untold += chunk.count(b"\n")
                return
            self._tell()
            self._append(_Waiting(chunk))

    @property
    def crowded(self) -> bool:
        """Whether half of the room is taken while the other side reads: who can wait a moment now loses no line."""
        return self._size > self._limit // 2 and time.monotonic() - self._took < _READS

    def close(self, patience: float) -> int:
        """Write what is queued, for at most `patience` seconds; returns how many lines nobody was told of."""
        with self._changed:
            self._tell()
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(patience)
        with self._changed:
            return self._untold + self._at_hand.lines(self._done) + sum(waiting.lines() for waiting in self._queue)

    def _append(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._size += len(waiting.chunk)
        self._changed.notify()

    def _drop(self, waiting: _Waiting, done: int = 0) -> None:
        lines = waiting.lines(done)
        self._untold += lines
        # Those that were to be told of are counted already.
        self.dropped += 0 if waiting.lost else lines

    def _tell(self) -> None:
        if self._untold and not self._dead:
            self._append(_Waiting(self._lost(self._untold), self._untold))
            self._untold = 0

    def _run(self) -> None:
        while self._take():
            if self._write(self._at_hand.chunk):
                continue
            with self._changed:
                if self._dead:
                    return

    def _take(self) -> bool:
        """Have the next lines at hand; False when all is written and no more will come."""
        with self._changed:
            self._at_hand, self._done = _Waiting(b""), 0
            if not self._queue:
                self._tell()
            while not self._queue:
                if self._closing:
                    return False
                self._changed.wait()
            self._at_hand = self._queue.popleft()
            self._size -= len(self._at_hand.chunk)
            return True

    def _write(self, chunk: bytes) -> bool:
        """Whether all of it was written."""
        while self._done < len(chunk):
            try:
                if self._torn:
                    # What is there of the line that was cut must not become the beginning of this one.
                    os.write(self._output, b"\n")
                    self._torn = False
                self._done += os.write(self._output, chunk[self._done : self._done + _PIECE])
                self._took = time.monotonic()
            except BlockingIOError:
                # Another program made the shared descriptor non-blocking.
                select.select((), (self._output,), (), 1.0)
            except OSError as error:
                self._failed(error)
                return False
        return True

    def _failed(self, error: OSError) -> None:
        with self._changed:
            if self._done:
                self._torn = self._at_hand.chunk[self._done - 1] != ord("\n")
            self._drop(self._at_hand, self._done)
            self._at_hand, self._done = _Waiting(b""), 0
            # A full disk may get room again; a closed output does not come back.
            self._dead = error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR)
            while self._dead and self._queue:
                self._drop(self._queue.popleft())
            self._changed.wait_for(lambda: self._closing or self._dead, FULL_DISK)
