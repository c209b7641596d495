"""Docker itself says which values it read."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine import Engine
from saved import inspected

from porch.syntax.dockerfile import begin, command, pairs, render, word

VALUES = [
    "plain", "", "two words", " edges ", "a=b", "#a", "a # b", "\"", "'", "\"'", "say \"hi\"", "it's", "\\",
    "\\\\", "end\\", "a\\b", "\\n", "\\\"", "$", "$HOME", "${PATH}", "\\$x", "$$", "a$b c", "%s", "`id`",
    "$(id)", ";", "&&", "|", "[\"a\"]", "{}", "*", "?", "é", "日本", "\u00a0", "a\u2028b", "<<EOF", "\\ ",
    "x\\ y", "'$HOME'", "\"$HOME\"",
]  # fmt: skip


@pytest.mark.parametrize("buildkit", [True, False], ids=["buildkit", "classic"])
def test_docker_reads_what_was_given(tmp_path: Path, engine: Engine, buildkit: bool) -> None:
    """In ENV, LABEL and CMD every value arrives as it is, with both builders."""
    named = {f"V{number}": value for number, value in enumerate(VALUES)}
    nodes = [begin("scratch"), pairs("ENV", named), pairs("LABEL", named), command("CMD", ("x", *VALUES))]
    nodes.append(word("WORKDIR", "/a $b 'c'"))
    (tmp_path / "Dockerfile").write_text("".join(f"{line.text}\n" for line in render(nodes, "values")))
    told = inspected(engine.build(tmp_path, buildkit=buildkit))["Config"]
    variables = dict(each.split("=", 1) for each in told["Env"])
    assert {name: variables.get(name) for name in named} == named
    assert {name: told["Labels"].get(name) for name in named} == named
    assert told["Cmd"] == ["x", *VALUES]
    assert told["WorkingDir"] == "/a $b 'c'"
