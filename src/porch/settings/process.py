"""The settings of one process beside the app: `[process.NAME]`, one table for each.

Rule: as in `settings`: a key of the table is declared here and nowhere else, and how it is read follows from that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Literal, cast

from porch import values as v
from porch.records import dataclass
from porch.settings import tables
from porch.spec import setting
from porch.values import Kind

TAKEN = frozenset({"app", "nginx", "porch", "prestart", "replan", "watch"})
"""Names that the log has for porch's own."""


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


def _parse(raw: object) -> Processes:
    return tuple((name, _one(name, table)) for name, table in tables.by_name(raw).items())


def _one(name: str, table: object) -> Process:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", name):
        raise ValueError(f'"{name}" is no name of a process; write small letters, figures, - and _, 31 at most')
    if name in TAKEN:
        raise ValueError(f'"{name}" is what the log calls a process of the instance\'s own; choose another name')
    if not isinstance(table, Mapping):
        raise ValueError(f"each process is a table: write [process.{name}] and its command below it")  # noqa: TRY004  # one kind of error
    said = tables.read(name, cast("Mapping[str, object]", table), tables.kinds(Process))
    if not said.get("command"):
        raise ValueError(f'"{name}" has no command; add command = ["python", "worker.py"] for example')
    return Process(**said)


def _show(processes: Processes) -> str:
    return tables.show({name: tables.said(process) for name, process in processes}, tables.kinds(Process))


ONE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["command"],
    "properties": tables.properties(Process),
}
PROCESSES = Kind(
    "tables by name",
    _parse,
    _show,
    {"type": "object", "additionalProperties": ONE},
    many=True,
    form="'NAME command=... KEY=VALUE ...'",
)
KEYS = tables.keys(Process)
