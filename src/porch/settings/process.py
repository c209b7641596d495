"""The settings of one process beside the app: `[process.NAME]`, one table for each.

Rule: as in `settings`: a key of the table is declared here and nowhere else, and how it is read follows from that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

from porch import values as v
from porch.spec import setting
from porch.values import Kind

TAKEN = frozenset({"app", "nginx", "porch", "prestart", "replan", "watch"})
"""Names that the log has for porch's own."""


SEPARATOR = ";"
"""Between processes in one text; no key of a table can be such a word."""


def _environment(raw: object) -> tuple[tuple[str, str], ...]:
    told = (
        {word.partition("=")[0]: word.partition("=")[2] for word in shlex.split(raw)} if isinstance(raw, str) else raw
    )
    if not isinstance(told, Mapping):
        raise ValueError('variables are a table, such as {QUEUE = "mail"}')  # noqa: TRY004  # one kind of error
    found: list[tuple[str, str]] = []
    for name, value in cast("Mapping[str, object]", told).items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f'"{name}" is no name of a variable')
        if not isinstance(value, str | int) or isinstance(value, bool) or "\0" in str(value):
            raise ValueError(f"the variable {name} is to be a text")
        found.append((name, str(value)))
    return tuple(found)


VARIABLES = Kind(
    "variables",
    _environment,
    lambda pairs: shlex.join(f"{name}={value}" for name, value in pairs),
    {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
)


@dataclass(frozen=True, slots=True)
class Process:
    """One process beside the app."""

    command: tuple[str, ...] = setting(v.WORDS, (), "what is run, in the project's folder", example="celery worker")
    count: int = setting(v.count(1, 64), 1, "how many of them", example="2")
    essential: bool = setting(v.FLAG, False, "true: its failure ends the instance with its code", example="true")
    restart: Literal["always", "on-failure", "never"] = setting(
        v.choice("always", "on-failure", "never"), "always", "when it is started again", example="on-failure"
    )
    stop_signal: str = setting(
        v.choice("TERM", "INT", "QUIT", "HUP", "USR1", "USR2"), "TERM", "what ends it in order", example="INT"
    )
    env: tuple[tuple[str, str], ...] = setting(VARIABLES, (), "variables of its own", example="QUEUE=mail")


Processes = tuple[tuple[str, Process], ...]


def _kinds() -> dict[str, Kind]:
    return {each.name: each.metadata["kind"] for each in fields(Process)}


def _parse(raw: object) -> Processes:
    told = cast("Mapping[str, object]", raw) if isinstance(raw, Mapping) else tables(raw)
    return tuple((name, _one(name, table)) for name, table in told.items())


def tables(raw: object) -> Mapping[str, object]:
    """`queue command="celery worker" count=2 ; cron command=...`, as a variable or one or several flags say it."""
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


def _one(name: str, table: object) -> Process:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", name):
        raise ValueError(f'"{name}" is no name of a process; write small letters, figures, - and _, 31 at most')
    if name in TAKEN:
        raise ValueError(f'"{name}" is what the log calls a process of the instance\'s own; choose another name')
    if not isinstance(table, Mapping):
        raise ValueError(f"each process is a table: write [process.{name}] and its command below it")  # noqa: TRY004  # one kind of error
    told, kinds = cast("Mapping[str, object]", table), _kinds()
    unknown = [key for key in told if key not in kinds]
    if unknown:
        from porch.errors import suggestion

        hint = suggestion(unknown[0], kinds) or f"known: {', '.join(kinds)}"
        raise ValueError(f'"{name}": unknown key "{unknown[0]}"; {hint}')
    said: dict[str, Any] = {}
    for key, value in told.items():
        try:
            said[key] = kinds[key].parse(value)
        except ValueError as error:
            raise ValueError(f'"{name}", {key}: {error}') from None
    if not said.get("command"):
        raise ValueError(f'"{name}" has no command; add command = ["python", "worker.py"] for example')
    return Process(**said)


def _show(processes: Processes) -> str:
    kinds = _kinds()
    shown: list[str] = []
    for name, process in processes:
        said = {each.name: getattr(process, each.name) for each in fields(Process)}
        plain = {each.name: each.default for each in fields(Process)}
        pairs = [f"{key}={kinds[key].show(value)}" for key, value in said.items() if value != plain[key]]
        shown.append(shlex.join([name, *pairs]))
    return f" {SEPARATOR} ".join(shown)


def _schema() -> dict[str, Any]:
    one = {
        "type": "object",
        "additionalProperties": False,
        "required": ["command"],
        "properties": {
            each.name: {**each.metadata["kind"].schema, "description": each.metadata["says"]}
            for each in fields(Process)
        },
    }
    return {"type": "object", "additionalProperties": one}


PROCESSES = Kind("tables by name", _parse, _show, _schema(), many=True, form="'NAME command=... KEY=VALUE ...'")

KEYS = "; ".join(f"`{each.name}`, {each.metadata['says']}" for each in fields(Process))
"""The keys of a table, as one sentence."""
