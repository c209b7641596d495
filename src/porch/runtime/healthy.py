"""`python -m porch.runtime.healthy [ADDRESS]`: whether the instance of this container is ready; exit code 0 or 1.

Rule: asked often, so it imports little; it finds the instance by its process, wherever its run folder lies, and asks
as a client would: through nginx, to a worker. A part of the stack, which has no instance, is found by what it left in
the run folder, of this folder's project or named by a variable, or asked at the address that is given.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from porch.runtime import listen, probe

RESIDENT = b"porch.runtime"
WITHIN = 4.0
"""Seconds: below the time that a HEALTHCHECK or a probe has."""


def launches() -> list[str]:
    """The launch files of the instances that this process can see."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")[:-1]
            except OSError:
                continue
            if RESIDENT in words[:-1]:
                found.append(os.fsdecode(words[-1]))
    return found


def parts() -> list[str]:
    """What a part of the stack in this container left, started in this folder or told of another run folder."""
    from porch.runtime import folder  # not needed where there is an instance

    # Where a variable names another run folder, it is in the environment of this process too.
    here = Path.cwd()
    places = (here / each / folder.PART for each in (folder.run_folder(str(here)), *os.environ.values()))
    return [str(each) for each in places if _is_file(each)][:1]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def ready(launch: str) -> bool:
    """Whether the instance of that launch file, or the part, answers."""
    try:
        told: dict[str, Any] = json.loads(Path(launch).read_bytes())
    except (OSError, ValueError):
        return False
    return answers(told["listen"][0], told["host"])


def answers(address: str, host: str = "localhost") -> bool:
    """Whether who listens there is ready."""
    return asyncio.run(_answers(probe.Probe(listen.parse(address), "http", host)))


async def _answers(asked: probe.Probe) -> bool:
    try:
        async with asyncio.timeout(WITHIN):
            await probe.until_ready(asked)
    except TimeoutError:
        return False
    return True


def main(addresses: list[str]) -> int:
    """0 when every instance or part is ready, and there is one; or whoever listens at the addresses."""
    found = addresses or launches() or parts()
    if not found:
        sys.stderr.write("no instance of porch runs here yet\n")
        return 1
    silent = [each for each in found if not (answers(each) if addresses else ready(each))]
    if silent:
        sys.stderr.write(f"the instance of {silent[0]} is not ready\n")
    return int(bool(silent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
