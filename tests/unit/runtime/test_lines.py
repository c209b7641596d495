"""From what processes write to whole log lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porch.runtime.lines import LONGEST, Frame, requests, shape

ACCESS = b'::1 - - [21/Nov/2026:01:00:11 +0000] "GET /a HTTP/1.1" %d 7 "-" "curl"\n'


def framed(*pieces: bytes) -> bytes:
    """All whole lines of what arrives in these pieces."""
    frame = Frame()
    return b"".join([*(frame.feed(piece) for piece in pieces), frame.end()])


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1), st.data())
def test_pieces_do_not_matter(lines: list[str], data: st.DataObject) -> None:
    """However the bytes are cut on their way, the same lines come out."""
    whole = "".join(f"{line}\n" for line in lines).encode()
    cut = data.draw(st.integers(0, len(whole)))
    assert framed(whole[:cut], whole[cut:]) == whole


def test_partial_line_waits() -> None:
    """A line without its end is kept back until the end comes."""
    frame = Frame()
    assert frame.feed(b"one\ntw") == b"one\n"
    assert frame.feed(b"o\n") == b"two\n"
    assert frame.end() == b""


def test_last_line_without_end() -> None:
    """The last line gets its newline when the process ended without one."""
    assert framed(b"one\ntwo") == b"one\ntwo\n"


def test_crlf() -> None:
    """Windows line ends become newlines, and a bare carriage return stays."""
    assert framed(b"one\r\nt\rwo\r\n") == b"one\nt\rwo\n"


def test_crlf_cut_in_two() -> None:
    """A line end that arrives in two pieces is still one."""
    assert framed(b"one\r", b"\ntwo\r\n") == b"one\ntwo\n"


def test_invalid_utf8() -> None:
    """What is no UTF-8 is replaced, and what is stays."""
    assert framed("é\n".encode() + b"\xff\n") == "é\n\ufffd\n".encode()


@pytest.mark.parametrize("pieces", [1, 3])
def test_long_line_is_split(pieces: int) -> None:
    """A line over 64 KiB is split between characters, and nothing of it is lost."""
    text = ("é" * 100_000).encode()
    step = len(text) // pieces + 1
    result = framed(b"a\n", *(text[start : start + step] for start in range(0, len(text), step)), b"\nz\n")
    lines = result.split(b"\n")
    assert (lines[0], lines[-2], lines[-1]) == (b"a", b"z", b"")
    assert all(len(line) <= LONGEST for line in lines)
    assert b"".join(lines[1:-2]) == text


def test_many_short_lines_stay() -> None:
    """A big chunk of short lines is left as it is."""
    chunk = ACCESS % 200 * 5000
    assert framed(chunk) == chunk


def test_text_prefix() -> None:
    """In text, every line of the app tells that it is the app's."""
    assert shape("text", "app", "stdout")(b"one\ntwo\n") == b"app: one\napp: two\n"


def test_text_colour() -> None:
    """On a terminal the tag alone is coloured."""
    assert shape("text", "app", "stdout", colour=True)(b"one\n") == b"\x1b[36mapp:\x1b[0m one\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_access_lines_pass(form: str) -> None:
    """nginx writes access lines in the wanted form itself: they pass verbatim."""
    chunk = ACCESS % 200
    assert shape("json" if form == "json" else "text", "nginx", "stdout")(chunk) == chunk


def test_nginx_noise() -> None:
    """nginx's notice on every start is left out, and its own name is not said twice."""
    chunk = b'2026/11/21 01:02:57 [notice] 1#1: using inherited sockets from "4;"\nnginx: [emerg] no\n'
    assert shape("text", "nginx", "stderr")(chunk) == b"nginx: [emerg] no\n"


def test_nothing_but_noise() -> None:
    """When all lines of a chunk are left out, nothing is written, not even a tag."""
    chunk = b'2026/11/21 01:02:57 [notice] 1#1: using inherited sockets from "4;"\n'
    assert shape("text", "nginx", "stderr")(chunk) == b""
    assert shape("json", "nginx", "stderr")(chunk) == b""


def test_json_line() -> None:
    """In JSON, a plain line becomes an object with time, source, stream and message."""
    value = json.loads(shape("json", "app", "stderr")(b'say "hi"\n'))
    assert value.pop("time").endswith("+00:00")
    assert value == {"source": "app", "stream": "stderr", "message": 'say "hi"'}


def test_json_of_the_app() -> None:
    """A line of the app that is a JSON object stays one, with its source added."""
    line = b'{"time": "then", "level": "info", "user": 7}\n'
    expected = {"time": "then", "source": "app", "level": "info", "user": 7}
    assert json.loads(shape("json", "app", "stdout")(line)) == expected


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1))
def test_many_lines_at_once_are_each_an_object(lines: list[str]) -> None:
    """Whatever is in them, quotes, marks and line ends of other systems too, each message is its own line."""
    chunk = "".join(f"{line}\n" for line in lines).encode()
    made = shape("json", "app", "stdout")(chunk).decode().split("\n")
    assert made.pop() == ""
    told = [json.loads(each) for each in made]
    plain = [(each["message"], line) for each, line in zip(told, lines, strict=True) if "message" in each]
    assert all(message == line for message, line in plain)
    assert len(plain) == len(lines) - sum(_is_object(line) for line in lines)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict) and line.startswith("{")
    except ValueError:
        return False


@pytest.mark.parametrize("own", ["{}", "{ }", '{"a":{"source":"b"}} ', '{"time":7}', '{"sourc\\u0065":1}'])
def test_objects_keep_what_they_say(own: str) -> None:
    """Beside the source, and a time where there is none, all is as it was."""
    told = json.loads(shape("json", "app", "stdout")(f"first\n{own}\n".encode()).split(b"\n")[1])
    said = json.loads(own)
    assert told.pop("source") == "app"
    assert told.pop("time") == said.pop("time", None) or "time" not in json.loads(own)
    assert told == {("app_source" if name == "source" else name): value for name, value in said.items()}


def test_json_source_cannot_be_forged() -> None:
    """An app that says it is nginx is still tagged as the app, and its word is kept."""
    value = json.loads(shape("json", "app", "stdout")(b'{"source": "nginx"}\n'))
    assert (value["source"], value["app_source"]) == ("app", "nginx")


@pytest.mark.parametrize("line", [b"{not json\n", b"[1]\n", b"\n", b"{" * 9000 + b"\n", b'"text"\n'])
def test_json_of_anything(line: bytes) -> None:
    """Every line, whatever it is, becomes exactly one JSON object."""
    result = shape("json", "app", "stdout")(line)
    assert result.count(b"\n") == 1
    assert json.loads(result)["message"] == line.decode().rstrip("\n")


def test_count_text() -> None:
    """Access lines are counted, and among them those of 500 and above."""
    chunk = ACCESS % 200 + ACCESS % 502 + ACCESS % 404 + ACCESS % 500
    assert requests(chunk, "text") == (4, 2)


def test_count_text_cannot_be_forged() -> None:
    """A browser that calls itself `" 500` adds no error: nginx escapes its quotes."""
    assert requests(b'::1 - - [x] "GET / HTTP/1.1" 200 7 "-" "\\x22 500 1"\n', "text") == (1, 0)


def test_count_json() -> None:
    """In JSON the field `status` tells."""
    assert requests(b'{"status":200,"path":"/5"}\n{"status":503}\n', "json") == (2, 1)
