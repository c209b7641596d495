"""systemd itself judges the units: nothing in them is unknown or ignored, and little is exposed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from plans import make_plan
from porch.plan import Plan
from porch.targets import systemd

sys.path.append(str(Path(__file__).parents[1] / "golden"))

from golden import Case, cases

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here; on Debian: apt-get install systemd"
)
EXPOSURE = 1.5


def written(plan: Plan, folder: Path) -> list[Path]:
    """The units of that plan, with a program that exists: systemd-analyze looks for it."""
    true = shutil.which("true")
    assert true
    plan = replace(plan, systemd=replace(plan.systemd, command=(true,), user="www-data"))
    found: list[Path] = []
    for file in systemd.files(plan):
        found.append(folder / file.path)
        found[-1].write_text(file.text)
    return found


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says."""
    return subprocess.run(
        ("systemd-analyze", "--no-pager", *words), capture_output=True, text=True, timeout=60, check=False
    )


ODD = make_plan(
    http__listen=("0.0.0.0:80", "[::]:443", "unix:/run/odd.sock"),
    app__prestart=("migrate",),
    app__folder="/srv",
    run__drain_delay=15,
    systemd__words=("--server-args=a 'b' \"c\" $d %h \\ ; x", "--app-prestart=", ";"),
    systemd__writable=("/srv/a b", "/srv/100%"),
    systemd__memory=2 * 1024**3,
    systemd__folder="/srv/run",
    systemd__home="/home/ada",
    systemd__tmp="/tmp/x",
)
"""Every line that a unit may have, with values that a careless renderer would trip over."""


@pytest.mark.parametrize("plan", [make_plan(app__folder="/srv"), ODD], ids=["plain", "odd"])
def test_systemd_takes_every_line(plan: Plan, tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say."""
    told = analyze("verify", *written(plan, tmp_path))
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_systemd_would_say_what_is_wrong(tmp_path: Path) -> None:
    """A line with a slip in it is told of, so that silence means something."""
    (unit,) = written(make_plan(app__folder="/srv"), tmp_path)
    unit.write_text(unit.read_text().replace("MemoryMax=90%", "MemoryMax=much"))
    assert "memory limit" in analyze("verify", unit).stderr.lower()


@pytest.mark.parametrize("case", cases("cases"), ids=lambda case: case.folder.name)
def test_little_is_exposed(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`systemd-analyze security` counts 1.5 at most for every case, of 10."""
    plan, _ = case.plan(monkeypatch)
    (unit, *_) = written(plan, tmp_path)
    told = analyze("security", "--offline=true", unit)
    assert told.returncode == 0, told.stderr
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found
    assert float(found[1]) <= EXPOSURE
