"""The tutorial is followed as it is written: its files are written, its commands typed, their output compared."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ports import free_port
from story import open_to_all
from waiting import until

PATIENCE = 60.0


class Reader:
    """Someone who follows the tutorial, with two terminals and a free port in place of 8080."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "shop"
        self.folder.mkdir()
        self.port = free_port()
        self._said = home / "first-terminal"
        self._site: subprocess.Popen[bytes] | None = None
        # A reader sits at a terminal, where curl shows no progress, and has activated the environment.
        (home / ".curlrc").write_text("silent\n")
        self._environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "CURL_HOME": str(home),
            "PORCH_LOG_FORMAT": "text",
            "PORCH_RUN_DIR": str(home / "run"),
            "PORCH_HTTP_LISTEN": f"127.0.0.1:{self.port}",
        }

    def follow(self, block: Any) -> None:
        """Do what one marked block says."""
        kind, _, rest = block.mark.partition(":")
        if kind == "file":
            path = self.folder / rest.strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
            open_to_all(self.folder)
        elif kind == "start":
            self._start(block.text)
        elif kind in ("run", "stop"):
            self._run(block.text, int(rest or 0))
            if kind == "stop":
                assert self._site is not None
                assert self._site.wait(PATIENCE) == 0, self._said.read_text()
                self._site = None

    def _start(self, text: str) -> None:
        [(command, _)] = transcript(text)
        with self._said.open("wb") as said:
            self._site = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self._environment, stdout=said, stderr=said
            )
        site = self._site
        until(
            lambda: "ready http" in self._said.read_text() or site.poll() is not None,
            lambda: f"{command} says ready: {self._said.read_text()}",
            PATIENCE,
        )
        assert site.poll() is None, self._said.read_text()

    def _run(self, text: str, code: int) -> None:
        for command, expected in transcript(text.replace("8080", str(self.port))):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
            # curl shows the ends of header lines as they came.
            said = done.stdout.decode().replace("\r", "")
            assert done.returncode == code, f"$ {command}\n{said}"
            assert matches(expected, said), f"$ {command}\n{said}\n--- the tutorial says:\n{expected}"

    def leave(self) -> None:
        """Stop what a failed step has left running."""
        if self._site is not None and self._site.poll() is None:
            self._site.send_signal(signal.SIGTERM)
            self._site.wait(PATIENCE)


def transcript(text: str) -> list[tuple[str, str]]:
    """Each command after a prompt, and the output shown below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0], f"output without a command: {parts[0]}"
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts[1:])]


def matches(expected: str, said: str) -> bool:
    """Whether the output is as shown, where a line `...` stands for any lines."""
    if not expected:
        return True
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in expected.splitlines())
    return re.fullmatch(pattern, said if said.endswith("\n") else said + "\n") is not None


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader in an empty folder that the unprivileged user can enter."""
    # Short, because paths of sockets are, and readable, because the app runs as another user.
    home = Path(tempfile.mkdtemp(prefix="porch-", dir="/tmp"))
    home.chmod(stat.S_IMODE(home.stat().st_mode) | 0o755)
    following = Reader(home)
    yield following
    following.leave()
    shutil.rmtree(home)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial asks with curl")
def test_every_marked_step_of_the_tutorial_does_what_it_shows(reader: Reader, tutorial: Any) -> None:
    """Whoever follows the tutorial sees what it shows."""
    marked = [block for block in tutorial.blocks if block.mark]
    assert {block.mark.partition(":")[0] for block in marked} == {"file", "run", "start", "stop"}
    for block in marked:
        reader.follow(block)


def test_every_command_of_the_tutorial_is_followed(tutorial: Any) -> None:
    """Only the making of the environment, which installs packages, is not run by the test."""
    unmarked = [block for block in tutorial.blocks if not block.mark]
    assert [block.text.split()[0] for block in unmarked] == ["mkdir"]


def test_output_is_compared_line_by_line() -> None:
    """A missing, a changed or an extra line is seen, and dots stand for any number of lines."""
    assert matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert matches("a\n...\n", "a\n")
    assert not matches("a\n...\nd\n", "a\nb\nd\nc\n")
    assert not matches("a\n", "a\nb\n")
    assert transcript("$ x\none\ntwo\n$ y\n") == [("x", "one\ntwo\n"), ("y", "")]
