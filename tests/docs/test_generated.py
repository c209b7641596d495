"""What is written from the code is current, and the way to mend it is said when it is not."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from porch import settings


def test_every_generated_page_is_current(writer: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The pages in docs/reference and the tree of the architecture say what the code says."""
    code = writer.main(["--check"])
    assert code == 0, capsys.readouterr().err


def test_a_stale_page_is_named_with_the_fixing_command(
    writer: ModuleType, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that was edited fails the check by name, and writing mends it."""
    shutil.copytree(root / "docs", tmp_path / "docs")
    monkeypatch.setattr(writer, "ROOT", tmp_path)
    assert writer.main([]) == 0
    page = tmp_path / "docs/reference/settings.md"
    page.write_text(page.read_text() + "\nby hand\n")
    capsys.readouterr()
    assert writer.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/reference/settings.md is not current; write them with: make docs\n"
    assert writer.main([]) == 0
    assert writer.main(["--check"]) == 0


def test_a_wrong_flag_of_the_tool_is_refused(writer: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt flag writes nothing and shows the usage."""
    assert writer.main(["--chekc"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_every_variable_of_an_image_has_a_sample(writer: ModuleType, root: Path) -> None:
    """Each variable that the code reads for a known image stands in the table of variables, and no other does."""
    text = (root / "src/porch/images.py").read_text()
    words = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    named = {word for word in words if isinstance(word, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", word)}
    declared = {name for spec in settings.specs() for name in spec.images}
    assert {name for name, _ in writer.SAMPLES} == named | declared


def test_the_schema_knows_each_setting_and_nothing_else(root: Path) -> None:
    """The schema has every key with its kind and its words, and refuses others."""
    schema = json.loads((root / "docs/reference/settings.schema.json").read_text())
    assert schema["additionalProperties"] is False
    keys = {spec.key for spec in settings.specs()}
    found: dict[str, dict[str, object]] = {}
    for section, part in schema["properties"].items():
        if section in keys:
            found[section] = part
        else:
            assert part["additionalProperties"] is False
            found |= {f"{section}.{name}": each for name, each in part["properties"].items()}
    assert found.keys() == keys
    for spec in settings.specs():
        assert found[spec.key]["description"] == spec.says
        assert {"type", "enum", "anyOf"} & found[spec.key].keys()
