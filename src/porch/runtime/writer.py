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

BUFFER = 4 * 1024 * 1024
_PIECE = 64 * 1024
"""Bytes for one write, so that a slow reader is noticed soon."""


def _lost(count: int) -> bytes:
    return f"porch: {count} log lines were dropped: nobody read them in time\n".encode()


class Writer:
    """One output."""

    def __init__(self, output: int, lost: Callable[[int], bytes] = _lost, buffer: int = BUFFER) -> None:
        self.dropped = 0
        """Lines that were never written, since the start."""
        self._output = output
        self._lost = lost
        self._limit = buffer
        self._chunks: deque[bytes] = deque()
        self._size = 0
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
            if self._dead or self._size + len(chunk) > limit:
                self._drop(chunk)
                return
            self._tell()
            self._append(chunk)

    def close(self, patience: float) -> None:
        """Write what is queued, for at most `patience` seconds."""
        with self._changed:
            self._tell()
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _append(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        self._changed.notify()

    def _drop(self, chunk: bytes) -> None:
        lines = chunk.count(b"\n")
        self.dropped += lines
        self._untold += lines

    def _tell(self) -> None:
        if self._untold and not self._dead:
            self._append(self._lost(self._untold))
            self._untold = 0

    def _run(self) -> None:
        while chunk := self._take():
            if self._write(chunk):
                continue
            with self._changed:
                if self._dead:
                    self._chunks.clear()
                    return

    def _take(self) -> bytes:
        """The next chunk; empty when all is written and no more will come."""
        with self._changed:
            if not self._chunks:
                self._tell()
            while not self._chunks:
                if self._closing:
                    return b""
                self._changed.wait()
            chunk = self._chunks.popleft()
            self._size -= len(chunk)
            return chunk

    def _write(self, chunk: bytes) -> bool:
        """Whether all of it was written."""
        if self._torn:
            chunk, self._torn = b"\n" + chunk, False
        done = 0
        while done < len(chunk):
            try:
                done += os.write(self._output, chunk[done : done + _PIECE])
            except BlockingIOError:
                # Another program made the shared descriptor non-blocking.
                select.select((), (self._output,), (), 1.0)
            except OSError as error:
                self._failed(error, chunk, done)
                return False
        return True

    def _failed(self, error: OSError, chunk: bytes, done: int) -> None:
        self._torn = done > 0 and chunk[done - 1] != ord("\n")
        with self._changed:
            self._drop(chunk[done:])
            # A full disk may get room again; a closed output does not come back.
            self._dead = error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR)
            if self._dead:
                self.dropped += sum(waiting.count(b"\n") for waiting in self._chunks)
                return
            closing = self._closing
        if not closing:
            time.sleep(1)
