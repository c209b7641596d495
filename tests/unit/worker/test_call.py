"""What is done around each call of a WSGI app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from porch.runtime import pulse as reading
from porch.worker.porch_worker import endless, pulse
from porch.worker.porch_worker.call import calling
from porch.worker.porch_worker.endless import MARK, Endless, Parts


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """This process as a worker."""
    monkeypatch.setattr(pulse.os, "register_at_fork", lambda **_: None)
    monkeypatch.setattr(pulse.os, "getpid", lambda: 77)
    return pulse.begin(str(tmp_path))


def started(*_: object) -> None:
    """What a server gives to say the status and headers."""


def answer(environ: Any, start_response: Any) -> Any:
    """An app whose answer has three parts."""
    start_response("200 OK", [("Content-Type", environ["KIND"]), *environ.get("FURTHER", ())])
    return iter([b"1", b"2", b"3"])


@pytest.mark.parametrize(
    ("told", "added"),
    [
        ([("Content-Type", "text/event-stream")], [("X-Accel-Buffering", "no")]),
        ([("content-length", "2")], []),
        ([("X-ACCEL-BUFFERING", "yes")], []),
    ],
)
def test_an_answer_without_a_length_is_handed_on_as_it_comes(
    told: list[tuple[str, str]], added: list[tuple[str, str]]
) -> None:
    """nginx is asked not to hold it back, unless the app has said otherwise; the app's own list stays as it was."""
    said: list[tuple[Any, ...]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        del environ
        start_response("200 OK", own)
        start_response("500 Oops", own, (None, None, None))
        return []

    own = list(told)
    list(calling(app, None, None)({"PATH_INFO": "/"}, lambda *words: said.append(words)))
    assert said == [("200 OK", told + added), ("500 Oops", told + added, (None, None, None))]
    assert own == told


def during_and_after(own: Any, folder: Path, environ: dict[str, str]) -> tuple[reading.Pulse, reading.Pulse]:
    """What the supervisor reads while the app is called, and when it has answered."""
    read: list[reading.Pulse | None] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        del environ, start_response
        read.append(reading.read(str(folder), 77))
        return []

    calling(app, own, None)(environ, started)
    during, after = read[0], reading.read(str(folder), 77)
    assert during is not None
    assert after is not None
    return during, after


def test_a_request_is_seen_while_it_is_in_work(own: Any, tmp_path: Path) -> None:
    """Its begin stands there until its end, and then it is counted."""
    during, after = during_and_after(own, tmp_path, {})
    assert (len(during.begun), during.requests) == (1, 0)
    assert (len(after.begun), after.requests) == (0, 1)


def test_a_websocket_is_counted_and_never_taken_for_stuck(own: Any, tmp_path: Path) -> None:
    """It lasts as long as it likes, so it has no begin."""
    during, after = during_and_after(own, tmp_path, {"HTTP_UPGRADE": "websocket"})
    assert (during.begun, after.requests) == ((), 1)


def test_what_an_app_raises_ends_the_request(own: Any, tmp_path: Path) -> None:
    """The server hears of it, and nothing stays in work."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise LookupError("mine")

    folder = Endless(str(tmp_path))
    with pytest.raises(LookupError, match="mine"):
        calling(app, own, folder)({}, started)
    told = reading.read(str(tmp_path), 77)
    assert told is not None
    assert (told.begun, told.requests, folder.busy) == ((), 1, set())


def test_under_uwsgi_what_an_app_raises_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would close the connection, and nginx would ask again: the app would do its work twice."""
    monkeypatch.setitem(endless.sys.modules, "uwsgi", endless)
    said: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise LookupError("mine")

    parts = calling(app, None, None)({}, lambda *words: said.append(words))
    assert said[0][0] == "500 Internal Server Error"
    assert b"".join(parts)
    assert "LookupError: mine" in capsys.readouterr().err


def test_a_stream_of_events_ends_before_its_next_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once marked, no further part is taken from the app, and the stream is closed as the standard has it."""
    monkeypatch.setattr(endless, "EVERY", 0.0)
    monkeypatch.setattr(endless, "QUIET", 0.0)
    app = calling(answer, None, Endless(str(tmp_path)))
    parts = app({"REQUEST_METHOD": "GET", "KIND": "text/event-stream"}, started)
    assert isinstance(parts, Parts)
    assert next(parts) == b"1"
    (tmp_path / MARK).touch()
    assert list(parts) == []
    parts.close()


@pytest.mark.parametrize(
    ("method", "kind", "further"),
    [
        ("GET", "text/plain", ()),
        ("POST", "text/event-stream", ()),
        ("GET", "text/event-stream", (("Content-Length", "3"),)),
    ],
)
def test_other_answers_are_left_alone(tmp_path: Path, method: str, kind: str, further: tuple[Any, ...]) -> None:
    """They are finished, marked or not; one with a length has an end of its own."""
    (tmp_path / MARK).touch()
    app = calling(answer, None, Endless(str(tmp_path)))
    parts = app({"REQUEST_METHOD": method, "KIND": kind, "FURTHER": further}, started)
    assert list(parts) == [b"1", b"2", b"3"]
