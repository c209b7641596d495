"""From a decided instance to a running one: the last thing that the command line does.

Rule: everything that can be refused is refused here, before the resident process exists and with nothing left behind.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from porch.errors import Exit, Problem, Refused
from porch.runtime import activation, folder, listen
from porch.runtime.identity import identity
from porch.runtime.launch import Launch
from porch.runtime.signals import TOLD
from porch.syntax.file import File


def start(launch: Launch, files: Mapping[str, File]) -> NoReturn:
    """Take the folder, bind the addresses, write the files by their absolute paths, and become the supervisor.

    `launch.sockets` and `launch.lock` are filled in here. Raises Refused.
    """
    _fill_standard_descriptors()
    found = identity(launch.user)
    owner = found.owner if found is not None else None
    folder.make(launch.folder, owner)
    lock = folder.take_lock(launch.folder)
    sockets: tuple[int, ...] = ()
    try:
        folder.sweep(launch.folder)
        folder.clear_sockets(launch.folder, [each.socket for each in launch.apps])
        for path in (launch.draining, *(each.report for each in launch.apps)):
            Path(path).unlink(missing_ok=True)
        sockets = tuple(
            listener.detach() for listener in listen.bind(launch.listen, owner, activation.passed(os.environ))
        )
        activation.forget(os.environ)
        ready = replace(launch, sockets=sockets, lock=lock)
        path = _write(ready, files, owner)
        for descriptor in (lock, *sockets):
            os.set_inheritable(descriptor, True)
        # -P: a `json.py` in the project's folder must not become part of the supervisor.
        # Until the supervisor can heed them, signals wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
        # -W: the warnings that the environment asks for are meant for the app.
        words = (sys.executable, "-P", "-W", "ignore", "-m", "porch.runtime", path)
        os.execve(sys.executable, words, os.environ)  # noqa: S606 - words, not a shell
    except OSError as error:
        _undo(launch, sockets)
        what = f"cannot prepare the run folder: {error.strerror}"
        where = str(error.filename or launch.folder)
        raise Refused(Problem(what, where=where, fix="make it writable for this user", exit=Exit.MACHINE)) from None
    except BaseException:
        _undo(launch, sockets)
        raise


def write(launch: Launch, files: Mapping[str, File], owner: tuple[int, int] | None) -> None:
    """Write the files by their absolute paths, and make every folder that is needed."""
    for path, file in files.items():
        folder.make_inside(launch.folder, str(Path(path).parent), owner)
        folder.place(launch.folder, path, file, owner)
    each_has = [path for each in launch.apps for path in (each.socket, each.upstream, each.report)]
    for path in (*each_has, launch.draining):
        folder.make_inside(launch.folder, str(Path(path).parent), owner)
    for path in launch.writable:
        folder.make_inside(launch.folder, path, owner)


def _write(launch: Launch, files: Mapping[str, File], owner: tuple[int, int] | None) -> str:
    write(launch, files, owner)
    folder.record_files(launch.folder, list(files))
    path = f"{launch.folder}/{folder.LAUNCH}"
    folder.write(path, launch.to_json(), 0o600, None)
    return path


def _undo(launch: Launch, sockets: tuple[int, ...]) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
    for descriptor in sockets:
        os.close(descriptor)
    if sockets:
        for address in map(listen.parse, launch.listen):
            if address.kind == "unix" and address.text not in launch.passed:
                listen.remove_socket(address.host)
    folder.clear(launch.folder)


def _fill_standard_descriptors() -> None:
    """A closed 0, 1 or 2 would be given to a listening socket, and the app's words written into it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
