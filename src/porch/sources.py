"""Reads what the user said: TOML, environment, flags, weakest first; every value keeps its origin.

Rule: an unknown key or a bad value is refused with its place and a suggestion, all of them at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from porch import images, settings
from porch.errors import Problem, Refused, suggestion, told
from porch.records import dataclass
from porch.settings import Settings
from porch.spec import Flag, Spec

CONFIG = "porch.toml"
_SERVICE = re.compile(r"PORCH_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_SERVICE_URL = re.compile(r"PORCH_(\w+_)?PORT=(tcp|udp|sctp)://.*")
_LONGEST = 16 * 1024
RESERVED = frozenset({"PORCH_WORKER"})
"""Variables that porch sets for its own children; no settings."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said, and where."""

    settings: Settings
    origins: Mapping[str, str]
    """Key -> origin, for the keys that were said; a key that is missing here has its default."""
    notes: tuple[str, ...] = ()
    config: str = ""
    """The file that was named in place of porch.toml, absolute; empty for none."""

    def origin(self, key: str) -> str:
        """Where the value of that key comes from."""
        return self.origins.get(key, "default")


class _Reading:
    """Values so far, strongest last, and every problem met."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.problems: list[Problem] = []

    def take(self, spec: Spec, raw: object, origin: str) -> None:
        try:
            _bounded(raw)
            value = spec.kind.parse(raw)
        except ValueError as error:
            self.problems.append(Problem(told(f"{spec.key}: {error}"), origin, f"for example {spec.example}"))
            return
        if spec.kind.many and isinstance(value, tuple) and not spec.name:
            before: tuple[tuple[str, str], ...] = self.values.get(spec.key, ())
            value = tuple((dict(before) | dict(cast("tuple[tuple[str, str], ...]", value))).items())
        self.values[spec.key] = value
        self.origins[spec.key] = origin


def _bounded(raw: object) -> None:
    """Refuse a text, in whatever list or table, that no setting needs: words are split in quadratic time."""
    if isinstance(raw, str) and len(raw) > _LONGEST:
        raise ValueError(f"a value has at most {_LONGEST} letters")
    if isinstance(raw, Mapping):
        table = cast("Mapping[object, object]", raw)
        _bounded([*table.keys(), *table.values()])
    elif isinstance(raw, list | tuple):
        for each in cast("Sequence[object]", raw):
            _bounded(each)


def load(folder: Path, environ: Mapping[str, str], flags: Iterable[Flag] = (), config: Path | None = None) -> Said:
    """Everything that was said for the project in that folder; raises Refused with every problem."""
    reading = _Reading()
    _read_files(reading, folder, config)
    notes = _read_images(reading, environ, django=_is_django(folder))
    _read_variables(reading, environ)
    _read_flags(reading, flags)
    if reading.problems:
        raise Refused(*reading.problems)
    return Said(settings.build(reading.values), reading.origins, notes, str(config or ""))


def peek(spec: Spec, folder: Path, config: Path | None = None) -> object:
    """What the files say of one setting, whatever else is wrong in them; None for nothing."""
    files = ((config_file(folder, config), ()), (folder / "pyproject.toml", ("tool", "porch")))
    for path, above in files:
        found: Any = _toml(_Reading(), path)[0]
        for name in (*above, spec.section, spec.name):
            found = found.get(name) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # TOML is untyped
        if found is not None:
            return found  # pyright: ignore[reportUnknownVariableType]  # as above
    return None


def config_file(folder: Path, config: Path | None = None) -> Path:
    """The file that `porch.toml` settings are read from; it need not exist."""
    return config or folder / CONFIG


def _read_files(reading: _Reading, folder: Path, config: Path | None) -> None:
    project = folder / "pyproject.toml"
    if project.is_file():
        table, text = _toml(reading, project)
        tool = table.get("tool", {})
        own: object = tool.get("porch", {}) if isinstance(tool, dict) else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # TOML is untyped
        if isinstance(own, dict):
            _take_tables(reading, own, text, project, prefix="tool.porch.")  # pyright: ignore[reportUnknownArgumentType]  # as above
        else:
            fix = "write [tool.porch.SECTION] and its settings below it"
            reading.problems.append(Problem('"tool.porch" is a table, not a value', project.name, fix))
    path = config_file(folder, config)
    if path.is_file():
        table, text = _toml(reading, path)
        _take_tables(reading, table, text, path, prefix="")
    elif config:
        reading.problems.append(Problem(f"there is no file {config}", "--config", "check the path"))


def _toml(reading: _Reading, path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text
    except OSError as error:
        reading.problems.append(Problem(f"cannot read {path.name}: {error.strerror}", str(path), "make it readable"))
    except UnicodeDecodeError:
        reading.problems.append(Problem(f"{path.name} is not UTF-8 text", str(path), "save it as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{path.name}:{line[1]}" if line else path.name
        reading.problems.append(Problem(f"{path.name} is not valid TOML: {error}", place, "mend that line"))
    return {}, ""


def _take_tables(reading: _Reading, table: Mapping[str, Any], text: str, path: Path, prefix: str) -> None:
    known = {spec.key: spec for spec in settings.specs()}
    for section, content in table.items():
        place = _place(text, path, f"{prefix}{section}")
        if section in known:
            reading.take(known[section], content, place)
        elif section not in settings.sections():
            reading.problems.append(_unknown(section, place, settings.sections(), "section"))
        elif not isinstance(content, dict):
            fix = f"write [{prefix}{section}] and its settings below it"
            reading.problems.append(Problem(f'"{section}" is a section, not a value', place, fix))
        else:
            _take_table(reading, section, content, (text, path, prefix))  # pyright: ignore[reportUnknownArgumentType]  # TOML is untyped


def _take_table(reading: _Reading, section: str, content: Mapping[str, Any], source: tuple[str, Path, str]) -> None:
    text, path, prefix = source
    known = {spec.key: spec for spec in settings.specs()}
    names = [spec.name for spec in settings.specs() if spec.section == section]
    for name, raw in content.items():
        place = _place(text, path, f"{prefix}{section}", name)
        spec = known.get(f"{section}.{name}")
        if spec:
            reading.take(spec, raw, place)
        else:
            reading.problems.append(_unknown(name, place, names, f"setting in [{prefix}{section}]"))


def _unknown(word: str, place: str, known: Iterable[str], kind: str) -> Problem:
    known = list(known)
    fix = suggestion(word, known) or f"known: {', '.join(known)}"
    return Problem(told(f'unknown {kind}: "{word}"'), place, fix)


def _place(text: str, path: Path, section: str, name: str = "") -> str:
    """`porch.toml:7`; the section's line for a key in an inline table, the file alone where no line can tell."""
    inside, wanted = "", section if not name else f"{section}.{name}"
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        entry = re.match(r"\s*([\w.\"'/ -]+?)\s*=", line)
        if header:
            inside = re.sub(r"[\"'\s]", "", header[1])
        here = inside
        if entry and not header:
            here = f"{inside}.{entry[1]}".strip(".")
        said = re.sub(r"[\"'\s]", "", here)
        # A section that is one table may be written as the tables in it.
        below = header and not name and said.startswith(f"{wanted}.")
        if below or (said == wanted and (header or entry)):
            return f"{path.name}:{number}"
    return _place(text, path, section) if name else path.name


def _is_django(folder: Path) -> bool:
    """Whether a manage.py of Django lies in the folder, or in one right below it."""
    for path in (folder / "manage.py", *sorted(folder.glob("*/manage.py"))):
        try:
            if b"DJANGO_SETTINGS_MODULE" in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def _read_images(reading: _Reading, environ: Mapping[str, str], *, django: bool) -> tuple[str, ...]:
    meant = images.read(environ, django=django)
    for key, raw, origin in meant.values:
        reading.take(settings.spec(key), raw, origin)
    return meant.notes


def _read_variables(reading: _Reading, environ: Mapping[str, str]) -> None:
    known = {spec.variable: spec for spec in settings.specs()}
    for name in sorted(environ):
        if name.startswith("PORCH_") and name not in RESERVED:
            if name in known:
                reading.take(known[name], environ[name], f"${name}")
            elif not _of_a_service(name, environ[name]):
                reading.problems.append(_unknown_variable(name, known))


def _of_a_service(name: str, value: str) -> bool:
    """Whether Kubernetes set it: for each Service there are such variables in every container, for one `porch` too."""
    return bool(_SERVICE.fullmatch(name) or _SERVICE_URL.fullmatch(f"{name}={value}"))


def _unknown_variable(name: str, known: Iterable[str]) -> Problem:
    known = list(known)
    fix = suggestion(name, known) or f"unset it; a setting's variable is named like {known[0]}"
    return Problem(told(f'unknown variable "{name}"'), told(f"${name}"), fix)


def _read_flags(reading: _Reading, flags: Iterable[Flag]) -> None:
    gathered: dict[str, list[Flag]] = {}
    for flag in flags:
        gathered.setdefault(flag.key, []).append(flag)
    for key, typed in gathered.items():
        spec = settings.spec(key)
        raw: object = [flag.raw for flag in typed] if spec.kind.many else typed[-1].raw
        reading.take(spec, raw, typed[-1].spelled)
