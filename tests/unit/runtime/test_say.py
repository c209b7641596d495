"""What the resident process says."""

from __future__ import annotations

import json

from porch.errors import Exit, Problem
from porch.runtime.say import Voice

PROBLEM = Problem("no table", where="shop/models.py:3", fix="migrate", exit=Exit.APP, detail="Traceback\n  x\n")


def test_text() -> None:
    """A problem is the app's own words as they are, then cause, place and fix."""
    said: list[bytes] = []
    Voice("text", said.append).problem(PROBLEM)
    assert said == [b"Traceback\n  x\nporch: error: no table\n  at:  shop/models.py:3\n  fix: migrate\n"]


def test_json() -> None:
    """In JSON the same is one object on one line."""
    said: list[bytes] = []
    Voice("json", said.append).problem(PROBLEM)
    assert said[0].count(b"\n") == 1
    value = json.loads(said[0])
    assert (value["source"], value["level"], value["message"], value["exit"]) == ("porch", "error", "no table", 3)
    assert value["detail"] == PROBLEM.detail


def test_ready_has_its_url() -> None:
    """Machines need not cut the address out of the message."""
    said: list[bytes] = []
    Voice("json", said.append).info("ready http://x", url="http://x")
    assert json.loads(said[0])["url"] == "http://x"


def test_short() -> None:
    """What a problem does not have is not said."""
    said: list[bytes] = []
    Voice("text", said.append).problem(Problem("no"))
    assert said == [b"porch: error: no\n"]
