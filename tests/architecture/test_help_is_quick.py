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


def test_what_is_optional_is_not_imported() -> None:
    """porch starts where no package of an extra is installed: certificates and watching bring theirs when asked for."""
    extras = ("cryptography", "acme", "josepy", "certifi", "watchfiles", "shtab")
    lines = [f"import sys; sys.modules.update(dict.fromkeys({extras}))"]
    lines += ["import porch.cli.writing, porch.cli.instance, porch.mainline, porch.runtime.__main__"]
    lines += ["from porch.runtime import assemble, resident, start, supervisor, trial"]
    subprocess.run((sys.executable, "-c", "\n".join(lines)), check=True)
