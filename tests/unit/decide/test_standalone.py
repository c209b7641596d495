"""What is decided otherwise for files that run without porch."""

from __future__ import annotations

import pytest

from decided import plan_of
from porch import decide
from porch.errors import Refused


def test_everything_lies_beside_the_files() -> None:
    """The run folder, the server's own file and the wrapper are found below the folder that the files are kept in."""
    run = decide.kept(plan_of(), "/srv/deploy").run
    assert (run.folder.value, run.home, run.wrapper) == ("/srv/deploy/run", "/srv/deploy", "/srv/deploy/wrapper")
    assert run.socket == run.upstream == "/srv/deploy/run/app/app.sock"


def test_a_run_folder_that_was_said_stays() -> None:
    """What the user chose is not decided anew."""
    run = decide.kept(plan_of({"run.dir": "/run/shop"}), "/srv/deploy").run
    assert run.socket == "/run/shop/app/app.sock"


@pytest.mark.parametrize(("given", "kind"), [({}, "text"), ({"log.format": "json"}, "json")])
def test_lines_are_text_unless_told_otherwise(given: dict[str, object], kind: str) -> None:
    """Whether a terminal was there when the files were rendered changes nothing."""
    assert decide.kept(plan_of(given), "/srv/deploy").log.format.value == kind


def test_a_path_that_no_socket_can_have_is_refused() -> None:
    """The system takes 107 bytes."""
    with pytest.raises(Refused, match="too long for the system"):
        decide.kept(plan_of(), "/srv/" + "x" * 100)


def test_what_only_porch_can_do_is_warned_of() -> None:
    """granian alone counts no requests, but looks at memory by itself: only the one is warned of."""
    given = {"server.name": "granian", "server.recycle_requests": 1000, "server.recycle_memory": "400M"}
    plan = plan_of(given)
    told = [each for each in decide.kept(plan, "/srv/deploy").warnings if each not in plan.warnings]
    assert len(told) == 1
    assert told[0].startswith("without porch granian cannot honour server.recycle_requests (")
