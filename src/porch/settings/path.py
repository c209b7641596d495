"""The settings of one path: `[[path]]`, a list of tables, each with its URL and what differs there.

Rule: as in `settings`: a key of the table is declared here and nowhere else, and how it is read follows from that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from porch import values as v
from porch.records import dataclass
from porch.settings import tables
from porch.spec import setting
from porch.values import Kind

URL = "url"


@dataclass(frozen=True, slots=True)
class Path:
    """What differs at one URL; None where nothing was said, so that the app's own limit holds."""

    body: int | None = setting(v.SIZE, None, "largest request body; 0 is no limit", example="1G")
    timeout: int | None = setting(v.SECONDS, None, "longest time a request may take", example="10m")
    buffering: bool | None = setting(v.FLAG, None, "false: each answer is handed on as it comes", example="false")
    request_buffering: bool | None = setting(
        v.FLAG, None, "false: each request body is handed on as it comes", example="false"
    )
    rate: str | None = setting(v.RATE, None, "requests of one client, in place of `limits.rate`", example="5/m")


Paths = tuple[tuple[str, Path], ...]


def _parse(raw: object) -> Paths:
    listed = cast("Sequence[object]", raw) if isinstance(raw, list | tuple) else str(raw).split(",")
    if isinstance(raw, Mapping):
        raise ValueError("this is a list of tables: write [[path]], with two brackets")  # noqa: TRY004  # one kind of error
    found: dict[str, Path] = {}
    for each in listed:
        url, path = _one(cast("Mapping[str, object]", each) if isinstance(each, Mapping) else _told(str(each)))
        if url in found:
            raise ValueError(f'"{url}" stands twice; join the two')
        found[url] = path
    return tuple(found.items())


def _told(text: str) -> Mapping[str, object]:
    """`/upload/ body=1G timeout=10m`, as a flag or a variable says it."""
    url, *words = text.split() or [""]
    pairs = [word.partition("=") for word in words]
    return {URL: url} | {name: value for name, _, value in pairs}


def _one(table: Mapping[str, object]) -> tuple[str, Path]:
    url = table.get(URL)
    if not isinstance(url, str) or not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", url):
        what = "a path begins with its URL" if url in (None, "") else f'"{url}" is no URL of a path'
        raise ValueError(f"{what}; write /upload/ for it and all below it, or /report for itself alone")
    known = tables.kinds(Path)
    said = tables.read(url, {key: value for key, value in table.items() if key != URL}, known)
    if not said:
        raise ValueError(f'"{url}" says nothing; add one of {", ".join(known)}')
    return url, Path(**said)


def _show(paths: Paths) -> str:
    known = tables.kinds(Path)
    shown: list[str] = []
    for url, path in paths:
        pairs = (f"{key}={known[key].show(value) or 'off'}" for key, value in tables.said(path).items())
        shown.append(" ".join([url, *pairs]))
    return ", ".join(shown)


ONE = {
    "type": "object",
    "additionalProperties": False,
    "required": [URL],
    "properties": {URL: {"type": "string"}, **tables.properties(Path)},
}
PATHS = Kind("list of tables", _parse, _show, {"type": "array", "items": ONE}, many=True, form="'URL KEY=VALUE ...'")
KEYS = tables.keys(Path)
