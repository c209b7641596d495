"""The page on the architecture names every module, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path


def named(text: str) -> set[str]:
    """The modules of the tree, relative to `src/porch`, from its indentation."""
    tree = text.partition("```text\n")[2].partition("```")[0]
    folders: list[str] = []
    found: set[str] = set()
    for line in tree.splitlines():
        entry = re.match(r"(?P<indent> *)(?P<name>\S+)  ", line + "  ")
        assert entry, line
        depth = len(entry["indent"]) // 2
        folders = folders[:depth]
        if entry["name"].endswith("/"):
            folders.append(entry["name"])
            found.add("".join([*folders, "__init__.py"]))
        else:
            found.add("".join([*folders, entry["name"]]))
    return {name.removeprefix("src/porch/") for name in found}


def test_every_module_is_named_and_nothing_else(root: Path) -> None:
    """The tree has each file of src/porch, and each file of the tree is there."""
    source = root / "src/porch"
    there = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    assert named((root / "docs/architecture.md").read_text()) == there


def test_every_line_of_the_tree_has_a_phrase(root: Path) -> None:
    """No file stands there without a word on what it is."""
    tree = (root / "docs/architecture.md").read_text().partition("```text\n")[2].partition("```")[0]
    assert [line for line in tree.splitlines() if len(line.split()) < 3] == []


def test_the_tree_is_read_by_its_indentation() -> None:
    """A file belongs to the folder above it that is one step further left."""
    text = "```text\nsrc/porch/  All\n  a.py  One\n  b/  Two\n    c.py  Three\n  d/  Four\n```"
    assert named(text) == {"__init__.py", "a.py", "b/__init__.py", "b/c.py", "d/__init__.py"}


def test_decisions_are_numbered_once(root: Path) -> None:
    """Each record has a number of its own, and its title begins with it."""
    files = sorted((root / "docs/decisions").glob("*.md"))
    numbers = [path.name[:4] for path in files]
    assert numbers
    assert sorted(set(numbers)) == numbers
    assert [path.name for path in files if not path.read_text().startswith(f"# {int(path.name[:4])}. ")] == []
