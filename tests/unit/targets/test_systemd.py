"""What the units of systemd say of times, addresses, folders and rights."""

from __future__ import annotations

from typing import Any

import pytest

from plans import make_plan
from porch.plan import Plan
from porch.targets import systemd


def unit(made: Plan, kind: str = "service") -> list[str]:
    """The lines of one unit, without notes."""
    (file,) = [file for file in systemd.files(made) if file.path == f"shop.{kind}"]
    return [line for line in file.text.splitlines() if line and not line.startswith("#")]


def kinds(**changes: Any) -> list[str]:
    """Which units there are."""
    return [file.path for file in systemd.files(make_plan(**changes))]


def test_a_stop_may_take_what_porch_allows() -> None:
    """systemd kills later than porch does, and waits for the load balancer too."""
    assert "TimeoutStopSec=45" in unit(make_plan())
    assert "TimeoutStopSec=60" in unit(make_plan(run__drain_delay=15))
    assert "TimeoutStartSec=65" in unit(make_plan())
    assert "TimeoutStartSec=infinity" in unit(make_plan(app__prestart=("migrate",)))


@pytest.mark.parametrize(
    ("listen", "bound"),
    [
        (("127.0.0.1:8080",), False),
        (("0.0.0.0:80",), True),
        (("0.0.0.0:8080", "[::]:443"), True),
        (("unix:/run/shop/web.sock",), False),
        (("unix:/run/web.sock",), True),
    ],
)
def test_systemd_binds_what_the_service_cannot(listen: tuple[str, ...], bound: bool) -> None:
    """A port below 1024, or a socket outside the run folder: then all addresses are in the socket unit."""
    made = make_plan(http__listen=listen)
    assert kinds(http__listen=listen) == ["shop.service", "shop.socket"][: 1 + bound]
    assert ("Requires=shop.socket" in unit(made)) is bound
    if bound:
        told = [line for line in unit(made, "socket") if line.startswith("ListenStream=")]
        assert told == [f"ListenStream={each.removeprefix('unix:')}" for each in listen]


def test_what_was_typed_is_typed_in_the_unit() -> None:
    """Flags follow the command, a line for each."""
    lines = unit(make_plan(systemd__words=("--server-workers=3", "--app-prestart=sh it's")))
    at = lines.index("ExecStart=/srv/shop/.venv/bin/porch run \\")
    assert lines[at + 1 : at + 4] == [
        "    --run-dir=/run/shop \\",
        "    --server-workers=3 \\",
        '''    "--app-prestart=sh it's"''',
    ]


def test_a_password_is_for_root_alone() -> None:
    """A URL on the command line makes the unit unreadable for others."""
    modes = [file.mode for file in systemd.files(make_plan(systemd__words=("--app-prestart-lock=mysql://a:b@c/d",)))]
    assert modes == [0o600]
    assert [file.mode for file in systemd.files(make_plan())] == [0o644]


def test_only_named_folders_are_writable() -> None:
    """A run folder below /run is systemd's to make; another one, and the app's folders, are named."""
    assert "RuntimeDirectory=shop" in unit(make_plan())
    lines = unit(make_plan(systemd__folder="/srv/run", systemd__writable=("/srv/shop/media", "/srv/a b")))
    assert {"ReadWritePaths=/srv/run", 'ReadWritePaths=/srv/shop/media "/srv/a b"'} <= set(lines)
    assert not [line for line in lines if line.startswith("RuntimeDirectory")]


def test_home_folders_are_hidden_unless_needed() -> None:
    """An interpreter or project below /home is still readable, and the file says why."""
    assert "ProtectHome=yes" in unit(make_plan())
    made = make_plan(systemd__home="/home/ada/shop")
    assert "ProtectHome=read-only" in unit(made)
    assert "# /home/ada/shop is needed." in systemd.files(made)[0].text


def test_a_project_in_tmp_is_reached() -> None:
    """With a /tmp of its own, the service would not find it."""
    assert "PrivateTmp=yes" in unit(make_plan())
    lines = unit(make_plan(systemd__tmp="/tmp/shop"))
    assert "PrivateTmp=yes" not in lines
    assert "ReadWritePaths=/tmp /var/tmp" in lines


def test_tasks_follow_from_the_workers() -> None:
    """More workers or threads may have more tasks, for two generations side by side."""
    assert systemd.tasks(make_plan()) == 256 + 2 * (3 * 12 + 2)
    assert systemd.tasks(make_plan(server__workers=9)) > systemd.tasks(make_plan())


def test_memory_is_a_share_of_the_machine_unless_said() -> None:
    """A size is written in bytes."""
    assert "MemoryMax=90%" in unit(make_plan())
    assert "MemoryMax=1048576" in unit(make_plan(systemd__memory=1024**2))
