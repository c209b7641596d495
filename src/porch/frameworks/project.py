"""The project's folder as detection sees it: Python files found at once, read and parsed only when asked for.

Rule: bounded in every direction (files, bytes, depth), so that a home folder or a data folder given by mistake costs
no minutes; what is not the user's own code (environments, caches, tests, migrations) is not looked at.
"""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path

from porch import worker
from porch.frameworks.reading import Binding, Module
from porch.records import dataclass

MOST_FILES = 2_000
MOST_BYTES = 1_000_000
DEEPEST = 6
IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([.\w]+)", re.MULTILINE)
"""Finds what a parsed tree would, in a hundredth of the time; a docstring's line that looks like one does no harm."""
SCRIPT = "manage.py"
"""Django's: its own folder is where imports start, as it is always run as a file."""
SETTINGS = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\]?\s*[,=]\s*["'](\w+)""")
NOT_LOOKED_AT = frozenset(
    {"venv", "env", "node_modules", "site-packages", "__pycache__", "tests", "test", "migrations", "build", "dist"}
    # Beside kept files, which may lie in the project.
    | {worker.NAME}
)


@dataclass(frozen=True)
class SyntaxFault:
    """A file that Python itself would refuse."""

    path: Path
    line: int
    what: str
    text: str


@dataclass
class _Read:
    """What was read so far; each file is read and parsed once."""

    contents: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    modules: dict[Path, Module | SyntaxFault | None] = field(default_factory=dict[Path, Module | SyntaxFault | None])
    files: dict[tuple[str, tuple[Path, ...]], Path | None] = field(
        default_factory=dict[tuple[str, tuple[Path, ...]], Path | None]
    )


@dataclass(frozen=True)
class Project:
    """A folder of code, and where else its interpreter finds modules."""

    folder: Path
    search_path: tuple[str, ...] = ()
    """`sys.path` of the app's interpreter; only modules that are named are read from there."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the app will see; of it only `DJANGO_SETTINGS_MODULE` is asked."""
    values: dict[Binding, object] = field(default_factory=dict[Binding, object], repr=False, compare=False)
    """What each assignment was found to be: followed once, however many paths are put together from it."""
    _read: _Read = field(default_factory=_Read, repr=False, compare=False)

    @classmethod
    def at(cls, folder: Path, search_path: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> Project:
        """The project in a folder, which may be given relative to the working directory."""
        return cls(Path(os.path.abspath(folder)), tuple(search_path), environment or {})  # noqa: PTH100 - links stay

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Python files, the shallowest first."""
        found: list[Path] = []
        for path in _walk(self.folder):
            if len(found) == MOST_FILES:
                break
            found.append(path)
        return tuple(sorted(found, key=lambda path: (len(path.parts), path.name != "__init__.py", str(path))))

    def content(self, path: Path) -> bytes:
        """The bytes of a file; none when it is too large or cannot be read."""
        known = self._read.contents
        if path not in known:
            try:
                known[path] = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
            except OSError:
                known[path] = b""
        return known[path]

    def read(self, path: Path, name: str = "", root: Path | None = None) -> Module | SyntaxFault | None:
        """A file parsed; named as `locate` says unless the name it is imported by is given."""
        known = self._read.modules
        if path not in known:
            known[path] = self._parse(path, name, root)
        return known[path]

    def contents(self) -> Iterator[bytes]:
        """The bytes of every file."""
        return (self.content(path) for path in self.files)

    def modules(self) -> Iterator[Module]:
        """Every file that parses."""
        return (module for path in self.files if isinstance(module := self.read(path), Module))

    def with_words(self, *words: bytes) -> Iterator[Module]:
        """The files with one of these words anywhere: a search of bytes is a hundred times cheaper than parsing."""
        for path in self.files:
            content = self.content(path)
            if any(word in content for word in words) and isinstance(module := self.read(path), Module):
                yield module

    def module(self, dotted: str) -> Module | SyntaxFault | None:
        """The module that an import of `dotted` would find; nothing of it runs."""
        return self._module_below(dotted, self.roots)

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """Where imports start, in order: the project, its `src`, the interpreter's path."""
        # Entries are kept as they are, links included: a virtual environment is often one.
        return tuple(dict.fromkeys([*self._own_roots, *(Path(entry) for entry in self.search_path if entry)]))

    @cached_property
    def _own_roots(self) -> tuple[Path, ...]:
        return (self.folder, self.source) if self.source is not None else (self.folder,)

    def _module_below(self, dotted: str, roots: tuple[Path, ...]) -> Module | SyntaxFault | None:
        key = (dotted, roots)
        if key not in self._read.files:
            found = ((root, path) for root in roots if (path := module_file(root, dotted)) is not None)
            root, path = next(found, (None, None))
            self._read.files[key] = path
            # Read now: an installed module is named by the way it was found.
            if path is not None:
                return self.read(path, dotted, root)
        path = self._read.files[key]
        return self.read(path) if path is not None else None

    @cached_property
    def source(self) -> Path | None:
        """The `src` folder of a `src` layout."""
        folder = self.folder / "src"
        return folder if folder.is_dir() and not (folder / "__init__.py").exists() else None

    def owns(self, path: Path) -> bool:
        """Is it the user's own code, not a package of an environment that lies inside the project?"""
        return path.is_relative_to(self.folder) and "site-packages" not in path.relative_to(self.folder).parts

    def own(self, dotted: str, importer: Module) -> Module | None:
        """A module that belongs with the importing one: the project's, or of the same installed package."""
        if self.owns(importer.path):
            roots = tuple(dict.fromkeys([importer.root, *self._own_roots]))
        elif dotted.partition(".")[0] == importer.name.partition(".")[0]:
            roots = (importer.root,)
        else:
            return None
        found = self._module_below(dotted, roots)
        return found if isinstance(found, Module) else None

    def shown(self, path: Path) -> str:
        """A path as evidence names it: relative to the project where it lies inside."""
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path)

    def evidence(self, module: Module, line: int, what: str = "") -> str:
        """`relative/path.py:LINE what`; without `what`, the line itself."""
        return f"{self.shown(module.path)}:{line} {what or module.line(line)}".rstrip()

    def _parse(self, path: Path, name: str, root: Path | None) -> Module | SyntaxFault | None:
        content = self.content(path)
        if not content and not path.is_file():
            return None
        try:
            with warnings.catch_warnings():
                # An invalid escape in the user's code is a warning of theirs, and none of porch's output.
                warnings.simplefilter("ignore")
                tree = ast.parse(content, filename=str(path))
        except (SyntaxError, ValueError, RecursionError) as error:
            line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
            text = (error.text or "").strip() if isinstance(error, SyntaxError) else ""
            return SyntaxFault(path, line, getattr(error, "msg", "") or str(error), text)
        if root is None or self.owns(path):
            located, start = locate(self.folder, path, content)
            name, root = (located, start) if located else (name or path.stem, root or path.parent)
        return Module(name, path, root, content.decode("utf-8", "replace"), tree)


def module_file(root: Path, dotted: str) -> Path | None:
    """The file of a module below one folder of the import path."""
    if not dotted or ".." in dotted or not all(word.isidentifier() for word in dotted.split(".")):
        return None
    base = root.joinpath(*dotted.split("."))
    for path in (base / "__init__.py", base.with_name(base.name + ".py")):
        if path.is_file():
            return path
    return None


def locate(folder: Path, path: Path, content: bytes) -> tuple[str, Path]:
    """The name to import a project's file by, and the folder that this name starts at.

    That is the folder above the outermost package, or within it that of Django's manage.py. A file outside any package
    is imported from the project's folder, unless its directory cannot be a package's name or the file imports its
    neighbours by their bare names.
    """
    imported = _imported(content)
    root = path.parent
    while (root / "__init__.py").exists() and not _is_start(root):
        if root == folder and "" not in imported and path != folder / "__init__.py":
            break
        root = root.parent
    if root == path.parent and path.is_relative_to(folder):
        root = _root_of_loose_file(folder, path, imported)
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return (name.removesuffix(".__init__") if path.name == "__init__.py" else name), root


def _root_of_loose_file(folder: Path, path: Path, imported: set[str]) -> Path:
    """Where the name of a file outside any package starts."""
    in_source = path.is_relative_to(folder / "src") and "src" not in imported
    below = (above for above in path.parents if above.is_relative_to(folder) and above != folder)
    start = next((above for above in below if _is_start(above)), None)
    if start is not None and any(_has(folder, name) and not _has(start, name) for name in imported - {""}):
        start = None
    base = start or (folder / "src" if in_source else folder)
    nameable = all(step.isidentifier() for step in path.parent.relative_to(base).parts)
    neighbours = any(_has(path.parent, name) and not _has(base, name) for name in imported - {"", path.stem})
    return base if nameable and not neighbours else path.parent


def _is_start(folder: Path) -> bool:
    """Whether a manage.py is there that imports its settings from beside it."""
    try:
        named = SETTINGS.search((folder / SCRIPT).read_bytes())
    except OSError:
        return False
    return named is not None and _has(folder, named[1].decode())


def _imported(content: bytes) -> set[str]:
    """First words of what a file imports; an empty one stands for relative imports."""
    return {found[1].decode("utf-8", "replace").partition(".")[0] for found in IMPORT.finditer(content)}


def _has(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _walk(folder: Path) -> Iterator[Path]:
    top = len(folder.parts)
    for current, names, files in os.walk(folder):
        here = Path(current)
        if len(here.parts) - top >= DEEPEST - 1:
            names.clear()
        names[:] = sorted(name for name in names if _looked_at(here / name))
        yield from (here / name for name in sorted(files) if name.endswith(".py") and not _of_tests(name))


def _looked_at(folder: Path) -> bool:
    name = folder.name
    hidden = name.startswith(".") or name in NOT_LOOKED_AT or name.endswith(".egg-info")
    return not hidden and not (folder / "pyvenv.cfg").exists()


def _of_tests(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py") or name in {"conftest.py", "setup.py", "noxfile.py"}
