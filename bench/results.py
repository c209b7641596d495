"""What one run measured, on what, and when: as data that JSON can hold.

Rule: the report and the plot are drawn from this alone, so that they can be drawn again without measuring again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from targets import ONE_CORE, Verdict, What, judge


@dataclass(slots=True)
class Row:
    """What was measured of one contender."""

    key: str
    rates: list[float] = field(default_factory=list)
    """Requests a second, one number a round."""
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    """Milliseconds."""
    starts: list[float] = field(default_factory=list)
    """Seconds from start to the first answer."""
    lines: float | None = None
    """Lines logged for each request of the last round."""
    failure: str = ""

    @property
    def rate(self) -> float | None:
        """The median of the rounds; None when the row failed or was not measured."""
        return median(self.rates) if self.rates and not self.failure else None

    @property
    def start(self) -> float | None:
        """The median time to the first answer."""
        return median(self.starts) if self.starts and not self.failure else None


@dataclass(slots=True)
class Pair:
    """Two contenders whose rates were measured beside each other."""

    ours: str
    theirs: str
    ratios: list[float] = field(default_factory=list)
    """Ours by theirs, one number for each time that both were loaded."""
    failure: str = ""

    @property
    def key(self) -> str:
        """Both names."""
        return f"{self.ours} beside {self.theirs}"

    @property
    def ratio(self) -> float | None:
        """The median; None when one of them failed or was not measured."""
        return median(self.ratios) if self.ratios and not self.failure else None


@dataclass(frozen=True, slots=True)
class Memory:
    """What one process keeps resident, in kB; a failure leaves both at 0."""

    key: str
    rss: int = 0
    pss: int = 0
    cpu: float = 0.0
    """Share of one core that it takes at `load.PACE` requests a second; 0: not measured."""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on."""

    cores: int
    memory_gb: int
    kernel: str
    versions: Mapping[str, str]
    """Program or package -> version."""


@dataclass(frozen=True, slots=True)
class Results:
    """One run."""

    date: str
    machine: Machine
    rounds: int
    seconds: int
    times: int
    """How often each start was timed."""
    rows: list[Row]
    starts: list[Row]
    weights: list[Memory]
    pairs: list[Pair]

    @property
    def row(self) -> Mapping[str, Row]:
        """The throughput rows by key."""
        return {row.key: row for row in self.rows}

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Key and reason of everything that failed."""
        measured: list[Row | Memory | Pair] = [*self.rows, *self.starts, *self.weights, *self.pairs]
        return [(row.key, row.failure) for row in measured if row.failure]

    def verdicts(self) -> list[Verdict]:
        """Each target that this run has a row of, judged."""
        tried = {row.key for row in (*self.rows, *self.starts)} | {weight.key for weight in self.weights}
        return [verdict for verdict in self._judged() if {verdict.target.ours, verdict.target.theirs} & tried]

    def _judged(self) -> list[Verdict]:
        measured: dict[What, dict[str, float]] = {
            "rate": {row.key: row.rate for row in self.rows if row.rate is not None},
            "start": {row.key: row.start for row in self.starts if row.start is not None},
            "memory": {weight.key: float(weight.rss) for weight in self.weights if weight.rss},
            "cpu": {weight.key: weight.cpu for weight in self.weights if weight.cpu} | {ONE_CORE: 1.0},
        }
        return judge(measured, {(pair.ours, pair.theirs): pair.ratio for pair in self.pairs})

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Results:
    """Read back what `save` wrote."""
    raw: dict[str, Any] = json.loads(path.read_text())
    raw["machine"] = Machine(**raw["machine"])
    raw["rows"] = [Row(**row) for row in raw["rows"]]
    raw["starts"] = [Row(**row) for row in raw["starts"]]
    raw["weights"] = [Memory(**weight) for weight in raw["weights"]]
    raw["pairs"] = [Pair(**pair) for pair in raw.get("pairs", ())]
    return Results(**raw)
