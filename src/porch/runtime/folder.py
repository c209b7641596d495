"""The run folder: where one instance keeps its lock, sockets and files.

Rule: one instance a folder; the folder and what lies directly in it belong to the supervisor's user, so that the app
can replace no socket and no file that root reads, and what the children write to are folders in it; files are written
beside and switched; what is removed is what porch itself put there; a process is only taken for a left-over of ours
when machine, pid and hour of birth agree.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import stat
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.runtime import procfs
from porch.runtime.listen import clear_stale, is_socket
from porch.syntax.file import File

LOCK = "lock"
LAUNCH = "launch.json"
CONTROL = "control.sock"
PART = "part.json"
"""Where the part of the stack that runs by itself listens: all that its health check has to know."""
NEXT = ".next"
"""Ending of a file that waits beside the live one."""
BROKEN = "broken.html"
"""What is shown in a browser while the last save does not run."""
_FILES = "files.json"
_PROCESSES = "processes.json"
_LONGEST = 78
"""A unix socket's path has 107 bytes; the longest name here is `app-NNNN/app.sock`, with room for what is to come."""


def run_folder(project: str) -> str:
    """The folder of this project's instance when none was chosen: the same for every command of one user."""
    full = str(Path(project).resolve())
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(full).name)[:24] or "app"
    leaf = f"{name}-{zlib.crc32(full.encode()):08x}"
    private = os.environ.get("XDG_RUNTIME_DIR", "")
    root = os.geteuid() == 0
    # Root's own XDG folder cannot be entered by the user that the app runs as.
    bases = [f"{private}/porch"] if private.startswith("/") and not root else ["/run/porch"] if root else []
    for base in bases:
        usable = os.access(Path(base).parent, os.W_OK | os.X_OK)
        if usable and len(f"{base}/{leaf}".encode()) <= _LONGEST:
            return f"{base}/{leaf}"
    return f"/tmp/porch-{os.geteuid()}/{leaf}"  # noqa: S108 - `make` refuses it when it is not this user's own


def make(folder: str, owner: tuple[int, int] | None) -> None:
    """Make the folder, for this user alone; `owner`, whom the children run as, may only pass through it.

    Refused when it is someone else's or holds other things.
    """
    path = Path(folder)
    if len(folder.encode()) > _LONGEST:
        what = f"the run folder's path is too long for the sockets in it: {len(folder.encode())} bytes of {_LONGEST}"
        raise Refused(Problem(what, where=folder, fix="choose a shorter one with --run-dir", exit=Exit.MACHINE))
    try:
        _make_parent(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        _check_ours(path, owner)
        if owner is not None:
            os.chown(path, os.geteuid(), owner[1], follow_symlinks=False)
        path.chmod(0o700 if owner is None else 0o710)
    except OSError as error:
        what = f"cannot make the run folder {folder}: {error.strerror}"
        fix = "choose a folder that this user may write to with --run-dir"
        raise Refused(Problem(what, where=folder, fix=fix, exit=Exit.MACHINE)) from None


def _make_parent(parent: Path) -> None:
    if not parent.exists():
        parent.parent.mkdir(parents=True, exist_ok=True)
        # Others may pass through it: the app's user may not be the caller.
        parent.mkdir(mode=0o711, exist_ok=True)
    above = parent.parent.stat().st_mode
    if above & stat.S_ISVTX and above & stat.S_IWOTH:
        # In /tmp anyone can make a folder of this name first.
        _check_owner(parent, {os.geteuid(), 0})


def _check_ours(path: Path, owner: tuple[int, int] | None) -> None:
    empty = not any(path.iterdir())
    # With things in it that the app's user may have put there, nothing in it could be believed.
    _check_owner(path, {os.geteuid(), 0, *(owner or ())[: int(empty)]})
    entries = [entry for entry in path.iterdir() if entry.name != "logs" and entry.suffix != ".log"]
    others = [entry.name for entry in entries if not _empty(entry)]
    if others and not (path / LOCK).exists():
        what = f"the run folder {path} holds other things, such as {min(others)}"
        fix = "choose an empty or a new folder with --run-dir"
        raise Refused(Problem(what, where=str(path), fix=fix, exit=Exit.MACHINE))
    for entry in entries if not others else ():
        # `porch render` makes empty folders for files that run without porch, with other owners than are needed here.
        entry.rmdir()


def _empty(entry: Path) -> bool:
    """A folder, no link to one, that holds nothing."""
    return stat.S_ISDIR(entry.lstat().st_mode) and not any(entry.iterdir())


def _check_owner(path: Path, owners: set[int]) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        what = f"{path} is not a folder of this user's own"
        raise Refused(Problem(what, where=str(path), fix="choose another with --run-dir", exit=Exit.MACHINE))


def take_lock(folder: str) -> int:
    """Descriptor of the locked file; Refused when another instance has it."""
    path = Path(folder, LOCK)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            what = f"an instance of this project is already running here (pid {pid})"
            fix = "stop it with `porch stop`, or run this one with another --run-dir"
            raise Refused(Problem(what, where=folder, fix=fix, exit=Exit.MACHINE)) from None
        with suppress(FileNotFoundError):
            # A stopping instance may have removed the file between opening and locking.
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                break
        os.close(descriptor)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def make_inside(folder: str, path: str, owner: tuple[int, int] | None) -> None:
    """Make a folder; inside the run folder it belongs to the owner and to nobody else."""
    wanted = Path(path)
    missing = [one for one in (wanted, *wanted.parents) if not one.exists()]
    for one in reversed(missing):
        inside = one.is_relative_to(folder)
        one.mkdir(mode=0o700 if inside else 0o755)
        if inside and owner is not None:
            os.chown(one, *owner)


def write(path: str, text: str, mode: int, owner: tuple[int, int] | None) -> None:
    """Write beside and switch, so that no reader ever sees half a file."""
    beside = f"{path}.new-{os.getpid()}"
    with suppress(FileNotFoundError):
        Path(beside).unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(descriptor, mode)
            if owner is not None:
                os.fchown(descriptor, *owner)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def place(folder: str, path: str, file: File, owner: tuple[int, int] | None) -> None:
    """Write a rendered file: in the run folder itself the owner may read it, in the folders below it is the owner's."""
    if file.private:
        write(path, file.text, 0o600, None)
    elif owner is None or str(Path(path).parent) != folder:
        write(path, file.text, file.mode, owner)
    else:
        write(path, file.text, file.mode | (file.mode & 0o400) >> 3, (os.geteuid(), owner[1]))


def link(path: str, target: str) -> None:
    """Point the link at the target in one step: there is no moment without it."""
    with suppress(OSError):
        if str(Path(path).readlink()) == target:
            # Nothing to do, also when the disk is full.
            return
    beside = Path(f"{path}.new-{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)


def record_files(folder: str, paths: Iterable[str]) -> None:
    """Remember what was written, for `clear`."""
    write(f"{folder}/{_FILES}", json.dumps(sorted(paths)), 0o600, None)


def record_processes(folder: str, pids: Iterable[int]) -> None:
    """Remember the leaders of our process groups, for `sweep` after a `kill -9` of the supervisor."""
    found = [found for pid in pids if (found := procfs.process(pid)) is not None]
    record = {"boot": procfs.boot(), "leaders": [[one.pid, one.born] for one in found]}
    with suppress(OSError):
        write(f"{folder}/{_PROCESSES}", json.dumps(record), 0o600, None)


def sweep(folder: str) -> int:
    """Kill what a supervisor that was itself killed left behind; returns how many processes."""
    try:
        record = json.loads(Path(folder, _PROCESSES).read_text())
    except (OSError, ValueError):
        return 0
    if record["boot"] != procfs.boot():
        return 0
    leaders: dict[int, int] = dict(record["leaders"])
    orphans = _members(leaders)
    for orphan in orphans:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(orphan.pid, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while _members(leaders) and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(orphans)


def _members(leaders: dict[int, int]) -> list[procfs.Process]:
    """Living processes of these sessions; a leader's number that was given to another process does not count."""
    living = [one for one in procfs.processes() if one.state != "Z" and one.session in leaders]
    reused = {one.pid for one in living if one.pid in leaders and one.born != leaders[one.pid]}
    return [one for one in living if one.session not in reused and one.born >= leaders[one.session]]


def clear(folder: str) -> None:
    """Remove what porch and its children put into the folder, and the folder when it is empty then; logs stay."""
    base = Path(folder)
    for path in _recorded(base):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        for entry in sorted(base.iterdir()):
            _remove(entry)
        for sub in sorted(base.rglob("*"), reverse=True):
            if sub.is_dir():
                with suppress(OSError):
                    sub.rmdir()
    with suppress(OSError):
        base.rmdir()


def _recorded(base: Path) -> list[Path]:
    try:
        paths = [Path(path) for path in json.loads((base / _FILES).read_text())]
    except (OSError, ValueError):
        return []
    return [path for path in paths if path.is_relative_to(base)]


def _remove(entry: Path) -> None:
    if entry.name.endswith(NEXT) or re.fullmatch(r"launch-\d+\.json", entry.name):
        # A reload was cut short.
        entry.unlink(missing_ok=True)
    names = (LOCK, LAUNCH, CONTROL, _FILES, _PROCESSES, "app.sock", "draining", "maintenance", "report.json", BROKEN)
    link = entry.is_symlink() and re.fullmatch(r"app-.+\.sock", entry.name)
    if link or entry.name in names or entry.suffix == ".pid" or is_socket(str(entry)) or ".new-" in entry.name:
        entry.unlink(missing_ok=True)
    elif entry.is_dir() and not entry.is_symlink() and re.fullmatch(r"app-\d+(-.+)?|nginx|acme|.*temp.*", entry.name):
        import shutil  # costs 5 ms of every start, and is wanted at the end only

        # A generation's own folder, and nginx's.
        shutil.rmtree(entry, ignore_errors=True)


def mark_ending(home: str) -> None:
    """Tell the workers of this generation to end what has no end of its own; they look for this file."""
    with suppress(OSError):
        os.close(os.open(f"{home}/ending", os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644))


def remove_generation(home: str) -> None:
    """Remove a generation's own folder."""
    import shutil  # wanted at the end of a reload only

    shutil.rmtree(home, ignore_errors=True)


def clear_sockets(folder: str, paths: Iterable[str]) -> None:
    """Remove sockets of an earlier run that nobody listens on any more."""
    for path in (f"{folder}/{CONTROL}", *paths):
        clear_stale(path)
