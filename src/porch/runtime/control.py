"""How commands speak to the running instance: a unix socket in the run folder, one JSON line there, JSON lines back.

Rule: only who may open the socket (0600) can ask; a refusal carries what, fix and exit code for the command to show.
The asking side needs no event loop, so that commands start quickly.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porch.errors import Exit, Problem, Refused
from porch.runtime.listen import clear_stale

if TYPE_CHECKING:
    import asyncio

Answer = dict[str, Any]
Request = Mapping[str, Any]
_NAME = "control.sock"


def ask(folder: str, request: Request, timeout: float | None = 60.0) -> Answer:
    """The answer of the instance of this folder; Refused when none runs, or when it refuses."""
    answer: Answer = {}
    for number, line in enumerate(_lines(folder, request, timeout)):
        if number == 0:
            answer = line
    if not answer:
        raise Refused(Problem("the instance ended before it answered", where=folder, exit=Exit.MACHINE))
    return answer


def follow(folder: str, request: Request) -> Iterator[Answer]:
    """Every answer as it comes, until the instance ends."""
    return _lines(folder, request, None)


def _lines(folder: str, request: Request, timeout: float | None) -> Iterator[Answer]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(f"{folder}/{_NAME}")
            connection.sendall(json.dumps(dict(request)).encode() + b"\n")
            with connection.makefile("rb") as lines:
                for line in lines:
                    yield _checked(json.loads(line))
        except TimeoutError:
            what = f"the instance did not answer within {timeout:g} s"
            fix = "look at its output, or end it with its pid from the file `lock` in the run folder"
            raise Refused(Problem(what, where=folder, fix=fix, exit=Exit.MACHINE)) from None
        except OSError as error:
            raise Refused(_unreachable(folder, error)) from None


def _unreachable(folder: str, error: OSError) -> Problem:
    if isinstance(error, PermissionError):
        what, fix = "this user may not speak to the instance", "ask as the user who started it, or as root"
    elif isinstance(error, FileNotFoundError | ConnectionError):
        what = "no instance runs for this folder"
        fix = "start one with `porch run`, or name its run folder with --run-dir"
    else:
        what, fix = f"cannot speak to the instance: {error.strerror or error}", "name its run folder with --run-dir"
    return Problem(what, where=folder, fix=fix, exit=Exit.MACHINE)


def _checked(answer: Answer) -> Answer:
    if answer.get("problems"):
        raise Refused(*map(_problem, answer["problems"]))
    return answer


def _problem(told: dict[str, Any]) -> Problem:
    return Problem(told["what"], told["where"], told["fix"], Exit(told["exit"]), told["detail"])


def refusal(*problems: Problem) -> Answer:
    """Problems as an answer."""
    return {"ok": False, "problems": [{**asdict(problem), "exit": int(problem.exit)} for problem in problems]}


class Control:
    """The answering side."""

    def __init__(self, answers: Mapping[str, Callable[[Request], AsyncIterator[Answer]]]) -> None:
        self._answers = answers
        self._busy: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._path = ""

    async def start(self, folder: str) -> None:
        """Listen, for the owner alone."""
        import asyncio

        self._path = f"{folder}/{_NAME}"
        clear_stale(self._path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(self._path)
        finally:
            os.umask(mask)
        self._server = await asyncio.start_unix_server(self._accepted, sock=listener)

    async def finish(self, patience: float) -> None:
        """Take no more questions, and let the answers in work out; followers are cut off."""
        import asyncio

        if self._server is not None:
            self._server.close()
        if self._busy:
            await asyncio.wait(self._busy, timeout=patience)
        Path(self._path).unlink(missing_ok=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import asyncio

        task = asyncio.ensure_future(self._converse(reader, writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import asyncio

        with suppress(OSError, TypeError, ValueError, TimeoutError):
            async with asyncio.timeout(5):
                line = await reader.readline()
            request: dict[str, Any] = dict(json.loads(line))
            name = str(request.get("do"))
            answer = self._answers.get(name)
            if answer is None:
                problem = Problem(f"the instance knows no request {name!r}", exit=Exit.FAULT)
                writer.write(json.dumps(refusal(problem)).encode() + b"\n")
            else:
                async for one in answer(request):
                    writer.write(json.dumps(one).encode() + b"\n")
                    await writer.drain()
            if name == "stop":
                # Left open: it closes with the process, so whoever asked knows when all is over.
                self._open.add(writer)
                return
        writer.close()
