"""What the project says that it needs: pyproject.toml, requirements files, Pipfile.

Rule: this breaks ties and explains a failure; no app is concluded from it, for a requirement is often another
package's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from porch.frameworks.project import Project

NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def requirements(project: Project) -> Mapping[str, str]:
    """Each package, by its normalised name, with where it is named: `requirements.txt:3`."""
    found: dict[str, str] = {}
    for path in sorted([*project.folder.glob("requirements*.txt"), *project.folder.glob("requirements/*.txt")]):
        for number, line in enumerate(_text(path).splitlines(), 1):
            match = NAME.match(line)
            if match:
                found.setdefault(_normal(match[1]), f"{project.shown(path)}:{number}")
    for name in ("pyproject.toml", "Pipfile"):
        text = _text(project.folder / name)
        for package in _toml_names(text):
            found.setdefault(_normal(package), f"{name}:{_line(text, package)}")
    return found


def entrypoint(project: Project) -> str:
    """What `fastapi run` would take, `[tool.fastapi]` in pyproject.toml; empty where nothing is said."""
    said = below(parsed(_text(project.folder / "pyproject.toml")), "tool", "fastapi").get("entrypoint", "")
    return said if isinstance(said, str) else ""


def below(table: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """A table within; empty where there is none, or something else."""
    for name in names:
        found: Any = table.get(name)
        table = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return table


def listed(found: Any) -> list[Any]:
    """The entries of a list, or the names in a table; none of anything else."""
    return list(cast("list[Any]", found)) if isinstance(found, (list, dict)) else []


def parsed(text: str) -> Mapping[str, Any]:
    """A TOML file's table; empty where it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        # Whoever reads the settings from it, or installs from it, says what is wrong with it.
        return {}


def _toml_names(text: str) -> Iterator[str]:
    table = parsed(text)
    written: list[Any] = [below(table, "packages"), below(table, "project").get("dependencies")]
    written += below(table, "project", "optional-dependencies").values()
    written += below(table, "dependency-groups").values()
    written.append(below(table, "tool", "poetry", "dependencies"))
    for group in written:
        for entry in listed(group):
            match = NAME.match(entry) if isinstance(entry, str) else None
            if match:
                yield match[1]


def _line(text: str, package: str) -> int:
    lines = text.splitlines()
    # The name may also be the project's own: the last line that starts an entry with it is the requirement.
    hits = [
        number for number, line in enumerate(lines, 1) if re.search(rf"""(^|["'\[,\s]){re.escape(package)}\b""", line)
    ]
    return hits[-1] if hits else 1


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size < 1_000_000 else ""
    except OSError:
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
