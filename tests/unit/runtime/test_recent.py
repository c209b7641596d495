"""The latest log lines."""

from __future__ import annotations

from porch.runtime.logs import Recent


def test_only_the_latest() -> None:
    """Old lines make room for new ones."""
    recent = Recent(room=12)
    for number in range(5):
        recent.put(f"line{number}\n".encode())
    assert recent.text == "line3\nline4\n"


def test_one_big_chunk() -> None:
    """Of a chunk that is larger than the room, the last whole lines are kept."""
    recent = Recent(room=12)
    recent.put(b"line0\nline1\nline2\n")
    assert recent.text == "line1\nline2\n"


def test_slow_follower() -> None:
    """Who follows and does not read misses lines; nothing waits and the memory does not grow."""
    recent = Recent()
    queue = recent.follow()
    for _ in range(1000):
        recent.put(b"line\n")
    assert queue.qsize() < 100
    recent.leave(queue)
    recent.put(b"later\n")
    assert recent.text.endswith("later\n")
