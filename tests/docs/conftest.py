"""Gives every test the pages, and their blocks of code."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^>]*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One fenced block of code."""

    language: str
    text: str
    mark: str
    """What the comment above it says, such as `file: app.py`; empty for none."""


@dataclass(frozen=True)
class Page:
    """One page for people."""

    name: str
    """Relative to the repository, such as `docs/tutorial.md`."""
    text: str

    @property
    def blocks(self) -> list[Block]:
        """Every fenced block."""
        return [Block(each["language"], each["text"], each["mark"] or "") for each in BLOCK.finditer(self.text)]

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return BLOCK.sub("", self.text)


def tool() -> ModuleType:
    """`tools/docs.py`, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("tools_docs", ROOT / "tools/docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def writer() -> ModuleType:
    """The program that writes the generated pages, loaded anew."""
    return tool()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    """Every page for people."""
    found = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    return [Page(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found]


@pytest.fixture(scope="session")
def tutorial(pages: list[Page]) -> Page:
    """The tutorial."""
    return next(page for page in pages if page.name == "docs/tutorial.md")
