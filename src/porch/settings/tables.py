"""Tables within one setting, such as `[process.NAME]` and `[[path]]`: how each is read, shown and described.

Rule: a key of such a table is declared once, as a field of its class; how it is read and described follows from that.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from porch.values import Kind

SEPARATOR = ";"
"""Between tables in one text; no key of a table can be such a word."""


def kinds(table: type[Any]) -> dict[str, Kind]:
    """Key -> the kind of value that it has."""
    return {each.name: each.metadata["kind"] for each in fields(table)}


def keys(table: type[Any]) -> str:
    """The keys and what each is, as one sentence."""
    return "; ".join(f"`{each.name}`, {each.metadata['says']}" for each in fields(table))


def properties(table: type[Any]) -> dict[str, Any]:
    """The keys in JSON schema."""
    return {each.name: {**each.metadata["kind"].schema, "description": each.metadata["says"]} for each in fields(table)}


def by_name(raw: object) -> Mapping[str, object]:
    """The tables as TOML has them, or as text: `queue command="celery worker" count=2 ; cron command=...`."""
    return cast("Mapping[str, object]", raw) if isinstance(raw, Mapping) else _split(raw)


def _split(raw: object) -> Mapping[str, object]:
    """As a variable or one or several flags say them."""
    if isinstance(raw, list) and not all(isinstance(each, str) for each in cast("list[object]", raw)):
        raise ValueError("this is a table of tables, each below its name: [SECTION.NAME], with one bracket")
    text = f" {SEPARATOR} ".join(cast("list[str]", raw)) if isinstance(raw, list) else str(raw)
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError(f"a quotation mark is not closed in {text}") from None
    found: dict[str, dict[str, object]] = {}
    begins = True
    name = ""
    for word in words:
        if begins:
            name = word
            if name in found:
                raise ValueError(f'"{name}" stands twice; join the two')
            found[name] = {}
        elif word != SEPARATOR:
            key, _, value = word.partition("=")
            found[name][key] = value
        begins = word == SEPARATOR
    return found


def read(name: str, told: Mapping[str, object], known: Mapping[str, Kind]) -> dict[str, Any]:
    """What the table of that name says, key by key; raises ValueError for a key that is unknown or cannot be read."""
    unknown = [key for key in told if key not in known]
    if unknown:
        from porch.errors import suggestion

        hint = suggestion(unknown[0], known) or f"known: {', '.join(known)}"
        raise ValueError(f'"{name}": unknown key "{unknown[0]}"; {hint}')
    said: dict[str, Any] = {}
    for key, value in told.items():
        try:
            said[key] = known[key].parse(value)
        except ValueError as error:
            raise ValueError(f'"{name}", {key}: {error}') from None
    return said


def show(told: Mapping[str, Mapping[str, Any]], known: Mapping[str, Kind]) -> str:
    """The tables as one text, which `by_name` reads back."""
    return f" {SEPARATOR} ".join(
        shlex.join([name, *(f"{key}={known[key].show(value)}" for key, value in said.items())])
        for name, said in told.items()
    )


def said(table: Any) -> dict[str, Any]:
    """What was said in a table, and is not as where nothing was."""
    values = ((each, getattr(table, each.name)) for each in fields(table))
    return {each.name: value for each, value in values if value != each.default}
