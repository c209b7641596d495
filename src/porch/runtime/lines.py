"""Turns what a process wrote into whole log lines, in text or in JSON.

Rule: pure; works on chunks of many lines at once: work in Python on each access line would cost more than nginx does.
A chunk is bytes of one or more whole lines, each ended by a newline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any, Literal, NamedTuple

LONGEST = 64 * 1024
"""A longer line is split, so that no process can fill the memory with one."""

Format = Literal["text", "json"]
Shape = Callable[[bytes], bytes]

_COLOURS = {"app": "36", "nginx": "33", "prestart": "35"}
_BETWEEN = "\x7f"
"""Stands for the end of a line while many are quoted at once: JSON writes it as it is, and logs hardly have it."""
# nginx says so at every start, before it has read at which level it is to speak.
_NOISE = b": using inherited sockets from "


class Frame:
    """Collects bytes and gives whole lines back; what is left without an end comes with `end`."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """The whole lines that are there now; empty when none is."""
        cut = data.rfind(b"\n") + 1
        whole, self._rest = (self._rest + data[:cut], data[cut:]) if cut else (b"", self._rest + data)
        if len(self._rest) > LONGEST:
            pieces = _split(self._rest)
            whole, self._rest = whole + b"\n".join(pieces[:-1]) + b"\n", pieces[-1]
        return _clean(whole)

    def end(self) -> bytes:
        """The last line, when the process ended without ending it."""
        rest, self._rest = self._rest, b""
        return _clean(rest + b"\n") if rest else b""


def _clean(chunk: bytes) -> bytes:
    if b"\r" in chunk:
        chunk = chunk.replace(b"\r\n", b"\n")
    if len(chunk) > LONGEST:
        chunk = _split_long_lines(chunk)
    if not chunk.isascii():
        chunk = chunk.decode(errors="replace").encode()
    return chunk


def _split_long_lines(chunk: bytes) -> bytes:
    """Looks once every 64 KiB, not once a line."""
    parts: list[bytes] = []
    start = 0
    while len(chunk) - start > LONGEST:
        end = chunk.rfind(b"\n", start, start + LONGEST + 1) + 1
        if end:
            parts.append(chunk[start:end])
        else:
            end = chunk.index(b"\n", start) + 1
            parts += [piece + b"\n" for piece in _split(chunk[start : end - 1])]
        start = end
    return b"".join([*parts, chunk[start:]])


def _split(line: bytes) -> list[bytes]:
    """Pieces of at most 64 KiB, cut between characters."""
    pieces: list[bytes] = []
    while len(line) > LONGEST:
        cut = LONGEST
        while cut > LONGEST - 4 and line[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]


def shape(form: Format, source: str, stream: str, *, colour: bool = False) -> Shape:
    """The function that makes chunks of one stream fit for standard output."""
    if source == "nginx" and stream == "stdout":
        return _as_it_is
    if form == "json":
        return lambda chunk: _objects(chunk, source, stream)
    prefix = f"{source}: ".encode()
    if colour:
        prefix = f"\x1b[{_COLOURS.get(source.partition('/')[0], '0')}m{source}:\x1b[0m ".encode()
    if source == "nginx":
        return lambda chunk: _prefixed(_without_noise(chunk), prefix)
    return lambda chunk: _prefixed(chunk, prefix)


def _as_it_is(chunk: bytes) -> bytes:
    """Access lines: nginx itself writes them in the form that is wanted."""
    return chunk


def _prefixed(chunk: bytes, prefix: bytes) -> bytes:
    return prefix + chunk[:-1].replace(b"\n", b"\n" + prefix) + b"\n" if chunk else b""


def _without_noise(chunk: bytes) -> bytes:
    lines = [line.removeprefix(b"nginx: ") for line in chunk.splitlines(keepends=True) if _NOISE not in line]
    return b"".join(lines)


class _Added(NamedTuple):
    """What porch puts before the lines of one chunk, as JSON that goes on."""

    source: str
    moment: str
    plain: str
    """Before the message of a line that is no object."""
    tagged: str
    """Before the rest of an object that has a time."""
    timed: str
    """Before the rest of one that has none."""


def _objects(chunk: bytes, source: str, stream: str) -> bytes:
    if source == "nginx":
        chunk = _without_noise(chunk)
    if not chunk:
        return b""
    text, added = chunk[:-1].decode(errors="replace"), _added(source, stream)
    own = source.partition("/")[0] == "app" and (text.startswith("{") or "\n{" in text)
    if own or _BETWEEN in text:
        return "".join(_object(line, added, own=own) for line in text.split("\n")).encode(errors="replace")
    # Quoted all at once: a third of the time of line by line.
    quoted = encode_basestring(text.replace("\n", _BETWEEN)).replace(_BETWEEN, f'"}}\n{added.plain}"')
    return f"{added.plain}{quoted}}}\n".encode(errors="replace")


def _added(source: str, stream: str) -> _Added:
    moment, told = now(), {"source": source}
    plain = _ENCODE({"time": moment, **told, "stream": stream, "message": ""})
    return _Added(source, moment, plain.removesuffix('""}'), _ENCODE(told)[:-1], _ENCODE({"time": moment, **told})[:-1])


def _object(text: str, added: _Added, *, own: bool) -> str:
    found = _own_object(text) if own and text.startswith("{") else None
    if found is None:
        return f"{added.plain}{encode_basestring(text)}}}\n"
    if "source" in found:
        # The tag says who wrote the line and is porch's to set; the app's own word is kept beside it.
        found["app_source"] = found.pop("source")
        return _ENCODE({"time": found.pop("time", added.moment), "source": added.source, **found}) + "\n"
    # It is whole already: written anew it would take twice the time.
    before = added.tagged if "time" in found else added.timed
    return f"{before}{',' if found else ''}{text[1:]}\n"


def _own_object(text: str) -> dict[str, Any] | None:
    try:
        value, end = _DECODE(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not text[end:].strip() else None  # pyright: ignore[reportUnknownVariableType] - JSON keys are str


_DECODE = json.JSONDecoder().raw_decode
"""`json.loads` without its looks at what it was given."""
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
"""Made once: `json.dumps` makes one for each line, at the price of a third of the work."""


def encode(value: dict[str, Any]) -> bytes:
    """One JSON object as one line."""
    return _ENCODE(value).encode(errors="replace") + b"\n"


def now() -> str:
    """The moment in UTC with milliseconds, as nginx writes it: `2026-01-31T10:20:30.123+00:00`."""
    moment = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03d}+00:00"


def requests(chunk: bytes, form: Format) -> tuple[int, int]:
    """How many access lines there are, and how many of them are answers of 500 and above."""
    # nginx escapes quotes in what clients send, so neither mark can be forged inside a line.
    return chunk.count(b"\n"), chunk.count(b'"status":5' if form == "json" else b'" 5')
