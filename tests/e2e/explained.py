"""Reading `porch explain --json`.

Rule: the one place in the tests that knows its shape.
"""

from __future__ import annotations

from typing import Any

from story import Project


def value_of(project: Project, setting: str, *words: str, **environment: str) -> tuple[Any, str]:
    """Value and origin of one setting."""
    outcome = project.porch("explain", setting, "--json", *words, **environment)
    assert outcome.code == 0, outcome.stderr
    told = outcome.json()
    return told["value"], told["origin"]
