"""Help answers at once: it is asked for often, and an import too many is felt each time.

Rule: measured as a ratio to the bare interpreter within one run, so that a slow machine fails nobody.
"""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from porch.cli.parser import COMMANDS

MOST = 15
"""Times the processor time of `python -c pass`; measured: 6 to 8."""

MOST_OF_THE_COMMAND = 270
"""Modules; measured: 259 with Python 3.11, 260 with 3.13."""
MOST_OF_THE_RESIDENT = 220
"""Modules; measured: 209 and 208."""


def cost(*words: str) -> float:
    """Processor seconds of the quickest of three runs."""
    found: list[float] = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run((sys.executable, *words), stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


@pytest.fixture(scope="module")
def bare() -> float:
    """What starting the interpreter costs here."""
    return cost("-c", "pass")


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_help_is_quick(name: str, bare: float) -> None:
    """The help of each command costs no more than a few starts of the interpreter."""
    assert cost("-m", "porch", name, "--help") / bare < MOST


def test_a_start_imports_no_loop() -> None:
    """The command that becomes the supervisor leaves asyncio, ssl and ctypes to it: loaded twice, a start is felt."""
    lines = ["import sys", "from porch import cli, mainline, targets", "from porch.cli import parser, screen"]
    lines += ["from porch.runtime import assemble, start"]
    lines += ['print([name for name in ("asyncio", "ssl", "ctypes", "porch.cli.writing") if name in sys.modules])']
    done = subprocess.run((sys.executable, "-c", "\n".join(lines)), check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def imported(*lines: str) -> int:
    """How many modules are there when this has been imported, those of the interpreter included."""
    asked = "\n".join(("import sys", *lines, "print(len(sys.modules))"))
    return int(subprocess.run((sys.executable, "-c", asked), check=True, capture_output=True, text=True).stdout)


def test_a_start_imports_little() -> None:
    """Each module is half a millisecond of a start, so their number is bounded: of the command, and of what stays."""
    command = ("from porch import cli, mainline, targets", "from porch.cli import parser, screen")
    command = (*command, "from porch.runtime import assemble, start", "from porch.targets import nginx")
    assert imported(*command) < MOST_OF_THE_COMMAND
    # As the resident process has it where there is no TLS.
    assert imported("sys.modules['ssl'] = None", "import porch.runtime.resident") < MOST_OF_THE_RESIDENT


def test_what_is_optional_is_not_imported() -> None:
    """porch starts where no package of an extra is installed: certificates and watching bring theirs when asked for."""
    extras = ("cryptography", "acme", "josepy", "certifi", "watchfiles", "shtab")
    lines = [f"import sys; sys.modules.update(dict.fromkeys({extras}))"]
    lines += ["import porch.cli.writing, porch.cli.instance, porch.mainline, porch.runtime.__main__"]
    lines += ["from porch.runtime import assemble, resident, start, supervisor, trial"]
    subprocess.run((sys.executable, "-c", "\n".join(lines)), check=True)
