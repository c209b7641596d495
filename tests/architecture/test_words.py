"""Each word is typed in one place: settings' names in the settings, other programs' text in `syntax`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from porch.settings import specs

MAY_NAME_SETTINGS = ("settings/", "decide/", "images.py")
"""Where settings are declared, decided, and where other images' variables get their meaning."""
KEYS = {spec.key for spec in specs() if "." in spec.key}
VARIABLES = {spec.variable for spec in specs()}
FLAGS = {spec.flag for spec in specs()}
SECTIONS = {key.partition(".")[0] for key in KEYS}
LOOKS_LIKE_A_KEY = re.compile(
    rf"({'|'.join(sorted(SECTIONS))})\.(?!(conf|ini|json|log|pid|py|request|sock|toml|yaml)$)[a-z][a-z_]*"
)
"""Not the names of files, nor of an event of ASGI, that happen to start like one."""


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string of a module but its docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def spoken_of(name: str, tree: ast.Module) -> set[int]:
    """The strings that may name a setting: in a message, a look-up that fails on a wrong name, a server's table."""
    spoken = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in ("Problem", "spec")]
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict) and name.startswith("servers/")]
    return {id(word) for node in [*spoken, *tables] for word in strings(node)}


def loose_names(name: str, tree: ast.Module) -> list[str]:
    """Each place outside its home where a setting's key, variable or flag is typed."""
    if name.startswith(MAY_NAME_SETTINGS):
        return []
    # Other programs have flags of the same name, and servers and targets write their command lines.
    words = KEYS | VARIABLES if name.startswith(("servers/", "targets/")) else KEYS | VARIABLES | FLAGS
    spoken = spoken_of(name, tree)
    return [
        f"{name}:{node.lineno} {node.value!s}"
        for node in strings(tree)
        if node.value in words and id(node) not in spoken
    ]


def called(node: ast.Call) -> str:
    """The last name of what is called."""
    return ast.unparse(node.func).rpartition(".")[2]


def is_literal(value: ast.expr) -> bool:
    """Whether an expression is nothing but a string, or a row of them."""
    if isinstance(value, ast.Tuple | ast.List):
        return all(is_literal(item) for item in value.elts)
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def constants(trees: list[ast.Module]) -> set[str]:
    """Names in capitals that are literal in every module that has them."""
    found: dict[str, bool] = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id.isupper():
                    found[target.id] = found.get(target.id, True) and is_literal(node.value)
    return {name for name, literal in found.items() if literal}


def literal_names(tree: ast.Module, literals: set[str]) -> set[str]:
    """Names of parameters that take literals only, as the type checker sees to, and of what runs over a literal row."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation and ast.unparse(node.annotation) == "LiteralString":
            names.add(node.arg)
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            names |= {node.target.id} if is_literal(node.iter) or ast.unparse(node.iter) in literals else set()
    return names


def loose_expressions(name: str, tree: ast.Module, literals: set[str]) -> list[str]:
    """Each `Expr(...)` whose source is not seen to be a literal: those are how a value would become a directive."""
    known = literals | literal_names(tree, literals)
    loose: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "Expr":
            given = [*node.args, *(word.value for word in node.keywords)]
            fine = all(is_literal(source) or ast.unparse(source).rpartition(".")[2] in known for source in given)
            loose += [] if fine else [f"{name}:{node.lineno} {ast.unparse(node)}"]
    return loose


def loose_text(name: str, tree: ast.Module) -> list[str]:
    """Each place outside `syntax` that makes the lines of a file itself, or talks the type checker out of its rule."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = called(node)
            holes = [part for part in node.args[1:] if isinstance(part, ast.JoinedStr | ast.BinOp)]
            formatted = [part for part in node.args[1:] if ".format(" in ast.unparse(part)]
            promised = function == "cast" and "LiteralString" in ast.unparse(node)
            loose = function == "Line" or promised or (function == "plain" and (holes or formatted))
            found += [f"{name}:{node.lineno} {function}"] if loose else []
    return found


def test_settings_are_named_in_their_home_only(source: list[Any]) -> None:
    """No key, variable or flag of a setting is typed outside the settings, the decisions and the `cannot` tables."""
    found = [place for module in source for place in loose_names(module.name, module.tree)]
    assert not found, "\n".join(found)


def test_every_key_that_is_named_exists(source: list[Any]) -> None:
    """A string that looks like a setting's key is one, so that a renamed setting leaves no orphan behind."""
    named = [(module.name, node) for module in source for node in strings(module.tree)]
    alike = [(name, node) for name, node in named if LOOKS_LIKE_A_KEY.fullmatch(str(node.value))]
    assert len(alike) > len(SECTIONS)
    found = [f"{name}:{node.lineno} {node.value!s}" for name, node in alike if node.value not in KEYS]
    assert not found, "\n".join(found)


def test_raw_nginx_source_is_always_literal(source: list[Any]) -> None:
    """Every `Expr` is given a string that stands in porch's own source code."""
    literals = constants([module.tree for module in source])
    found = [place for module in source for place in loose_expressions(module.name, module.tree, literals)]
    assert not found, "\n".join(found)


def test_other_programs_text_is_made_in_syntax(source: list[Any]) -> None:
    """Outside `syntax` no line of a file is made by hand, and no text with holes is passed off as a plain file."""
    others = [module for module in source if not module.name.startswith("syntax/")]
    found = [place for module in others for place in loose_text(module.name, module.tree)]
    assert not found, "\n".join(found)


def test_loose_names_are_found() -> None:
    """A setting's name is seen wherever it is not told to a person, looked up, or a server's own table."""
    tree = ast.parse(
        '"""limits.body"""\na = "limits.body"\nt = {"limits.body": "no"}\nb = "--limits-body"\nspec("limits.body")'
    )
    assert loose_names("servers/x.py", tree) == ["servers/x.py:2 limits.body"]
    assert sorted(loose_names("x.py", tree)) == ["x.py:2 limits.body", "x.py:3 limits.body", "x.py:4 --limits-body"]
    assert loose_names("decide/x.py", tree) == []


def test_loose_expressions_are_found() -> None:
    """A source that is computed, or comes from a name of which nothing is known, is seen."""
    fine = 'A = "$a"\nB = ("$b", "$c")\ndef f(p: LiteralString): Expr(p), Expr(m.A), Expr("$a"), [Expr(b) for b in B]\n'
    loose = 'C = f"{x}"\ndef g(q: str): n.Expr(q), Expr(C), Expr("$" + q)'
    tree = ast.parse(fine + loose)
    assert loose_expressions("m", tree, constants([tree])) == ["m:5 n.Expr(q)", "m:5 Expr(C)", "m:5 Expr('$' + q)"]


def test_loose_text_is_found() -> None:
    """A text with holes, a line made by hand and a promise to the type checker are seen."""
    plain = 'plain("a", f"{x}")\nplain("a", "%s" % x)\nplain("a", "{}".format(x))\nplain("a", x)\n'
    tree = ast.parse(plain + 'Line("a")\ncast(LiteralString, x)')
    assert [found.partition(" ")[0] for found in loose_text("m", tree)] == ["m:1", "m:2", "m:3", "m:5", "m:6"]
