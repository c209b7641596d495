"""A command line without processes: the machine is one of the tests' own, the project lies in the test's folder."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from decided import make_facts
from porch import cli, facts
from porch.facts import Facts
from porch.places import Places

APP = """\
from flask import Flask

app = Flask(__name__)
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs commands in a project's folder."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    machine: dict[str, Any] = field(default_factory=dict[str, Any])
    """Facts that differ from the plain ones."""
    terminal: bool = True
    """A person reads what is said; where a machine does, `run` speaks JSON."""

    def porch(self, *words: str) -> Outcome:
        """One command."""
        self.capsys.readouterr()
        try:
            with patch.object(sys.stdout, "isatty", lambda: self.terminal):
                code = cli.run(words)
        except SystemExit as left:
            code = int(left.code or 0)
        told = self.capsys.readouterr()
        return Outcome(code, told.out, told.err)

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def facts(self, folder: Path, *_: object) -> Facts:
        """Stand in for reading the machine."""
        found = make_facts(folder=str(folder), run_folder="/run/porch/x", python=sys.executable, **self.machine)
        object.__setattr__(found, "places", Places())
        return found


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    made = Shell(tmp_path, capsys)
    made.write("shop.py", APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(facts, "read", made.facts)
    monkeypatch.setattr(os, "environ", {"PATH": "/bin", "NO_COLOR": "1", "HOME": "/none"})
    return made
