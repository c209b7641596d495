"""Who may import whom, who may touch the system, and how little the resident process holds."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SYSTEM = {"subprocess", "socket", "signal", "multiprocessing", "pty"}
MAY_TOUCH_THE_SYSTEM = ("runtime/", "worker/", "facts.py")
NOT_RESIDENT = ["cli", "settings", "sources", "decide", "targets", "servers", "frameworks", "facts"]
RESIDENT = """
import json, sys
before = set(sys.modules)
import porch.runtime.__main__
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and first name of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, (node.module or "").partition(".")[0]


def shells(tree: ast.Module) -> Iterator[int]:
    """Line of every call that would give a text to a shell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            asked = any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords)
            if asked or called in ("os.system", "os.popen") or called.endswith("subprocess_shell"):
                yield node.lineno


def test_imports_go_down_only(root: Path) -> None:
    """The layers of `pyproject.toml` hold, none is missing, and siblings do not see each other."""
    words = (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    linted = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_only_the_last_step_touches_the_system(source: list[Any]) -> None:
    """Processes, sockets and signals are imported by the runtime, the worker's code and the facts alone."""
    others = [module for module in source if not module.name.startswith(MAY_TOUCH_THE_SYSTEM)]
    found = [f"{module.name}:{line} {name}" for module in others for line, name in imported(module.tree)]
    found = [place for place in found if place.rpartition(" ")[2] in SYSTEM]
    assert not found, "\n".join(found)


def test_no_command_goes_through_a_shell(source: list[Any]) -> None:
    """Commands are tuples of words: nothing calls a shell."""
    found = [f"{module.name}:{line}" for module in source for line in shells(module.tree)]
    assert not found, "\n".join(found)


def test_the_rules_find_what_they_look_for() -> None:
    """An import inside a function and each way to a shell are seen."""
    tree = ast.parse("def a():\n import os.path, socket\nfrom signal import SIGTERM\nfrom . import subprocess")
    assert list(imported(tree)) == [(3, "signal"), (2, "os"), (2, "socket")]
    calls = "run('a', shell=True)\nos.system('a')\nawait asyncio.create_subprocess_shell('a')\nrun(a, shell=False)"
    assert list(shells(ast.parse(calls))) == [1, 2, 3]


def test_the_worker_imports_nothing_of_porch(source: list[Any]) -> None:
    """What runs inside the app's process is the standard library, aiohttp where the app is one, and itself."""
    worker = [module for module in source if module.name.startswith("worker/porch_worker/")]
    assert worker
    known = sys.stdlib_module_names | {"porch_worker", "aiohttp"}
    found = [f"{module.name}:{line} {name}" for module in worker for line, name in imported(module.tree)]
    foreign = [place for place in found if place.rpartition(" ")[2] not in known]
    assert not foreign, "\n".join(foreign)


def test_the_resident_process_is_small(root: Path) -> None:
    """The process that stays alive imports the standard library and the runtime, and nothing of what decided."""
    words = (sys.executable, "-c", RESIDENT)
    asked = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    loaded: list[str] = json.loads(asked.stdout)
    assert "porch.runtime.__main__" in loaded
    foreign = [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names | {"porch"}]
    assert foreign == []
    found = [name for name in loaded if name.split(".")[:2] in [["porch", other] for other in NOT_RESIDENT]]
    assert not found, "\n".join(found)


def test_no_class_is_made_slowly(source: list[Any]) -> None:
    """The library's decorator, which compiles code at each import, is used by `records` and in the worker alone."""
    others = [module for module in source if module.name != "records.py" and not module.name.startswith("worker/")]
    found = [
        f"{module.name}:{node.lineno}"
        for module in others
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(alias.name in ("dataclass", "make_dataclass") for alias in node.names)
    ]
    assert not found, "\n".join(found)
