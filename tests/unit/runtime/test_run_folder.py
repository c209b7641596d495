"""The run folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from porch.errors import Exit, Refused
from porch.runtime import folder, procfs
from porch.syntax.file import plain


def test_same_for_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same project has the same folder however its path is written, and another project another."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    (tmp_path / "shop").mkdir()
    one = folder.run_folder(str(tmp_path / "shop"))
    assert one == folder.run_folder(f"{tmp_path}/x/../shop/")
    assert one != folder.run_folder(str(tmp_path))
    assert one.startswith("/tmp/porch-1000/shop-")


def test_private_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own runtime folder is preferred, and left when its path is too long for sockets."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run")
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert folder.run_folder("/srv/shop").startswith("/run/porch/shop-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"/run/{'x' * 80}")
    assert folder.run_folder("/srv/shop").startswith("/tmp/porch-1000/shop-")


def test_sockets_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the project's name, a socket's path in the folder stays below 100 bytes."""
    monkeypatch.setattr(os, "geteuid", lambda: 4_294_967_294)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    path = folder.run_folder(f"/srv/{'ü' * 200}")
    assert len(f"{path}/app-1234/app.sock".encode()) < 100


def test_make(tmp_path: Path) -> None:
    """The folder is made for its owner alone."""
    folder.make(f"{tmp_path}/run", None)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_make_for_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an app's user, the folder stays the caller's, and that user's group may only pass through it."""
    given: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "chown", lambda path, *ids, **_: given.append((Path(path).name, *ids)))
    folder.make(f"{tmp_path}/run", (33, 34))
    assert given == [("run", os.geteuid(), 34)]
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o710


def test_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the run folder can only be read by the app's user; one in a folder below belongs to that user."""
    given: list[tuple[object, ...]] = []
    monkeypatch.setattr(os, "fchown", lambda _, *ids: given.append(ids))
    (tmp_path / "app-1").mkdir()
    for name in ("nginx.conf", "app-1/gunicorn.conf.py"):
        folder.place(str(tmp_path), f"{tmp_path}/{name}", plain(name, "words\n", 0o600), (33, 34))
    assert given == [(os.geteuid(), 34), (33, 34)]
    assert (tmp_path / "nginx.conf").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "app-1/gunicorn.conf.py").stat().st_mode & 0o777 == 0o600


def test_make_refuses_foreign_content(tmp_path: Path) -> None:
    """A folder that holds other things is refused by name, and left as it is."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Refused) as refused:
        folder.make(str(tmp_path), None)
    assert refused.value.exit is Exit.MACHINE
    assert "thesis.txt" in refused.value.problems[0].what
    assert (tmp_path / "thesis.txt").exists()


def test_make_takes_what_render_has_made(tmp_path: Path) -> None:
    """Empty folders, for an app server and an nginx that may run without porch; a link is not what it leads to."""
    for name in ("app", "nginx"):
        (tmp_path / name).mkdir()
    folder.make(str(tmp_path), None)
    assert not list(tmp_path.iterdir())
    (tmp_path / "elsewhere").symlink_to(tmp_path.parent)
    with pytest.raises(Refused):
        folder.make(str(tmp_path), None)


def test_make_refuses_link(tmp_path: Path) -> None:
    """A link that someone else laid there is not followed."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused):
        folder.make(f"{tmp_path}/run", None)


def test_make_refuses_long_path(tmp_path: Path) -> None:
    """A folder whose sockets would have too long a path is refused before anything is made."""
    with pytest.raises(Refused) as refused:
        folder.make(f"{tmp_path}/{'x' * 90}", None)
    assert "--run-dir" in refused.value.problems[0].fix
    assert not list(tmp_path.iterdir())


def test_lock_is_exclusive(tmp_path: Path) -> None:
    """A second taker is refused and told who has it."""
    lock = folder.take_lock(str(tmp_path))
    with pytest.raises(Refused) as refused:
        folder.take_lock(str(tmp_path))
    os.close(lock)
    assert f"pid {os.getpid()}" in refused.value.problems[0].what
    os.close(folder.take_lock(str(tmp_path)))


def test_write_switches(tmp_path: Path) -> None:
    """A file is replaced in one step, gets its mode, and leaves nothing beside."""
    path = tmp_path / "nginx.conf"
    path.write_text("old")
    with path.open() as reader:
        folder.write(str(path), "new", 0o640, None)
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["nginx.conf"]


def test_write_does_not_follow(tmp_path: Path) -> None:
    """A link in the file's place is replaced, and what it points to is left alone."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "nginx.conf").symlink_to(tmp_path / "secret")
    folder.write(f"{tmp_path}/nginx.conf", "new", 0o644, None)
    assert (tmp_path / "secret").read_text() == "secret"


def test_link_switches(tmp_path: Path) -> None:
    """The link to the socket in service is moved on in one step."""
    link = tmp_path / "app.sock"
    folder.link(str(link), "app-1/app.sock")
    folder.link(str(link), "app-2/app.sock")
    assert link.readlink() == Path("app-2/app.sock")


def test_clear_takes_its_own_only(tmp_path: Path) -> None:
    """What porch wrote is removed; logs and what someone else put there stay."""
    run = tmp_path / "run"
    (run / "app-1").mkdir(parents=True)
    (run / "proxy_temp" / "1").mkdir(parents=True)
    for name in ("lock", "nginx.conf", "nginx.pid", "launch.json", "app-1/gunicorn.conf.py", "app.log", "notes.txt"):
        (run / name).write_text("x")
    outside = tmp_path / "outside.conf"
    outside.write_text("x")
    folder.record_files(str(run), [f"{run}/nginx.conf", str(outside)])
    folder.clear(str(run))
    assert sorted(entry.name for entry in run.iterdir()) == ["app.log", "notes.txt"]
    assert outside.exists()


def test_clear_takes_the_folder(tmp_path: Path) -> None:
    """An empty run folder goes too."""
    folder.make(f"{tmp_path}/run", None)
    os.close(folder.take_lock(f"{tmp_path}/run"))
    folder.clear(f"{tmp_path}/run")
    assert not (tmp_path / "run").exists()


def test_sweep_spares_other_boots(tmp_path: Path) -> None:
    """Pids noted before the machine was booted anew mean nothing, so nobody is killed."""
    (tmp_path / "processes.json").write_text('{"boot": "another", "leaders": [[1, 1]]}')
    assert folder.sweep(str(tmp_path)) == 0


def test_sweep_spares_reused_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that only has the number of one of ours, because it was born at another hour, is not killed."""
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    record = {"boot": procfs.boot(), "leaders": [[500, 70]]}
    (tmp_path / "processes.json").write_text(json.dumps(record))
    table = [
        procfs.Process(pid=500, parent=1, session=500, state="S", born=90, rss_bytes=0),
        procfs.Process(pid=501, parent=500, session=500, state="S", born=91, rss_bytes=0),
    ]
    monkeypatch.setattr(procfs, "processes", lambda: iter(table))
    assert (folder.sweep(str(tmp_path)), killed) == (0, [])


def test_sweep_kills_workers_of_a_dead_master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose master is gone are found by its session, and a zombie is left to its parent."""
    killed: list[int] = []
    tables = [
        [
            procfs.Process(pid=501, parent=1, session=500, state="S", born=91, rss_bytes=0),
            procfs.Process(pid=502, parent=1, session=500, state="Z", born=91, rss_bytes=0),
            procfs.Process(pid=600, parent=1, session=600, state="S", born=91, rss_bytes=0),
        ],
        [],
    ]
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
    monkeypatch.setattr(procfs, "processes", lambda: iter(tables.pop(0)))
    record = {"boot": procfs.boot(), "leaders": [[500, 70]]}
    (tmp_path / "processes.json").write_text(json.dumps(record))
    assert (folder.sweep(str(tmp_path)), killed) == (1, [501])
