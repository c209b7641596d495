"""Writes what was measured: a table on the terminal, docs/benchmarks.md and its plot.

Rule: a row that failed is shown as failed, and a target that is short as short; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import built
import load
import plot
import reloads
from contenders import AIOHTTP, ASGI, MEMORY, STARTS, STATIC, WSGI, Contender
from markdown import table
from places import HERE
from results import Results, Row

DOCS = HERE.parent / "docs"

SECTIONS = (
    ("WSGI: a Flask greeting", WSGI, "porch-wsgi"),
    ("ASGI: a Starlette greeting", ASGI, "porch-asgi"),
    ("aiohttp: the article's greeting", AIOHTTP, "porch-aiohttp"),
    ("Static file of 20 kB", STATIC, "porch-static"),
)
"""Title, rows, and the row that the ratios refer to."""

HOW = """\
Measured on {date}, on a virtual machine with {cores} cores and {memory} GB of memory, Linux {kernel}; the client, nginx
and the app servers share its cores. Do it again with `make bench`.

The client is wrk with {threads} thread and {connections} kept-alive connections. Each figure is the median of {rounds}
rounds of {seconds} s, after a second of warming up; the rounds are taken in turn (A B C, A B C, ...), each
contender freshly started. The answer's status and body are checked before the load; one socket error, or one answer
other than 2xx, makes the row fail. Absolute figures differ between machines: read the ratios.

The rates to reach are measured beside each other: both are up, and are loaded in turn for a second; the figure is the
median of {paired} ratios. On a machine that others share, rows that were measured minutes apart differ by chance."""

ROWS = """\
## What the rows are

- **porch run** is started as a user would: `porch run hello:app --listen ...`, and a server where the row names one.
  Workers and threads are what porch chooses.
- **article** rows are setups that tutorials teach, rebuilt in `bench/articles`: their nginx and server configurations
  with only paths, ports and the user's name changed.
- **by hand** rows are what an expert would write without porch, in `bench/tuned`: nginx with kept-alive connections to
  the server over a unix socket, a worker a core.
- **alone** rows have no nginx: the server itself answers on the port, a worker a core.
- **in process** calls the app in a loop, with no network and no server: what the app itself costs.
- Everyone writes an access line for each request, to a file: nginx where there is one, else the server; a row that does
  not says so, and "lines logged" is how many there were for each request. porch's lines go through its log to standard
  output.
"""

BOLD, RED, GREEN, PLAIN = "\033[1m", "\033[31m", "\033[32m", "\033[0m"


def terminal(results: Results, colour: bool) -> str:
    """All figures as aligned text, targets last."""
    paint = (BOLD, RED, GREEN, PLAIN) if colour else ("", "", "", "")
    return "\n".join([*_terminal_rows(results, *paint), "", *_terminal_targets(results, *paint)])


def write(results: Results, docs: Path = DOCS) -> None:
    """The page and its plot."""
    docs.mkdir(exist_ok=True)
    (docs / "benchmarks.md").write_text(page(results))
    (docs / "benchmarks.svg").write_text(picture(results))


def _terminal_rows(results: Results, bold: str, red: str, green: str, plain: str) -> Iterator[str]:
    for title, contenders, base in SECTIONS:
        measured = [contender for contender in contenders if contender.key in results.row]
        if measured:
            yield f"\n{bold}{title}{plain}"
        for contender in measured:
            row = results.row[contender.key]
            mark = green if contender.role == "porch" else ""
            mark = red if row.failure else mark
            yield f"{mark}  {contender.label:<54}{_rate(row):>10}{_ratio(results, row, base):>9}{plain}"
    for contender in STARTS:
        for row in results.starts:
            if row.key == contender.key:
                yield f"  start: {contender.label:<47}{_seconds(row):>10}"
    for weight in results.weights:
        yield f"  memory: {_label(MEMORY, weight.key):<46}" + (f"{weight.rss:>7,} kB" if weight.rss else "    FAILED")


def _terminal_targets(results: Results, bold: str, red: str, green: str, plain: str) -> Iterator[str]:
    yield f"{bold}{'To reach':<58}{'got':>8}{'wanted':>10}{plain}"
    colours = {True: green, False: red, None: ""}
    for verdict in results.verdicts():
        got, wanted = verdict.shown
        yield f"  {verdict.target.says:<56}{got:>8}{wanted:>10}  {colours[verdict.reached]}{verdict.mark}{plain}"


def page(results: Results) -> str:
    """docs/benchmarks.md."""
    lines = [
        "<!-- Written by `make bench`; changes by hand are lost. -->",
        "# Benchmarks",
        "",
        _how(results),
        "",
        "![Requests a second, by contender](benchmarks.svg)",
        "",
        "## To reach",
        "",
        *table(("", "measured", "wanted", ""), _target_cells(results)),
    ]
    for title, contenders, base in SECTIONS:
        head = ("", "requests/s", "of porch", "lowest to highest round", "median", "99th percentile", "lines logged")
        lines += ["", f"## {title}", "", *table(head, _row_cells(results, contenders, base))]
    lines += reloads.section(reloads.load())
    lines += built.section(built.load())
    lines += ["", "## From start to the first answer", "", *table(("", "median"), _start_cells(results))]
    lines += ["", "## Memory and CPU of the supervisor", "", *_memory_text(results), "", ROWS, *_versions(results)]
    return "\n".join(lines) + "\n"


def _how(results: Results) -> str:
    return HOW.format(
        date=results.date,
        cores=results.machine.cores,
        memory=results.machine.memory_gb,
        kernel=results.machine.kernel,
        threads=load.THREADS,
        connections=load.CONNECTIONS,
        rounds=results.rounds,
        seconds=results.seconds,
        paired=max((len(pair.ratios) for pair in results.pairs), default=0),
    )


def _target_cells(results: Results) -> Iterator[tuple[str, ...]]:
    for verdict in results.verdicts():
        mark = verdict.mark if verdict.reached else f"**{verdict.mark}**"
        yield (verdict.target.says, *verdict.shown, mark)


def _row_cells(results: Results, contenders: Sequence[Contender], base: str) -> Iterator[tuple[str, ...]]:
    for contender in contenders:
        row = results.row.get(contender.key)
        if row is None:
            continue
        label = f"**{contender.label}**" if contender.role == "porch" else contender.label
        spread = "-" if row.rate is None else f"{min(row.rates):,.0f} to {max(row.rates):,.0f}"
        late = (f"{_median(row.p50)} ms", f"{_median(row.p99)} ms") if row.p50 else ("-", "-")
        lines = "-" if row.lines is None else f"{row.lines:.1f}"
        yield (label, _rate(row), _ratio(results, row, base), spread, *late, lines)


def _start_cells(results: Results) -> Iterator[tuple[str, ...]]:
    for contender in STARTS:
        for row in results.starts:
            if row.key == contender.key:
                yield (contender.label, _seconds(row))


def _memory_text(results: Results) -> Iterator[str]:
    yield from table(("", "resident (VmRSS)", "proportional (Pss)", "CPU at 5,000 requests/s"), _memory_cells(results))
    yield ""
    yield "Both stand over the same two children, nginx and granian, and were weighed after two seconds of load."
    yield "CPU is a share of one core, measured for ten seconds at about that rate. porch's reads and writes the access"
    yield "lines; supervisord's nginx writes its own into a file, past supervisord."


def _memory_cells(results: Results) -> Iterator[tuple[str, ...]]:
    for weight in results.weights:
        share = f"{weight.cpu:.1%}" if weight.cpu else "-"
        figures = (f"{weight.rss:,} kB", f"{weight.pss:,} kB", share) if weight.rss else ("failed", "-", "-")
        yield (_label(MEMORY, weight.key), *figures)


def _versions(results: Results) -> Iterator[str]:
    yield "## Versions"
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in results.machine.versions.items()) + "."


def picture(results: Results) -> str:
    """docs/benchmarks.svg: requests a second; the app in process is in the page only, as it would dwarf the rest."""
    sections = [
        plot.Section(title, [_bar(contender, results.row[contender.key]) for contender in _drawn(contenders, results)])
        for title, contenders, _ in SECTIONS
    ]
    note = f"Median of {results.rounds} rounds taken in turn, {results.machine.cores} cores shared with the client"
    return plot.draw("Requests a second", note, [section for section in sections if section.bars])


def _drawn(contenders: Sequence[Contender], results: Results) -> list[Contender]:
    shown = [row for row in contenders if row.role != "app" and row.key in results.row]
    return sorted(shown, key=lambda contender: -(results.row[contender.key].rate or 0.0))


def _bar(contender: Contender, row: Row) -> plot.Bar:
    return plot.Bar(contender.label, row.rate, _rate(row), contender.role == "porch")


def _label(contenders: Sequence[Contender], key: str) -> str:
    return next(contender.label for contender in contenders if contender.key == key)


def _rate(row: Row) -> str:
    return "failed" if row.rate is None else f"{row.rate:,.0f}"


def _seconds(row: Row) -> str:
    return "failed" if row.start is None else f"{row.start:.2f} s"


def _ratio(results: Results, row: Row, base: str) -> str:
    ours = results.row.get(base)
    if ours is None or not ours.rate or row.rate is None:
        return "-"
    return f"{row.rate / ours.rate:.2f}x"


def _median(values: Sequence[float]) -> str:
    return f"{sorted(values)[len(values) // 2]:.1f}"
