"""Runs the benchmark: `make bench`, or `python bench/run.py --only uwsgi --quick` for a part of it.

Rule: everything that is compared is measured in one run, on one machine, with one client.
Exit codes: 0 measured, 1 a target is short, 2 a row failed, 3 nothing matches `--only`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import machine
import provision
import report
import results
from contenders import MEMORY, STARTS, THROUGHPUT, Contender
from measure import Bench
from places import HERE, Tools, cores
from results import Results
from targets import TARGETS

START_TIMES = 5
ROUNDS = 3
"""Fewer are no median: such a run is shown and not reported."""
PAIRED = 3
"""How often a pair is loaded for each of the rounds: a ratio that is judged shall stand on more than a row."""
STORED = HERE / "results.json"


def main(words: Sequence[str]) -> int:
    options = _options(words)
    # An end by TERM runs every `finally` too: no contender is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if (options.again or options.pairs) and not STORED.exists():
        sys.exit("bench: there are no figures of a last run.\nMeasure first: make bench")
    if options.again:
        return _tell(results.load(STORED), whole=True)
    tools, missing = provision.tools(_say)
    if os.getloadavg()[0] > cores() / 2:
        _say(f"the machine is busy (load {os.getloadavg()[0]:.1f} on {cores()} cores): the figures will be rough")
    found = _measure(tools, options)
    if not found.rows and not found.starts and not found.weights:
        print(f'bench: no row matches --only "{options.only}"', file=sys.stderr)
        return 3
    for command, reason in missing.items():
        _say(f"could not be installed: {command}: {reason}")
    whole = not options.only and not options.quick and found.rounds >= ROUNDS
    if whole:
        found.save(STORED)
    else:
        _say(f"a part of the benchmark, or fewer than {ROUNDS} rounds: the report in docs is not written")
    return _tell(found, whole)


def _tell(found: Results, whole: bool) -> int:
    print(report.terminal(found, colour=sys.stdout.isatty()))
    if whole:
        report.write(found)
    if found.failures:
        return 2
    return 1 if any(verdict.reached is False for verdict in found.verdicts()) else 0


def _measure(tools: Tools, options: argparse.Namespace) -> Results:
    folder = Path(tempfile.mkdtemp(prefix="porch-bench-"))
    folder.chmod(0o755)
    try:
        return _measure_in(Bench(tools, folder, _say), options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure_in(bench: Bench, options: argparse.Namespace) -> Results:
    rounds, seconds, times = (1, 1, 1) if options.quick else (options.rounds, options.seconds, START_TIMES)
    _say(f"those that are compared, beside each other: median of {PAIRED * rounds}")
    pairs = bench.pairs(_compared(options.only), PAIRED * rounds)
    if options.pairs:
        return replace(results.load(STORED), pairs=pairs)
    _say(f"throughput: {rounds} rounds of {seconds} s each, taken in turn")
    rows = bench.rounds(_chosen(THROUGHPUT, options.only), rounds, seconds)
    _say(f"time to the first answer: median of {times}")
    starts = bench.starts(_chosen(STARTS, options.only), times)
    _say("memory of the supervisors")
    weights = [bench.memory(contender) for contender in _chosen(MEMORY, options.only)]
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    return Results(date, machine.describe(bench.tools), rounds, seconds, times, rows, starts, weights, pairs)


def _compared(only: str) -> list[tuple[Contender, Contender]]:
    """The rates that have a target, where both rows are to be measured."""
    rows = {row.key: row for row in _chosen(THROUGHPUT, only)}
    rates = [target for target in TARGETS if target.what == "rate"]
    return [(rows[each.ours], rows[each.theirs]) for each in rates if {each.ours, each.theirs} <= rows.keys()]


def _chosen(contenders: Sequence[Contender], only: str) -> list[Contender]:
    """Those whose key or group is one of the words; all when there is none."""
    wanted = [word for word in only.split(",") if word]
    return [row for row in contenders if not wanted or any(word in (row.key, row.group) for word in wanted)]


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description="porch beside the others, in one run")
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, help=f"rounds of each throughput row ({ROUNDS})")
    parser.add_argument("--seconds", type=_positive, default=3, help="seconds of load in a round (3)")
    parser.add_argument("--only", default="", help="keys or groups (wsgi, asgi, aiohttp, static), with commas between")
    parser.add_argument("--again", action="store_true", help="write the report again from the last run's figures")
    parser.add_argument("--pairs", action="store_true", help="measure anew what the last run compared, and report")
    parser.add_argument("--quick", action="store_true", help="one round of one second: does it all work?")
    return parser.parse_args(words)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
