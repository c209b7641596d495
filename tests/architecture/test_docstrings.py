"""Every test states its claim, every public name says what it is for, every file says its rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef
SENTENCE_ENDS = re.compile(r"[.!?][`\")]*(?=\s+[A-Z]|\s*$)")


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Every public class, and function or method that another file could call."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def without_sentence(name: str, tree: ast.Module) -> list[str]:
    """Each public name whose docstring does not begin with one sentence."""
    told = [(label, node, ast.get_docstring(node) or "") for label, node in public(tree.body)]
    first = [(label, node, re.split(r"\n\s*\n", text)[0]) for label, node, text in told]
    return [f"{name}:{node.lineno} {label}" for label, node, text in first if not SENTENCE_ENDS.search(text)]


def without_claim(name: str, tree: ast.Module) -> list[str]:
    """Each test whose docstring is not exactly one sentence."""
    tests = [node for node in ast.walk(tree) if isinstance(node, Function) and node.name.startswith("test_")]
    told = [(node, ast.get_docstring(node) or "") for node in tests]
    return [f"{name}:{node.lineno} {node.name}" for node, text in told if len(SENTENCE_ENDS.findall(text)) != 1]


def test_every_test_states_its_claim_in_one_sentence(tests: list[Any]) -> None:
    """Each test has a docstring that is one sentence."""
    files = [module for module in tests if module.name.rpartition("/")[2].startswith("test_")]
    assert files
    found = [place for module in files for place in without_claim(module.name, module.tree)]
    assert not found, "\n".join(found)


def test_every_public_name_says_what_it_is_for(source: list[Any]) -> None:
    """Each public class, function and method of porch has a docstring that begins with a sentence."""
    found = [place for module in source for place in without_sentence(module.name, module.tree)]
    assert not found, "\n".join(found)


def test_every_file_says_its_rule(source: list[Any], tests: list[Any]) -> None:
    """Each module begins with a docstring, in porch and in its tests."""
    silent = [module.name for module in [*source, *tests] if module.text.strip() and not ast.get_docstring(module.tree)]
    assert silent == []


def test_the_rules_find_what_they_look_for() -> None:
    """Missing, unfinished and doubled sentences are seen, and private names are left alone."""
    tree = ast.parse(
        'class A:\n "Is."\n def b(self): ...\n def _c(self): ...\n @overload\n async def d(self):\n  "no end"'
    )
    assert without_sentence("m", tree) == ["m:3 A.b", "m:6 A.d"]
    tests = 'def test_a():\n "One. Two."\ndef test_b(): ...\ndef test_c():\n "It is a.b, e.g. so."\ndef other(): ...'
    assert without_claim("m", ast.parse(tests)) == ["m:1 test_a", "m:3 test_b"]
