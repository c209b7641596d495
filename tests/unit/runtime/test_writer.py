"""Writing to an output that may be slow, full or closed."""

from __future__ import annotations

import errno
import os
import threading
import time

import pytest

from porch.runtime import writer as writing
from porch.runtime.writer import Writer


def told(count: int) -> bytes:
    """What stands in the place of lost lines."""
    return f"lost {count}\n".encode()


def test_order_and_content() -> None:
    """What is put comes out, all of it, in order."""
    read, write = os.pipe()
    writer = Writer(write, told)
    writer.start()
    for number in range(100):
        writer.put(f"{number}\n".encode())
    writer.close(30)
    os.close(write)
    with os.fdopen(read, "rb") as result:
        assert result.read() == b"".join(f"{number}\n".encode() for number in range(100))


def test_full_buffer_drops_and_counts() -> None:
    """When nobody reads, lines are dropped and counted exactly, and the count is told in their place."""
    read, write = os.pipe()
    writer = Writer(write, told, buffer=100)
    for number in range(20):
        writer.put(f"line {number:04}\n".encode())
    assert writer.dropped == 10
    writer.start()
    writer.close(30)
    os.close(write)
    with os.fdopen(read, "rb") as result:
        lines = result.read().decode().splitlines()
    assert lines[:10] == [f"line {number:04}" for number in range(10)]
    assert lines[10:] == ["lost 10"]


def test_room_again() -> None:
    """Once half of the buffer is free, the loss is told first and lines flow again."""
    read, write = os.pipe()
    writer = Writer(write, told, buffer=10)
    writer.put(b"12345678\n")
    writer.put(b"dropped\n")
    writer.start()
    with os.fdopen(read, "rb") as result:
        assert result.readline() == b"12345678\n"
        assert result.readline() == b"lost 1\n"
        writer.put(b"new\n")
        assert result.readline() == b"new\n"
        writer.close(30)
    os.close(write)


def test_closed_output() -> None:
    """A closed output ends the writing, counts what is lost, and makes nobody wait."""
    read, write = os.pipe()
    os.close(read)
    writer = Writer(write, told)
    writer.start()
    writer.put(b"one\ntwo\n")
    writer.close(30)
    writer.put(b"three\n")
    os.close(write)
    assert writer.dropped == 3


def test_close_has_an_end() -> None:
    """Closing waits no longer than its patience for a reader that does not read."""
    read, write = os.pipe()
    writer = Writer(write, told)
    writer.start()
    writer.put(b"x" * 1_000_000 + b"\n")
    began = time.monotonic()
    writer.close(0.05)
    assert time.monotonic() - began < 20
    os.close(read)
    writer.close(30)  # its thread ends with an error, and not in a descriptor of the next test
    os.close(write)


def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk loses what cannot be written, and the writing goes on on a line of its own when there is room."""
    written: list[bytes] = []
    answers = iter([4, OSError(errno.ENOSPC, "full")])
    went_on = threading.Event()

    def write(_: int, data: bytes) -> int:
        answer = next(answers, len(data))
        if isinstance(answer, OSError):
            raise answer
        written.append(data[:answer])
        if data.endswith(b"three\n"):
            went_on.set()
        return answer

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(writing, "FULL_DISK", 0.01)
    writer = Writer(1, told)
    writer.put(b"one one\n")
    writer.start()
    writer.put(b"three\n")
    assert went_on.wait(30)
    writer.close(30)
    assert b"".join(written).startswith(b"one \n")
    assert sorted(b"".join(written).split(b"\n")) == [b"", b"lost 1", b"one ", b"three"]
    assert writer.dropped == 1


def test_what_is_never_written_is_counted() -> None:
    """At the end, the lines that wait, those of a half written chunk and those that were dropped are one sum."""
    read, write = os.pipe()
    writer = Writer(write, told, buffer=100_000)
    writer.put(b"x" * 999 * 100 + b"\n")
    for _ in range(100):
        writer.put(b"y" * 999 + b"\n")
    dropped = writer.dropped
    writer.start()
    assert writer.close(0.2) == 101
    assert 0 < dropped == writer.dropped
    os.close(read)
    writer.close(30)
    os.close(write)


def test_a_large_chunk_has_room() -> None:
    """Lines that are more than the whole buffer are queued when nothing else is."""
    read, write = os.pipe()
    writer = Writer(write, told, buffer=10)
    writer.put(b"x" * 99 + b"\n")
    assert writer.dropped == 0
    assert writer.crowded
    writer.put(b"one more\n")
    assert writer.dropped == 1
    os.close(read)
    os.close(write)
