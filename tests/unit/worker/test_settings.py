"""What the worker takes from its environment, and leaves behind."""

from __future__ import annotations

import json

import pytest

from porch import worker
from porch.worker.porch_worker.settings import read

TOLD = json.dumps({"target": "shop:app", "interface": "wsgi", "mount": "/api/", "folder": "/srv", "report": "/r"})


def test_settings_are_read_from_one_variable() -> None:
    """All that the worker is told stands in PORCH_WORKER; a mount has no slash at its end."""
    settings = read({"PORCH_WORKER": TOLD})
    assert (settings.target, settings.interface, settings.mount) == ("shop:app", "wsgi", "/api")
    assert (settings.folder, settings.report) == ("/srv", "/r")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (worker.PATH, None),
        (f"{worker.PATH}:/mine", "/mine"),
        (f"/mine:{worker.PATH}/", "/mine"),
        ("/mine:/other", "/mine:/other"),
    ],
)
def test_only_porchs_own_entry_is_taken_out_of_the_path(before: str, after: str | None) -> None:
    """The user's own entries of PYTHONPATH stay, in their order."""
    environ = {"PORCH_WORKER": TOLD, "PYTHONPATH": before, "PYTHONSAFEPATH": "1", "HOME": "/root"}
    read(environ)
    assert environ == {"HOME": "/root"} | ({"PYTHONPATH": after} if after else {})
