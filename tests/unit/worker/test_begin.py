"""What is done before an app server starts under another supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from porch.worker.porch_worker import begin


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that the process would have become; the kernel is asked for nothing."""
    found: list[list[str]] = []
    monkeypatch.setattr(begin.os, "execvp", lambda _, words: found.append(words))
    monkeypatch.setattr(begin, "stop_with_parent", lambda: None)
    monkeypatch.delenv(begin.PRESTART, raising=False)
    return found


def test_it_becomes_the_command(became: list[list[str]], tmp_path: Path) -> None:
    """All that stands behind the first `--`, later ones included."""
    begin.main([str(tmp_path / "app.sock"), "--", "server", "--", "more"])
    assert became == [["server", "--", "more"]]


def test_root_does_not_run_what_somebody_else_rendered(
    became: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The socket's folder tells whose app it is."""
    monkeypatch.setattr(begin.os, "geteuid", lambda: 0)
    monkeypatch.setattr(begin.os, "stat", lambda _: type("Found", (), {"st_uid": 1000}))
    with pytest.raises(SystemExit, match="belongs to user 1000"):
        begin.main([str(tmp_path / "app.sock"), "--", "server"])
    assert became == []


def test_a_prestart_that_fails_ends_it(became: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is not started, and the exit code is the command's own."""
    monkeypatch.setenv(begin.PRESTART, '["migrate"]')
    monkeypatch.setattr(begin.subprocess, "run", lambda _, **__: type("Done", (), {"returncode": -9}))
    with pytest.raises(SystemExit) as ended:
        begin.main(["/none", "--", "server"])
    assert (ended.value.code, became) == (137, [])


def test_the_users_command_sees_nothing_of_porch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is the user's own."""
    seen: dict[str, str] = {}
    monkeypatch.setattr(begin.os, "environ", dict.fromkeys(begin.OURS, "x") | {"HOME": "/home/ada"})
    monkeypatch.setattr(
        begin.subprocess, "run", lambda _, env, **__: seen.update(env) or type("Done", (), {"returncode": 0})
    )
    assert begin.prestart('["migrate"]') == 0
    assert seen == {"HOME": "/home/ada"}
