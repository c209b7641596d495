"""Reloads each server again and again under an open-loop load, and prints what became of every request.

Rule: the same client and the same releases as in the tests, at a higher rate; not a part of `run.py`, but the report
has its table. All servers take about eight minutes; with `--reloads 100` for each of them, an hour.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "e2e"))

import kinds
import processes
import reloads
from open_loop import Account, Load
from releases import release
from story import Project, Site
from waiting import until

STEADY = 5.0
"""Seconds of load before the first reload, to compare with."""
COLUMNS = "{:<26}{:>9}{:>9}{:>9}{:>11}{:>11}{:>11}{:>11}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One server's row."""

    name: str
    account: Account
    before: tuple[float, float]
    spans: list[tuple[float, float]]

    def row(self) -> reloads.Row:
        """Its figures."""
        before = self.account.quantile(0.99, [self.before]) * 1000
        during = self.account.quantile(0.99, self.spans) * 1000
        each = sum(end - begin for begin, end in self.spans) / len(self.spans)
        failed = sum(self.account.failed.values())
        longest = self.account.longest * 1000
        return reloads.Row(self.name, len(self.spans), self.account.planned, failed, before, during, longest, each)


def measure(name: str, rate: float, reloads: int) -> Measured:
    """Start the server, load it, reload it so many times."""
    interface, words = dict(zip(kinds.names(), kinds.every(), strict=True))[name]
    project = Project()
    try:
        project.write("app.py", release(interface, 1))
        site = project.run("app:app", *words, "--workers", "2")
        began, spans = time.monotonic(), list[tuple[float, float]]()
        with Load(site.port, rate) as load:
            until(lambda: load.account.planned >= STEADY * rate, "there was load to compare with", STEADY * 3)
            before = (began + 1, time.monotonic())
            for number in range(2, reloads + 2):
                project.write("app.py", release(interface, number))
                spans.append(reloaded(project, site, number))
        return Measured(name, load.account, before, spans)
    finally:
        project.close()


def reloaded(project: Project, site: Site, number: int) -> tuple[float, float]:
    """One reload, from its beginning to the end of the old generation."""
    began = time.monotonic()
    outcome = project.porch("reload", "--run-dir", str(project.run_folder))
    if outcome.code:
        raise SystemExit(f"reload {number} was refused:\n{outcome.stderr}\n{site.stderr.text[-2000:]}")
    return began, time.monotonic()


def main() -> int:
    """1 when a request failed."""
    asked = argparse.ArgumentParser(description="Reload under load; see docs/decisions for what it showed.")
    asked.add_argument("--only", default="", help="servers whose name holds this word")
    asked.add_argument("--rate", type=float, default=500.0, help="requests a second")
    asked.add_argument("--reloads", type=int, default=9, help="of each server")
    given = asked.parse_args()
    processes.adopt_orphans()
    print(COLUMNS.format(*reloads.HEAD), flush=True)
    rows: list[reloads.Row] = []
    for name in (each for each in kinds.names() if given.only in each):
        measured = measure(name, given.rate, given.reloads)
        rows.append(measured.row())
        print(COLUMNS.format(*rows[-1].cells()), flush=True)
        for kind, count in measured.account.failed.items():
            print(f"  {count} x {kind}")
    if not given.only:
        reloads.save(reloads.Reloads(datetime.now(UTC).strftime("%Y-%m-%d"), given.rate, rows))
        print("for the report: python bench/run.py --again")
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
