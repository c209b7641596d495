"""What the benchmark is to reach, as a table.

Rule: every target compares two rows of one run; no absolute figure is a target, because machines differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

What = Literal["rate", "start", "memory", "cpu"]
ONE_CORE = "one-core"
"""What shares of a core are compared with."""


@dataclass(frozen=True, slots=True)
class Target:
    """One figure to reach."""

    says: str
    what: What
    ours: str
    theirs: str
    limit: float
    """For a rate the least ratio; for memory and CPU the greatest; for a start the greatest difference in seconds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one target came out."""

    target: Target
    value: float | None
    """None: one of its rows failed or was not measured."""

    @property
    def reached(self) -> bool | None:
        """None when it could not be judged."""
        if self.value is None:
            return None
        return self.value >= self.target.limit if self.target.what == "rate" else self.value <= self.target.limit

    @property
    def mark(self) -> str:
        """One word for the table."""
        return {True: "pass", False: "short", None: "not measured"}[self.reached]

    @property
    def shown(self) -> tuple[str, str]:
        """The value and the limit as people read them."""
        if self.target.what == "start":
            return self._value("{:+.2f} s"), f"≤ {self.target.limit:+.2f} s"
        if self.target.what == "cpu":
            return self._value("{:.1%}"), f"≤ {self.target.limit:.1%}"
        sign = "≥" if self.target.what == "rate" else "≤"
        return self._value("{:.2f}x"), f"{sign} {self.target.limit:.2f}x"

    def _value(self, pattern: str) -> str:
        return "-" if self.value is None else pattern.format(self.value)


TARGETS = (
    Target("Flask: porch against the article's gunicorn", "rate", "porch-wsgi", "article-gunicorn", 2.8),
    Target("Flask: porch against the article's uWSGI", "rate", "porch-wsgi", "article-uwsgi", 1.2),
    Target("Flask: porch against mod_wsgi-express", "rate", "porch-wsgi", "mod-wsgi", 2.2),
    Target("Starlette: porch against uvicorn alone", "rate", "porch-asgi", "bare-uvicorn", 1.0),
    Target("aiohttp: porch against the article", "rate", "porch-aiohttp", "article-aiohttp", 3.0),
    Target("static file: porch against nginx tuned by hand", "rate", "porch-static", "tuned-static", 0.97),
    Target("start: porch over granian alone", "start", "porch-start-granian", "bare-granian", 0.4),
    Target("start: porch over gunicorn alone", "start", "porch-start-gunicorn", "bare-gthread", 0.4),
    Target("start: porch over uWSGI alone", "start", "porch-start-uwsgi", "bare-uwsgi", 0.4),
    Target("start: porch over uvicorn alone", "start", "porch-start-uvicorn", "bare-uvicorn", 0.4),
    Target("memory: porch's resident process against supervisord", "memory", "porch-resident", "supervisord", 1.0),
    Target("CPU: porch's resident process at 5,000 requests/s, of one core", "cpu", "porch-resident", ONE_CORE, 0.05),
)


Ratios = Mapping[tuple[str, str], float | None]
"""Key of ours and of theirs -> how many times theirs ours was, as they were measured beside each other."""


def judge(measured: Mapping[What, Mapping[str, float]], ratios: Ratios) -> list[Verdict]:
    """Each target against what was measured; a missing row leaves its target unjudged."""
    return [Verdict(target, _value(target, measured.get(target.what, {}), ratios)) for target in TARGETS]


def _value(target: Target, measured: Mapping[str, float], ratios: Ratios) -> float | None:
    ours, theirs = measured.get(target.ours), measured.get(target.theirs)
    if ours is None or not theirs:
        return None
    if target.what == "rate":
        return ratios.get((target.ours, target.theirs))
    return ours - theirs if target.what == "start" else ours / theirs
