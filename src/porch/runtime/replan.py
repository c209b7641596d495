"""Writes what the next generation needs beside what the live one has, for the resident process to take up.

Rule: nothing of the live generation is touched; what only a start can change is refused here, all of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import folder, start
from porch.runtime.folder import NEXT
from porch.runtime.identity import identity
from porch.runtime.launch import Launch
from porch.syntax.file import File

STARTER = "who started porch"


@dataclass(frozen=True, slots=True)
class Written:
    """What the resident process has to know."""

    launch: str
    """Path of the new launch file."""
    front: tuple[str, ...]
    """Files of nginx's that are to change; the new text is beside each."""


def write(live: Launch, new: Launch, files: Mapping[str, File]) -> Written:
    """Write the generation's own files, and beside the live ones those of nginx's that differ; raises Refused."""
    refuse_what_needs_a_start(live, new)
    found = identity(new.user)
    owner = found.owner if found is not None else None
    homes = [Path(each.socket).parent for each in new.apps]
    for home in homes:
        folder.remove_generation(str(home))
    own = {path: file for path, file in files.items() if any(Path(path).is_relative_to(home) for home in homes)}
    front = {path: file for path, file in files.items() if path not in own and _text(path) != file.text}
    if live.certify is not None and new.certify is not None:
        # What is fetched by itself is switched by itself; until then the one in service stays.
        front = {path: file for path, file in front.items() if path not in {source for source, _ in new.handed}}
    path = f"{new.folder}/launch-{new.generation}.json"
    try:
        start.write(new, own | {path + NEXT: file for path, file in front.items()}, owner)
        folder.write(path, new.to_json(), 0o600, None)
    except OSError as error:
        what = f"cannot write the next generation's files: {error.strerror}"
        where = str(error.filename or new.folder)
        raise Refused(Problem(what, where=where, fix="make room for them there", exit=Exit.MACHINE)) from None
    return Written(path, tuple(front))


def refuse_what_needs_a_start(live: Launch, new: Launch) -> None:
    """Refused with everything that a running instance cannot change."""
    compared = (
        ("the addresses to listen on", " ".join(live.listen), " ".join(new.listen)),
        ("what listens", "HTTPS" if live.tls else "plain HTTP", "HTTPS" if new.tls else "plain HTTP"),
        ("the user that the app runs as", live.user or STARTER, new.user or STARTER),
        ("the run folder", live.folder, new.folder),
        ("the log format", live.log_format, new.log_format),
        ("the nginx to run", live.nginx.argv[0], new.nginx.argv[0]),
        *_protocols(live, new),
    )
    fix = "porch stop, then porch run: only a start can change that"
    problems = [
        Problem(f"{name}: changed from {before} to {after}", where=new.project, fix=fix, exit=Exit.RELOAD)
        for name, before, after in compared
        if before != after
    ]
    if problems:
        raise Refused(*problems)


def _protocols(live: Launch, new: Launch) -> list[tuple[str, str, str]]:
    """Of each app that stays where it is: nginx would speak in the one language to a server of the other."""
    before = {each.prefix: each for each in live.apps}
    return [
        (f"how nginx speaks to the app server{f' at {now.prefix}' if now.prefix else ''}", _spoken(was), _spoken(now))
        for now in new.apps
        if (was := before.get(now.prefix)) is not None and was.protocol != now.protocol
    ]


def _spoken(launch: Launch) -> str:
    return f"{launch.protocol} ({launch.server})"


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
