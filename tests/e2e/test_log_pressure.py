"""Logs under pressure: a stop in the midst of a flood, a reader that stops, is slow or is gone, lines of every shape.

Rule: the app is asked for an exact number of lines, so each one is either read, or counted as dropped, and none else.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from open_loop import Load
from story import MakeProject, Site
from waiting import until

LINES = 200_000
STOPS = float(os.environ.get("READER_STOPS", "5"))
"""Seconds for which nobody reads; `make stopped` asks for sixty."""
THREADS = 8
FLOODED = [
    pytest.param("loud_wsgi", "granian", "text", id="granian-text"),
    pytest.param("loud_wsgi", "gunicorn", "json", id="gunicorn-json"),
    pytest.param("loud_wsgi", "uwsgi", "text", id="uwsgi-text"),
    pytest.param("loud_asgi", "uvicorn", "json", id="uvicorn-json"),
]
PATIENCE = 0.15
"""Seconds; porch takes a reader that is silent for longer (0.2 s) for one that has stopped, and holds up nobody."""
RESIDENT = 60 * 1024 * 1024
"""Bytes that the supervisor may take while nobody reads: 25 MB it has anyhow, and its buffers are bounded."""


class Reader:
    """Reads a pipe as slowly as asked, or not at all until it is let."""

    def __init__(self, *, piece: int = 1 << 20, pause: float = 0.0, waits: bool = False) -> None:
        self.read, self.write = os.pipe()
        self.heard = bytearray()
        self.may = threading.Event()
        if not waits:
            self.may.set()
        self._piece, self._pause = piece, pause
        self.late = False
        """It was itself held up for longer than porch's patience while there was much to read."""
        self.at: tuple[int, Callable[[], object]] | None = None
        """So many bytes, and what is done by the reader itself, between two of its reads, when they have come."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        never = threading.Event()
        self.may.wait()
        last = time.monotonic()
        while part := os.read(self.read, self._piece):
            now = time.monotonic()
            self.late |= len(part) > 32 * 1024 and now - last > PATIENCE
            last = now
            self.heard += part
            if self.at is not None and len(self.heard) >= self.at[0]:
                self.at, (_, act) = None, self.at
                act()
            never.wait(self._pause)

    def text(self) -> str:
        """All of it, when the writers are gone."""
        self._thread.join(30)
        assert not self._thread.is_alive(), "a process still holds the output open"
        os.close(self.read)
        return self.heard.decode()


@contextmanager
def reading(**how: object) -> Generator[Reader]:
    """A reader whose writing end is closed here, once the site has it."""
    reader = Reader(**how)  # type: ignore[arg-type]
    try:
        yield reader
    finally:
        reader.may.set()


def run(project: MakeProject, reader: Reader, app: str, *words: str) -> Site:
    """The app on one worker; its output goes to the reader."""
    site = project(app).run("app:app", "--workers", "1", *words, stdout=reader.write)
    os.close(reader.write)
    return site


def numbers(text: str) -> list[int]:
    """What the app counted, as it was read."""
    return [int(number) for number in re.findall(r"number (\d+) ", text)]


def dropped(text: str) -> int:
    """Lines that porch said it had dropped."""
    return sum(int(number) for number in re.findall(r"(\d+) log lines? (?:was|were) dropped", text))


@pytest.mark.parametrize(("app", "server", "form"), FLOODED)
def test_a_stop_in_a_flood_loses_no_line(project: MakeProject, app: str, server: str, form: str) -> None:
    """200,000 lines with TERM in their midst: all come once, in order; what a reader loses that is held up is told."""
    with reading() as reader, ThreadPoolExecutor(1) as pool:
        site = run(project, reader, app, "--server", server, "--log-format", form)
        begun: list[bool] = []

        def stop() -> None:
            begun.append(b"number 199999 " not in reader.heard)
            site.process.send_signal(signal.SIGTERM)

        reader.at = 1_000_000, stop
        asked = pool.submit(site.get, f"/count?lines={LINES}")
        until(lambda: begun, "the flood has begun")
        assert begun == [True]
        assert site.wait_end() == 0
        assert asked.result().status == 200
    text = reader.text()
    found = numbers(text)
    assert found == sorted(set(found))
    if not reader.late:
        assert found == list(range(LINES))
    # The server's own words may be among those that were dropped.
    assert len(found) + dropped(text) >= LINES


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_stops_holds_up_nobody(project: MakeProject, form: str) -> None:
    """Nobody reads: no request fails, memory is bounded, and each line is read later or counted as dropped."""
    each = 40
    with reading(waits=True) as reader:
        site = run(project, reader, "loud_wsgi", "--log-format", form)
        with Load(site.port, 100, path=f"/count?lines={each}&width=1000", keep=False) as load:
            until(lambda: load.account.planned >= 100 * STOPS, "the load was long", 2 * STOPS + 30)
        assert not load.account.failed
        planned = load.account.planned
        status = site.status()
        assert resident(site) < RESIDENT
        assert status["dropped_lines"] > 0
        reader.may.set()
        until(lambda: re.search(rb"log lines? (was|were) dropped", reader.heard), "what was dropped is told")
        assert site.get("/").status == 200
        assert site.stop() == 0
    text = reader.text()
    told = dropped(text)
    access = sum("GET /" in line or "POST /" in line or '"uri":"/' in line for line in text.splitlines())
    assert len(numbers(text)) + access + told == planned * (each + 1) + 1
    assert told >= status["dropped_lines"]


def resident(site: Site) -> int:
    """Bytes of memory that the supervisor takes."""
    pages = int(Path(f"/proc/{site.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_every_line_parses(project: MakeProject) -> None:
    """Lines of 16 kB with CRLF, bad UTF-8 and control characters from eight threads, read slowly: each is an object."""
    lines = 24
    with reading(piece=16 * 1024, pause=0.001) as reader:
        site = run(project, reader, "loud_wsgi", "--log-format", "json")
        assert site.get(f"/talk?lines={lines}").status == 200
        assert site.stop() == 0
    text = reader.text()
    objects = [json.loads(line) for line in text.split("\n")[:-1]]
    assert all(isinstance(each, dict) for each in objects)
    # Where the pipe is full the kernel lets such lines run into each other, so it is their bytes that are counted.
    assert text.count("~") == THREADS * lines * 16_000
    assert "\r" not in "".join(str(each.get("message")) for each in objects)


def test_prints_of_threads_stay_apart(project: MakeProject) -> None:
    """Eight threads that print at once: no line runs into another."""
    lines = 2000
    with reading() as reader:
        site = run(project, reader, "loud_wsgi", "--log-format", "text")
        assert site.get(f"/chat?lines={lines}").status == 200
        assert site.stop() == 0
    said = re.findall(r"^app: ([a-h]+)$", reader.text(), re.MULTILINE)
    assert len(said) == THREADS * lines
    assert {len(each) for each in said} == {30}
    assert all(len(set(each)) == 1 for each in said)


@pytest.mark.parametrize("how", ["full", "closed"])
def test_an_output_that_takes_nothing_harms_nobody(project: MakeProject, how: str) -> None:
    """Standard output on a full disk, or closed: no request fails, what was lost is told, and the end is 0."""
    if how == "full":
        output = os.open("/dev/full", os.O_WRONLY)
    else:
        read, output = os.pipe()
        os.close(read)
    site = project("loud_wsgi").run("app:app", "--workers", "1", stdout=output)
    os.close(output)
    with Load(site.port, 50, path="/count?lines=5") as load:
        until(lambda: load.account.planned >= 100, "there was load")
    assert not load.account.failed
    until(lambda: site.status()["dropped_lines"], "lost lines are counted")
    assert site.stop() == 0
    assert re.search("log lines? (was|were) never written", site.stderr.text)
