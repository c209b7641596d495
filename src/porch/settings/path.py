"""The settings of one path: `[[path]]`, a list of tables, each with its URL and what differs there.

Rule: as in `settings`: a key of the table is declared here and nowhere else, and how it is read follows from that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

from porch import values as v
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


def _kinds() -> dict[str, Kind]:
    return {each.name: each.metadata["kind"] for each in fields(Path)}


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
    kinds, known = _kinds(), {URL, *_kinds()}
    unknown = [name for name in table if name not in known]
    if unknown:
        from porch.errors import suggestion

        hint = suggestion(unknown[0], known) or f"known: {', '.join(sorted(known))}"
        raise ValueError(f'"{url}": unknown key "{unknown[0]}"; {hint}')
    said: dict[str, Any] = {}
    for name in table.keys() & kinds.keys():
        try:
            said[name] = kinds[name].parse(table[name])
        except ValueError as error:
            raise ValueError(f'"{url}", {name}: {error}') from None
    if not said:
        raise ValueError(f'"{url}" says nothing; add one of {", ".join(kinds)}')
    return url, Path(**said)


def _show(paths: Paths) -> str:
    kinds = _kinds()
    shown: list[str] = []
    for url, path in paths:
        said = {name: getattr(path, name) for name in kinds if getattr(path, name) is not None}
        shown.append(" ".join([url, *(f"{name}={kinds[name].show(value) or 'off'}" for name, value in said.items())]))
    return ", ".join(shown)


def _schema() -> dict[str, Any]:
    properties: dict[str, Any] = {URL: {"type": "string"}}
    for each in fields(Path):
        properties[each.name] = {**each.metadata["kind"].schema, "description": each.metadata["says"]}
    one = {"type": "object", "additionalProperties": False, "required": [URL], "properties": properties}
    return {"type": "array", "items": one}


PATHS = Kind("list of tables", _parse, _show, _schema(), many=True, form="'URL KEY=VALUE ...'")

KEYS = "; ".join(f"`{each.name}`, {each.metadata['says']}" for each in fields(Path))
"""The keys of a table, as one sentence."""
