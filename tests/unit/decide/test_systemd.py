"""What the service is to start, and as whom."""

from __future__ import annotations

from dataclasses import replace

from decided import FOLDER, make_facts, make_finding, make_said, plan_of
from porch import decide
from porch.places import Place


def test_what_was_said_in_no_file_becomes_flags() -> None:
    """Flags and variables are said in the unit; what stands in porch.toml is read there at each start."""
    plan = plan_of(
        {"server.workers": "3", "static": {"/media/": "media"}, "limits.body": "1M", "systemd.memory": "2G"},
        make_facts({f"{FOLDER}/media": Place(True, folder=True)}),
        origins={"server.workers": "$WEB_CONCURRENCY", "static": "--static", "systemd.memory": "--systemd-memory"},
    )
    assert plan.systemd.words == ("--server-workers=3", "--static=/media/=media")


def test_a_file_that_was_named_is_named_in_the_unit() -> None:
    """`--config` is neither a setting nor in the project's own files."""
    said = replace(make_said({}), config="/etc/shop.toml")
    assert decide.plan(said, make_facts(), make_finding()).systemd.words == ("--config=/etc/shop.toml",)


def test_the_name_is_the_folder() -> None:
    """What systemd's names cannot hold is replaced; the run folder follows the name."""
    plan = plan_of({}, make_facts(folder="/srv/my shop"))
    assert (plan.systemd.name.value, plan.systemd.folder.value) == ("my-shop", "/run/my-shop")
    assert plan_of({"systemd.name": "web", "run.dir": "/run/x"}).systemd.folder.value == "/run/x"


def test_root_renders_for_an_unprivileged_user() -> None:
    """The service runs as whom porch would give the app to; what another renders runs as themselves."""
    assert plan_of({}, make_facts(root=True)).systemd.user == "www-data"
    assert plan_of({}, make_facts()).systemd.user == "ada"


def test_what_lies_in_a_home_folder_is_found() -> None:
    """The project, or an interpreter that a tool has put there."""
    assert plan_of({}, make_facts()).systemd.home == ""
    found = plan_of({}, make_facts(programs=("/home/ada/.local/share/uv/python",))).systemd.home
    assert found == "/home/ada/.local/share/uv/python"


def test_an_instance_folder_that_would_be_read_only_is_warned_of() -> None:
    """Flask keeps databases there; who renders no unit, or has named it, is told nothing."""
    facts = make_facts({f"{FOLDER}/instance": Place(True, folder=True)})
    (warning,) = plan_of({}, facts).warnings_for("systemd")
    assert f"may only read {FOLDER}/instance" in warning
    assert "--systemd-writable instance" in warning
    assert plan_of({}, facts).warnings_for("supervisord") == ()
    assert plan_of({"systemd.writable": ["instance"]}, facts).warnings_for("systemd") == ()
    assert plan_of({}).warnings_for("systemd") == ()
