"""uWSGI itself says which value it read: `show-config` prints each option after all of its expansions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from porch.syntax.file import File, Line, Unwritable
from porch.syntax.ini import Option, option, render, section

UWSGI = Path(sys.executable).with_name("uwsgi")
DATA = [
    "plain",
    "",
    "100%",
    "%",
    "%%",
    "%k%d%v%(",
    "% (x)",
    "trailing\\",
    '"quoted; # value"',
    "'",
    "[x]",
    "a=b=c",
    "=",
    "# no comment",
    "; no comment",
    "$x @y = (z)",
    "$(unclosed",
    ")%(",
    "$) (x)",
    "two  spaces",
    "é€",
    "x" * 5000,
]
EXPANDED = ["$(HOME)", "@(/dev/null)", "x$$(HOME)"]


def read(options: list[Option], folder: Path) -> list[str]:
    """What `env` options hold once uWSGI has read them."""
    extra = [option("show-config", True), option("no-server", True)]
    sections = [section("other", [option("env", "WRONG=1")]), section("uwsgi", [*options, *extra])]
    written = File("uwsgi.ini", render(sections, header="ends in %"))
    (folder / "uwsgi.ini").write_text(written.text)
    words = (str(UWSGI), "--ini", str(folder / "uwsgi.ini"))
    environ = {**os.environ, "HOME": "/expanded"}
    told = subprocess.run(words, capture_output=True, env=environ, timeout=60, check=False).stderr.decode()
    shown = told.partition("[uwsgi]\n")[2].partition(";end of configuration")[0]
    start = "env = VALUE="
    return [line.removeprefix(start) for line in shown.splitlines() if line.startswith("env = ")]


def test_uwsgi_read_the_values_that_were_given(tmp_path: Path) -> None:
    """Every nasty value comes back from uWSGI as it was given, whatever the notes between them hold."""
    options = [option("env", f"VALUE={value}", note=f"{value} % and %") for value in DATA]
    assert read(options, tmp_path) == DATA


@pytest.mark.parametrize("value", EXPANDED)
def test_what_is_refused_would_have_been_expanded(value: str, tmp_path: Path) -> None:
    """uWSGI puts something else in the place of what porch refuses to write."""
    with pytest.raises(Unwritable):
        option("env", f"VALUE={value}")
    assert read([Option("env", (Line(f"VALUE={value}"),), "")], tmp_path) != [value]
