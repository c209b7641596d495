"""The files beside the examples are what porch renders for them, and each tells what its article did."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch import mainline, targets
from porch.runtime import rendered

EXAMPLES = Path(__file__).parents[2] / "examples"
RENDERED = sorted(path.parent.name for path in EXAMPLES.glob("*/compose.yaml"))


def test_each_article_has_one() -> None:
    """Five articles, five examples; the sample for newcomers is run without a word of settings."""
    assert RENDERED == ["aiohttp", "flask-gevent", "flask-logging", "flask-split", "flask-uwsgi"]


@pytest.mark.parametrize("name", RENDERED)
def test_rendered_files_are_current(name: str) -> None:
    """What lies there is what `porch render compose` writes today."""
    target = targets.by_name("compose")
    assert target
    plan = mainline.image_plan_for(mainline.Asked(EXAMPLES / name), {})
    assert plan.warnings_for("compose") == ()
    fix = f"see what changed, then: porch render compose --out . --force (in examples/{name})"
    for file in target.files(plan):
        assert (EXAMPLES / name / file.path).read_text() == rendered.sealed(file), f"{file.path}: {fix}"


@pytest.mark.parametrize("name", RENDERED)
def test_each_says_what_its_article_did(name: str) -> None:
    """In a few lines: the article, what went wrong with it, what porch does."""
    text = (EXAMPLES / name / "README.md").read_text()
    places = [text.index(part) for part in ("**The article**", "**What went wrong with it.**", "**What porch does.**")]
    assert places == sorted(places)
    assert len(text.splitlines()) < 40
