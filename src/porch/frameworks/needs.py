"""From which file a project's dependencies are installed: the locks of uv, poetry, pdm and pipenv, requirements of pip.

Rule: everything that could be meant is told, none is preferred here; what a file includes is part of it.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from porch.frameworks.project import Project
from porch.frameworks.requirements import below, listed, parsed
from porch.records import dataclass

Tool = Literal["uv", "poetry", "pdm", "pipenv", "pip", "pyproject", ""]

NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*([^\s#]+)")
LOCAL = re.compile(r"^\s*(?:-e\s|--editable[\s=]|\.{0,2}/|file:|\.$|\.\[)|^[^#]*@\s*(?:file:|\.{0,2}/)")
"""A requirement that is a folder or file of the project, not a package of an index."""
SECRET = re.compile(
    r"""(?:environ(?:\.get)?|getenv|env|config)\s*(?:\[|\(|\.str\()\s*["']([A-Z0-9_]*SECRET[A-Z0-9_]*)["']"""
)
"""A variable that is read by os, django-environ, environs or decouple."""
MANIFEST = "pyproject.toml"
LOCKS: Mapping[str, tuple[Tool, tuple[str, ...]]] = {
    "uv.lock": ("uv", (MANIFEST,)),
    "poetry.lock": ("poetry", (MANIFEST,)),
    "pdm.lock": ("pdm", (MANIFEST,)),
    "Pipfile.lock": ("pipenv", ("Pipfile",)),
}
"""Lock -> whose it is, and what else that tool reads."""
REQUIREMENTS = ("requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt")


@dataclass(frozen=True, slots=True)
class Needs:
    """One file that the dependencies can be installed from."""

    tool: Tool
    """Empty: the project has none."""
    lock: str
    """Relative to the project."""
    files: tuple[str, ...]
    """All that the installation reads, the lock included."""
    whole: bool = False
    """Something of the project itself is among them, so that all of it must be there."""
    packages: frozenset[str] = frozenset()
    """Their names, normalised; those that cannot be read are missing."""


@dataclass(frozen=True, slots=True)
class Packaging:
    """What the project's files say of its installation."""

    found: tuple[Needs, ...] = ()
    unlocked: tuple[tuple[str, str], ...] = ()
    """Files of tools whose lock is missing, each with the command that writes it."""
    python: str = ""
    """`X.Y` that the project names, or another Python such as `pypy3.11`; empty for none."""
    python_from: str = ""
    """Where it does."""
    tried: str = ""
    """`X.Y` of the environment that the app runs with here, where the project names none; porch's own is none."""
    builds: bool = False
    """The project is a package too, which its tool installs on a developer's machine."""
    requires_python: str = ""
    title: str = ""
    secrets: tuple[str, ...] = ()
    """Variables that the code reads a secret from."""
    porch: str = "porch"
    """What pip is told to install porch from, unless the user says."""


NOTHING = Needs("", "", ())


def packaging(code: Project, python: str = "", lock: str = "") -> Packaging:
    """What the project's files say; `python` is the app's interpreter, `lock` the file that the user named."""
    folder = code.folder
    project = _toml(folder / MANIFEST)
    stated = below(project, "project")
    version, where = _python(folder, python)
    return Packaging(
        found=tuple(_named(folder, lock) if lock else _found(folder, stated)),
        unlocked=tuple(_unlocked(folder, project)),
        python=version,
        python_from=where,
        builds=_builds(project),
        tried="" if version or python == sys.executable else _version_of(python),
        requires_python=str(stated.get("requires-python", "")),
        title=str(stated.get("name", "")) or folder.name,
        secrets=_secrets(code),
    )


def _builds(project: Mapping[str, Any]) -> bool:
    """It has a build system and a name (PEP 517, PEP 621), and no tool is told to leave the project out."""
    tools = below(project, "tool")
    named = below(project, "project").get("name") or below(tools, "poetry").get("name")
    out = (("uv", "package"), ("poetry", "package-mode"), ("pdm", "distribution"))
    told = "build-system" in project and not any(below(tools, tool).get(key) is False for tool, key in out)
    return bool(told and named)


def _secrets(code: Project) -> tuple[str, ...]:
    """Variables with SECRET in their name that the code asks the environment for."""
    texts = [content.decode(errors="replace") for content in code.contents() if b"SECRET" in content]
    return tuple(dict.fromkeys(name for text in texts for name in SECRET.findall(text)))


def _named(folder: Path, name: str) -> Iterator[Needs]:
    """The file that the user named; nothing where there is none, or none that can be read."""
    name = posixpath.normpath(name)
    if not (folder / name).is_file():
        return
    if name in LOCKS:
        yield _lock(folder, name)
    elif name == MANIFEST:
        yield _manifest(folder)
    elif name.endswith((".txt", ".in")):
        yield _requirements(folder, name)


def _manifest(folder: Path) -> Needs:
    return Needs("pyproject", MANIFEST, (MANIFEST,), packages=_names(_dependencies(_toml(folder / MANIFEST))))


def _found(folder: Path, stated: Mapping[str, Any]) -> Iterator[Needs]:
    any_found = False
    for name in LOCKS:
        if (folder / name).is_file():
            any_found = True
            yield _lock(folder, name)
    for name in REQUIREMENTS:
        if (folder / name).is_file():
            any_found = True
            yield _requirements(folder, name)
            break
    if not any_found and stated.get("dependencies"):
        yield _manifest(folder)


def _unlocked(folder: Path, project: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if (folder / "Pipfile").is_file() and not (folder / "Pipfile.lock").is_file():
        yield "Pipfile", "pipenv lock"
    if below(project, "tool", "poetry").get("dependencies") and not (folder / "poetry.lock").is_file():
        yield MANIFEST, "poetry lock"


def _lock(folder: Path, name: str) -> Needs:
    tool, beside = LOCKS[name]
    text = _text(folder / name)
    if tool == "pipenv":
        packages, whole = _pipenv(text)
    else:
        packages, whole = _locked(parsed(text))
    return Needs(tool, name, (*beside, name), whole, packages)


def _locked(table: Mapping[str, Any]) -> tuple[frozenset[str], bool]:
    """uv, poetry and pdm list `[[package]]`; what has a path is of the project."""
    packages = cast("list[dict[str, Any]]", table.get("package", []))
    whole = False
    names: list[str] = []
    for each in packages:
        source = each.get("source", {})
        paths = [source.get(key) for key in ("editable", "directory", "path", "virtual")] + [each.get("path")]
        if source.get("type") in ("directory", "file"):
            paths.append(source.get("url"))
        whole = whole or any(path and path != "." for path in paths)
        names.append(str(each.get("name", "")))
    return frozenset(map(normal, names)), whole


def _pipenv(text: str) -> tuple[frozenset[str], bool]:
    try:
        table: dict[str, Any] = json.loads(text).get("default", {})
    except ValueError:
        return frozenset(), False
    whole = any(isinstance(each, dict) and ("path" in each or "file" in each) for each in table.values())
    return frozenset(map(normal, table)), whole


def _requirements(folder: Path, name: str) -> Needs:
    """The file, and those that it names."""
    seen: list[str] = []
    lines: list[str] = []
    waiting = [name]
    while waiting:
        each = waiting.pop(0)
        if each in seen or not (folder / each).is_file():
            continue
        seen.append(each)
        for line in _text(folder / each).splitlines():
            lines.append(line)
            if match := INCLUDED.match(line):
                waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(each), match[1])))
    return Needs("pip", name, tuple(seen), any(LOCAL.search(line) for line in lines), _names(lines))


def _dependencies(table: Mapping[str, Any]) -> list[str]:
    return [str(each) for each in listed(below(table, "project").get("dependencies"))]


def _names(lines: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for line in lines:
        if match := NAME.match(line):
            found.add(normal(match[1]))
            # `psycopg[binary]` is the package `psycopg-binary` too.
            extras = re.match(r"[^;#]*\[([^\]]*)\]", line)
            found |= {normal(f"{match[1]}-{extra.strip()}") for extra in extras[1].split(",")} if extras else set()
    return frozenset(found)


def _python(folder: Path, python: str) -> tuple[str, str]:
    """The version that the project names, and where."""
    said = re.match(r"\s*(?:cpython-|python-)?(3\.\d+|(?:pypy|graalpy)\S*)", _text(folder / ".python-version"))
    if said:
        return said[1], ".python-version"
    home = Path(python).parent.parent
    told = _version_of(python)
    return (told, home.name) if told and home.parent == folder else ("", "")


def _version_of(python: str) -> str:
    """`X.Y` of an interpreter, as its environment says; empty where that is not known."""
    if python == sys.executable:
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    told = re.search(
        r"^version(?:_info)?\s*=\s*(3\.\d+)", _text(Path(python).parent.parent / "pyvenv.cfg"), re.MULTILINE
    )
    return told[1] if told else ""


def normal(name: str) -> str:
    """The name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _toml(path: Path) -> Mapping[str, Any]:
    return parsed(_text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
