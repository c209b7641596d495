"""Brings every child's output together into one stream of whole lines.

Rule: one pipe per stream, read in big chunks a few dozen times a second, so the cost does not grow with the number of
lines; no child ever waits for whoever reads the logs.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from porch.runtime.lines import Format, Frame, Shape, requests, shape

PIPE = 1024 * 1024
GULP = 64 * 1024
"""Bytes of one read. Short lines become six times as long in JSON, which shall fit into the writer's buffer."""
PAUSE = 0.02
"""Seconds between two reads of one stream: lines gather meanwhile, in the pipe."""
HELD = 10
"""So many pauses in a row at most, while whoever reads the output catches up: the pipe has room for what comes then,
and only a child that floods it ever waits."""
RING = 256 * 1024
TAIL = 20
TAIL_LINE = 1000


class Sink(Protocol):
    """Takes whole lines and never waits."""

    def put(self, chunk: bytes) -> None:
        """Take them."""
        ...

    @property
    def crowded(self) -> bool:
        """Whether it would be good to wait a moment."""
        ...


class Recent:
    """The latest lines, for `porch logs`, and those who follow them."""

    def __init__(self, room: int = RING) -> None:
        self._room = room
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._followers: set[asyncio.Queue[bytes]] = set()

    def put(self, chunk: bytes) -> None:
        """Remember the lines and pass them on."""
        chunk = chunk if len(chunk) <= self._room else chunk[chunk.find(b"\n", len(chunk) - self._room - 1) + 1 :]
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size > self._room:
            self._size -= len(self._chunks.popleft())
        for follower in self._followers:
            # Who follows too slowly misses lines; the site does not wait for a viewer.
            with suppress(asyncio.QueueFull):
                follower.put_nowait(chunk)

    @property
    def text(self) -> str:
        """What is remembered."""
        return b"".join(self._chunks).decode(errors="replace")

    def follow(self) -> asyncio.Queue[bytes]:
        """A queue that gets what comes from now on."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(64)
        self._followers.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        """Stop following."""
        self._followers.discard(queue)


class Tail:
    """The latest lines of one process, for who asks why it failed."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=TAIL)

    def put(self, chunk: bytes) -> None:
        """Remember the lines."""
        self._lines.extend(line[:TAIL_LINE] for line in chunk.splitlines()[-TAIL:])

    @property
    def lines(self) -> tuple[str, ...]:
        """What is remembered."""
        return tuple(line.decode(errors="replace") for line in self._lines)


class Stream:
    """One pipe that one child writes to."""

    def __init__(
        self,
        read: int,
        take: Callable[[bytes], None],
        ended: Callable[[Stream], None],
        crowded: Callable[[], bool],
    ) -> None:
        self._read = read
        self._take = take
        self._ended = ended
        self._crowded = crowded
        self._held = 0
        self._frame = Frame()
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._loop.add_reader(read, self._ready)

    def _ready(self) -> None:
        self._loop.remove_reader(self._read)
        self._pause = None
        if self._held < HELD and self._crowded():
            self._held += 1
            self._pause = self._loop.call_later(PAUSE, self._ready)
            return
        self._held = 0
        size = self._gulp()
        if size:
            self._pause = self._loop.call_later(0 if size == GULP else PAUSE, self._ready)
        elif size is None:
            self._loop.add_reader(self._read, self._ready)

    def _gulp(self) -> int | None:
        """Bytes read; None when there was nothing to read, 0 at the end."""
        try:
            data = os.read(self._read, GULP)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self._take(self._frame.feed(data) if data else self._frame.end())
        if not data:
            os.close(self._read)
            self._ended(self)
        return len(data)

    def close(self) -> None:
        """Take what is there now, and stop reading."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._read)
        while size := self._gulp():
            pass
        if size is None:
            self._take(self._frame.end())
            os.close(self._read)
            self._ended(self)


class Logs:
    """All streams of an instance."""

    def __init__(self, form: Format, sink: Sink, *, colour: bool = False) -> None:
        self.recent = Recent()
        self.requests = 0
        self.errors = 0
        self._form: Format = form
        self._sink = sink
        self._colour = colour
        self._open: set[Stream] = set()
        self._heard = 0.0
        self._all_ended = asyncio.Event()
        self._all_ended.set()

    def pipe(self, source: str, stream: str, owner: tuple[int, int] | None, tail: Tail | None = None) -> int:
        """The writing end of a new pipe; to be given to a child and then closed here.

        `owner` becomes the owner of the pipe: nginx opens `/dev/stdout` anew, which asks for the right to. `tail` is
        shown the lines too, but no access lines.
        """
        shaped = shape(self._form, source, stream, colour=self._colour)
        counted = source == "nginx" and stream == "stdout"

        def take(chunk: bytes) -> None:
            if tail is not None and not counted:
                tail.put(chunk)
            self._take(chunk, shaped, counted=counted)

        return self.collect(take, owner)

    def collect(self, take: Callable[[bytes], None], owner: tuple[int, int] | None) -> int:
        """A pipe whose lines go to `take` and not into the log."""
        read, write = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            # Refused when this user has many pipes already; then the pipe is smaller and all still works.
            with suppress(OSError):
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE)
        os.set_blocking(read, False)
        if owner is not None:
            os.fchown(write, *owner)
        self._all_ended.clear()
        self._open.add(Stream(read, take, self._stream_ended, lambda: self._sink.crowded))
        return write

    async def ended(self, patience: float) -> None:
        """Read to the end of every stream; where nothing comes for `patience` seconds, as far as it goes."""
        self._heard = began = time.monotonic()
        while self._open and time.monotonic() < min(self._heard + patience, began + 10 * patience):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_ended.wait(), patience)
        for stream in tuple(self._open):
            stream.close()

    def _take(self, chunk: bytes, shaped: Shape, *, counted: bool) -> None:
        if not chunk:
            return
        self._heard = time.monotonic()
        if counted:
            total, errors = requests(chunk, self._form)
            self.requests += total
            self.errors += errors
        chunk = shaped(chunk)
        if chunk:
            self.recent.put(chunk)
            self._sink.put(chunk)

    def _stream_ended(self, stream: Stream) -> None:
        self._open.discard(stream)
        if not self._open:
            self._all_ended.set()
