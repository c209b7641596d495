"""Measures: throughput in rounds taken in turn, pairs beside each other, time to the first answer, memory.

Rule: a contender is verified before it is measured; a failure becomes a failed row with its reason, and the
others go on.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import load
import running
from contenders import Contender
from places import HERE, Site, Tools, lay_out
from results import Memory, Pair, Row
from running import Failed

Say = Callable[[str], None]
CPU_FOR = 10
"""Seconds: the kernel counts CPU time in hundredths."""
PORCH_RESIDENT = "porch.runtime"


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmark."""

    tools: Tools
    folder: Path
    say: Say

    def rounds(self, contenders: Sequence[Contender], rounds: int, seconds: int) -> list[Row]:
        """Throughput: each contender once a round, so that a disturbance of the machine hits them alike."""
        rows = [Row(contender.key) for contender in contenders]
        for number in range(1, rounds + 1):
            for contender, row in zip(contenders, rows, strict=True):
                if not row.failure:
                    self._attempt(row, partial(self._load, contender, row, seconds))
                    rate = f"{row.rates[-1]:>9,.0f}/s" if row.rate is not None else "   FAILED"
                    self.say(f"  round {number}/{rounds}  {rate}  {contender.group}: {contender.label}")
        return rows

    def pairs(self, wanted: Sequence[tuple[Contender, Contender]], times: int) -> list[Pair]:
        """Two that are compared are both up and loaded in turn, a second each: what disturbs the machine meets both."""
        found = [Pair(ours.key, theirs.key) for ours, theirs in wanted]
        for both, pair in zip(wanted, found, strict=True):
            self._attempt(pair, partial(self._pair, both, pair, times))
            said = "  FAILED" if pair.ratio is None else f"{pair.ratio:6.2f} x"
            self.say(f"  beside   {said}  {both[0].label} / {both[1].label}")
        return found

    def _pair(self, both: tuple[Contender, Contender], pair: Pair, times: int) -> None:
        with ExitStack() as up:
            urls = [self._up(contender, up) for contender in both]
            for url in urls:
                load.run(self.tools.wrk, url, 1)
            for _ in range(times):
                ours, theirs = (load.run(self.tools.wrk, url, 1) for url in urls)
                if ours.errors + theirs.errors:
                    raise Failed(f"{ours.errors} of {ours.requests} and {theirs.errors} of {theirs.requests} failed")
                pair.ratios.append(ours.rate / theirs.rate)

    def _up(self, contender: Contender, up: ExitStack) -> str:
        site = up.enter_context(self._site(contender))
        return self._verified(contender, site, up.enter_context(running.started(contender, site)))

    def _verified(self, contender: Contender, site: Site, leaders: list[int]) -> str:
        """Its address, once it gives the right answer and is what its label tells."""
        running.first_answer(contender, site, leaders)
        _holds(site, contender.must_say)
        return self._url(contender, site)

    def starts(self, contenders: Sequence[Contender], times: int) -> list[Row]:
        """Time from the start of the first command to the first right answer; a first try warms the disk's cache."""
        rows = [Row(contender.key) for contender in contenders]
        for number in range(times + 1):
            for contender, row in zip(contenders, rows, strict=True):
                if not row.failure:
                    self._attempt(row, partial(self._start, contender, row))
            if number == 0:
                for row in rows:
                    row.starts.clear()
        for contender, row in zip(contenders, rows, strict=True):
            said = "  FAILED" if row.start is None else f"{row.start:6.3f} s"
            self.say(f"  start    {said}  {contender.group}: {contender.label}")
        return rows

    def memory(self, contender: Contender) -> Memory:
        """Resident memory of the supervisor over its two children, after some load."""
        try:
            with self._site(contender) as site, running.started(contender, site) as leaders:
                running.first_answer(contender, site, leaders)
                load.run(self.tools.wrk, self._url(contender, site), 2)
                supervisor = _supervisor(leaders[0])
                rss, pss = running.weigh(supervisor)
                cpu = self._share(supervisor, self._url(contender, site), site)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            self.say(f"  {contender.key}: {error}")
            return Memory(contender.key, failure=str(error))
        self.say(f"  {rss:>9,} kB  {cpu:.1%} of a core  {contender.label}")
        return Memory(contender.key, rss, pss, cpu)

    def _share(self, pid: int, url: str, site: Site) -> float:
        """Of one core, at `load.PACE`: what each request costs it, since no client keeps a rate exactly."""
        before = running.cpu_seconds(pid)
        seen = load.run(self.tools.wrk, url, CPU_FOR, paced=site.folder / "pace.lua")
        if seen.errors or not seen.requests:
            raise Failed(f"{seen.errors} of {seen.requests} requests failed at {load.PACE} a second")
        return (running.cpu_seconds(pid) - before) / seen.requests * load.PACE

    def _attempt(self, row: Row | Pair, measure: Callable[[], None]) -> None:
        try:
            measure()
        except (Failed, subprocess.SubprocessError) as error:
            row.failure = str(error)
            self.say(f"  {row.key}: {error}")

    def _load(self, contender: Contender, row: Row, seconds: int) -> None:
        with self._site(contender) as site:
            if contender.role == "app":
                row.rates.append(self._in_process(contender, site, seconds))
                return
            with running.started(contender, site) as leaders:
                url = self._verified(contender, site, leaders)
                warm = load.run(self.tools.wrk, url, 1)
                seen = load.run(self.tools.wrk, url, seconds)
            row.lines = _lines(site) / (warm.requests + seen.requests + 1)
        errors = warm.errors + seen.errors
        if errors:
            raise Failed(f"{errors} of {warm.requests + seen.requests} requests failed\n{running.tail(site.log)}")
        row.rates.append(seen.rate)
        row.p50.append(seen.p50)
        row.p99.append(seen.p99)

    def _in_process(self, contender: Contender, site: Site, seconds: int) -> float:
        words = (self.tools.python, str(HERE / "inprocess.py"), contender.group, str(seconds))
        done = subprocess.run(words, cwd=site.app, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(done.stderr)
        return float(done.stdout)

    def _start(self, contender: Contender, row: Row) -> None:
        with self._site(contender) as site:
            begin = time.perf_counter()
            with running.started(contender, site) as leaders:
                running.first_answer(contender, site, leaders)
                row.starts.append(time.perf_counter() - begin)

    def _site(self, contender: Contender) -> _Laid:
        return _Laid(self.folder / contender.key, contender, self.tools)

    def _url(self, contender: Contender, site: Site) -> str:
        return f"http://127.0.0.1:{site.words['port']}{contender.path}"


@dataclass(frozen=True, slots=True)
class _Laid:
    """A contender's folder, there while it is needed."""

    folder: Path
    contender: Contender
    tools: Tools

    def __enter__(self) -> Site:
        return lay_out(self.folder, self.contender.app, self.contender.files, self.tools)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _supervisor(leader: int) -> int:
    """porch's resident process where there is one, else the command itself."""
    for pid in running.family(leader):
        if any(PORCH_RESIDENT in word for word in running.words_of(pid)):
            return pid
    return leader


def _holds(site: Site, word: str) -> None:
    if word and word not in site.log.read_text(errors="replace"):
        raise Failed(f'its output does not say "{word}": its label is no longer true, see contenders.py')


def _lines(site: Site) -> int:
    """Lines in all logs of the site."""
    return sum(path.read_bytes().count(b"\n") for path in site.folder.glob("*.log"))
