"""What is done around each call of a WSGI app."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from porch.runtime import pulse as reading
from porch.worker.porch_worker import FAILED_BODY, endless, pulse
from porch.worker.porch_worker import parts as handed
from porch.worker.porch_worker.call import calling
from porch.worker.porch_worker.endless import MARK, Endless
from porch.worker.porch_worker.parts import Begun, Parts


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


def late(environ: dict[str, Any], start_response: Any) -> Any:
    """An app that is a generator: all that it does is done when its parts are asked for."""
    try:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        if environ["RAISES"]:
            raise LookupError("mine")
        yield b"late"
        yield b"r"
    finally:
        environ["ENDED"] = True


@pytest.mark.parametrize("server", ["granian", "uwsgi"])
def test_where_it_matters_the_first_part_is_made_before_the_answer_is_given(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """granian sends the status that is there when the app returns, and uWSGI no answer when it raises after that."""
    monkeypatch.setitem(endless.sys.modules, server, endless)
    said, environ = [], {"RAISES": False}
    answer = calling(late, None, None)(environ, lambda status, _: said.append(status))
    assert said == ["404 Not Found"]
    assert list(answer) == [b"late", b"r"]
    assert isinstance(answer, Begun)
    answer.close()
    assert environ["ENDED"]


@pytest.mark.parametrize("server", ["granian", "uwsgi"])
def test_there_what_it_raises_at_its_first_part_is_answered(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    """In the place of what it had said; and what the app gave is closed."""
    monkeypatch.setitem(endless.sys.modules, server, endless)
    said, environ = [], {"RAISES": True}
    assert list(calling(late, None, None)(environ, lambda status, _: said.append(status))) == [FAILED_BODY]
    assert said == ["404 Not Found", "500 Internal Server Error"]
    assert environ["ENDED"]


@pytest.mark.parametrize(("when", "raised"), [("first", False), ("second", True)])
def test_there_an_error_page_takes_the_place_of_an_answer_that_has_not_begun(
    monkeypatch: pytest.MonkeyPatch, when: str, raised: bool
) -> None:
    """Without `exc_info`, with which they would drop the page; once a part was made it is raised, as PEP 3333 says."""
    monkeypatch.setitem(endless.sys.modules, "uwsgi", endless)
    said: list[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        del environ
        start_response("200 OK", [("Content-Length", "1")])
        if when == "second":
            yield b"1"
        try:
            {}["mine"]
        except LookupError:
            start_response("500 Oops", [("Content-Length", "1")], sys.exc_info())
        yield b"2"

    answer = calling(app, None, None)({}, lambda *words: said.append(words))
    if raised:
        with pytest.raises(LookupError, match="mine"):
            list(answer)
        assert [each[0] for each in said] == ["200 OK"]
    else:
        assert list(answer) == [b"2"]
        assert said[1] == ("500 Oops", [("Content-Length", "1")])


def test_elsewhere_the_server_asks_for_the_first_part() -> None:
    """gunicorn does all of this right by itself."""
    said: list[str] = []
    answer = calling(late, None, None)({"RAISES": False}, lambda status, _: said.append(status))
    assert said == []
    assert next(iter(answer)) == b"late"
    assert said == ["404 Not Found"]


@pytest.mark.parametrize("kind", ["list", "stream"])
def test_what_needs_no_beginning_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A list raises nothing; a stream of events begins when it likes, and its headers are not to wait for that."""
    monkeypatch.setitem(endless.sys.modules, "uwsgi", endless)
    given: dict[str, Any] = {"list": [b"1"], "stream": iter([b"1"])}

    def app(environ: Any, start_response: Any) -> Any:
        del environ
        start_response("200 OK", [("Content-Type", "text/event-stream")] if kind == "stream" else [])
        return given[kind]

    assert calling(app, None, None)({"REQUEST_METHOD": "GET"}, started) is given[kind]


def test_an_error_page_after_what_was_written_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer has begun with it."""
    monkeypatch.setitem(endless.sys.modules, "granian", endless)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])(b"one ")
        try:
            return environ["mine"]
        except LookupError:
            start_response("500 Oops", [], sys.exc_info())

    said: list[str] = []
    calling(app, None, None)({}, lambda status, _: said.append(status))
    assert said == ["200 OK", "500 Internal Server Error"]


@pytest.mark.parametrize("parts", [[b"", b"", b"page"], [b"", b""]])
def test_a_part_that_is_empty_begins_nothing(monkeypatch: pytest.MonkeyPatch, parts: list[bytes]) -> None:
    """The status leaves with the first that is not."""
    monkeypatch.setitem(endless.sys.modules, "granian", endless)
    said: list[str] = []

    def app(environ: Any, start_response: Any) -> Any:
        del environ
        for number, part in enumerate(parts):
            start_response(f"20{number} OK", [], *([(None, None, None)] if number else []))
            yield part

    answer = calling(app, None, None)({}, lambda status, _: said.append(status))
    assert said[-1] == f"20{len(parts) - 1} OK"
    assert b"".join(answer) == b"".join(parts)


def test_bytes_are_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the standard, and uWSGI takes it."""
    monkeypatch.setitem(endless.sys.modules, "uwsgi", endless)
    assert list(calling(lambda *_: b"whole", None, None)({}, started)) == [b"whole"]


def test_an_app_may_write_where_the_server_gives_nothing_to_write_with() -> None:
    """The way of old apps, which granian does not have: what they wrote comes before what they return."""

    def app(environ: Any, start_response: Any) -> Any:
        del environ
        start_response("200 OK", [])(b"one ")
        return [b"two"]

    assert list(calling(app, None, None)({}, started)) == [b"one ", b"two"]
    sent: list[bytes] = []
    assert list(calling(app, None, None)({}, lambda *_: sent.append)) == [b"two"]
    assert sent == [b"one "]


def test_a_stream_of_events_ends_before_its_next_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once marked, no further part is taken from the app, and the stream is closed as the standard has it."""
    monkeypatch.setattr(handed, "EVERY", 0.0)
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


def test_an_app_that_ends_the_process_is_answered_500(capsys: pytest.CaptureFixture[str]) -> None:
    """Its worker has other requests in work; what it did is told."""

    def app(*_: Any) -> Any:
        sys.exit(3)

    assert calling(app, None, None)({}, started) == [FAILED_BODY]
    assert "RuntimeError: the app called sys.exit(3) while it answered a request" in capsys.readouterr().err


def test_a_server_may_end_the_process() -> None:
    """As gunicorn's handlers of signals do, in the midst of the app's own code."""

    def abort(*_: Any) -> Any:
        sys.exit(1)

    app = FunctionType(abort.__code__, {"__name__": "gunicorn.workers.base", "sys": sys})

    with pytest.raises(SystemExit):
        calling(app, None, None)({}, started)
