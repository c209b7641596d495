"""Gives every rule the same files to judge."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One file of Python, read and parsed."""

    name: str
    """Relative to `src/porch` or `tests`, such as `syntax/nginx.py`."""
    text: str
    tree: ast.Module


def modules_below(folder: Path) -> list[Module]:
    """Every module in a folder, sorted by name."""
    found = [(str(path.relative_to(folder)), path.read_text()) for path in sorted(folder.rglob("*.py"))]
    return [Module(name, text, ast.parse(text)) for name, text in found]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def source() -> list[Module]:
    """Every module of porch."""
    return modules_below(ROOT / "src/porch")


@pytest.fixture(scope="session")
def tests() -> list[Module]:
    """Every module of the tests, without the sample apps and what golden cases hold."""
    found = modules_below(ROOT / "tests")
    return [
        module
        for module in found
        if not module.name.startswith(("apps/", "golden/cases/", "golden/images/", "containers/locks/"))
    ]
