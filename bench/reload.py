"""Reloads each server again and again under an open-loop load, and prints what became of every request.

Rule: the same client and the same releases as in the tests, at a higher rate; not a part of `run.py`, but the report
has its table. A reload lasts until the old generation is gone, three to four seconds, two of them the release's own,
and the next follows at once: begun earlier, one reload's end would be counted as another's beginning. After every fifth
the site is left alone for a while, to compare with: on a machine that others share, a p99 from before the first reload
was 2 or 58 ms by chance. So five reloads are compared with the steady times right before and after them, and the median
of these ratios counts. Nine servers with `--reloads 100` take an hour, and half of it with `--together 2`, which shares
the rate.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "e2e"))

import kinds
import processes
import reloads
from open_loop import Account, Load
from releases import release
from story import Project, Site
from waiting import until

STEADY = 4.0
"""Seconds of load without a reload, to compare with."""
BETWEEN = 5
"""Reloads from one such time to the next."""
WARM = 2.0
"""Seconds of load before all that counts."""
Span = tuple[float, float]
COLUMNS = "{:<26}{:>9}{:>9}{:>9}{:>11}{:>11}{:>11}{:>11}{:>11}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One server's row."""

    name: str
    account: Account
    steady: list[Span]
    spans: list[Span]

    def row(self) -> reloads.Row:
        """Its figures."""
        steady = self.account.quantile(0.99, self.steady) * 1000
        during = self.account.quantile(0.99, self.spans) * 1000
        each = sum(end - begin for begin, end in self.spans) / len(self.spans)
        failed = sum(self.account.failed.values())
        longest = self.account.longest * 1000
        times = median(self.times())
        return reloads.Row(
            self.name, len(self.spans), self.account.planned, failed, steady, during, times, longest, each
        )

    def times(self) -> Iterator[float]:
        """p99 of a few reloads, of that of the steady times right before and after them."""
        for number, around in enumerate(pairwise(self.steady)):
            few = self.spans[number * BETWEEN : (number + 1) * BETWEEN]
            yield self.account.quantile(0.99, few) / self.account.quantile(0.99, around)


def measure(names: Sequence[str], rate: float, reloads: int) -> list[Measured]:
    """Start the servers, load them, reload them so many times."""
    projects = [Project() for _ in names]
    try:
        sites = [start(name, project) for name, project in zip(names, projects, strict=True)]
        steady, spans = list[Span](), [list[Span]() for _ in names]
        with ExitStack() as loads:
            accounts = [loads.enter_context(Load(site.port, rate)).account for _, site in sites]
            loaded(accounts, WARM * rate)
            for number in range(reloads):
                if number % BETWEEN == 0:
                    steady.append(left_alone(accounts, rate))
                reload_all(sites, projects, number + 2, spans)
            steady.append(left_alone(accounts, rate))
        return [Measured(*each) for each in zip(names, accounts, [steady] * len(names), spans, strict=True)]
    finally:
        for project in projects:
            project.close()


def loaded(accounts: Sequence[Account], requests: float) -> None:
    """Wait for so many requests more."""
    enough = [each.planned + requests for each in accounts]
    until(
        lambda: all(each.planned >= wanted for each, wanted in zip(accounts, enough, strict=True)), "there was load", 60
    )


def left_alone(accounts: Sequence[Account], rate: float) -> Span:
    """Load, and nothing else."""
    began = time.monotonic()
    loaded(accounts, STEADY * rate)
    return began, time.monotonic()


def start(name: str, project: Project) -> tuple[str, Site]:
    """The kind of app, and the first release of it on that server."""
    interface, words = kinds.by_name()[name]
    project.write("app.py", release(interface, 1))
    return interface, project.run("app:app", *words, "--workers", "2")


def reload_all(sites: list[tuple[str, Site]], projects: list[Project], number: int, spans: list[list[Span]]) -> None:
    """The next release of each, until all serve it and the old generations are gone."""
    old = [master(site) for _, site in sites]
    for (interface, site), project, each in zip(sites, projects, spans, strict=True):
        project.write("app.py", release(interface, number))
        each.append((time.monotonic(), 0.0))
        site.process.send_signal(signal.SIGHUP)
    for (_, site), each, pid in zip(sites, spans, old, strict=True):
        site.stderr.wait_for(f"generation {number} serves", 30)
        # Not by `status`: asked so often it would be felt.
        until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), "the old generation is gone", 30)
        each[-1] = (each[-1][0], time.monotonic())


def master(site: Site) -> int:
    """Pid of the app server in service."""
    (pid,) = (int(each["pid"]) for each in site.status()["processes"] if each["role"] == "app master")
    return pid


def main() -> int:
    """1 when a request failed."""
    asked = argparse.ArgumentParser(description="Reload under load; see docs/decisions for what it showed.")
    asked.add_argument("--only", default="", help="servers whose name holds this word")
    asked.add_argument("--rate", type=float, default=500.0, help="requests a second")
    asked.add_argument("--reloads", type=int, default=9, help="of each server")
    asked.add_argument("--together", type=int, default=1, help="so many servers side by side, which share the rate")
    given = asked.parse_args()
    processes.adopt_orphans()
    print(COLUMNS.format(*reloads.HEAD), flush=True)
    rows: list[reloads.Row] = []
    names = [each for each in kinds.names() if given.only in each]
    rate = given.rate / given.together
    for place in range(0, len(names), given.together):
        for measured in measure(names[place : place + given.together], rate, given.reloads):
            rows.append(measured.row())
            print(COLUMNS.format(*rows[-1].cells()), flush=True)
            for kind, count in measured.account.failed.items():
                print(f"  {count} x {kind}")
    if not given.only:
        reloads.save(reloads.Reloads(datetime.now(UTC).strftime("%Y-%m-%d"), rate, rows))
        print("for the report: python bench/run.py --again")
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
