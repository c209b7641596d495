"""The switch of the page for maintenance: a file, made and taken away when asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from porch.errors import Exit
from porch.runtime.maintenance import Maintenance


def told(switch: Maintenance, *, on: bool) -> dict[str, Any]:
    """What is answered."""

    async def first() -> dict[str, Any]:
        return await anext(switch.answer({"on": on}))

    return asyncio.run(first())


def test_it_is_on_while_its_file_is_there(tmp_path: Path) -> None:
    """On and off, each as often as it is said, and as whoever else touches the file says."""
    path = tmp_path / "maintenance"
    switch = Maintenance(str(path), None)
    assert not switch.on
    for on in (True, True, False, False):
        assert told(switch, on=on) == {"ok": True, "maintenance": on}
        assert (path.exists(), switch.on) == (on, on)
    path.touch()
    assert switch.on


def test_without_a_page_it_is_refused(tmp_path: Path) -> None:
    """Nothing would be seen of it; the setting is named."""
    (problem,) = told(Maintenance("", None), on=True)["problems"]
    assert (problem["where"], problem["exit"]) == ("files.maintenance", int(Exit.USAGE))


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    """The machine's word, with the place."""
    (problem,) = told(Maintenance(str(tmp_path / "gone" / "maintenance"), None), on=True)["problems"]
    assert problem["what"] == "cannot switch it: No such file or directory"
    assert problem["exit"] == int(Exit.MACHINE)
