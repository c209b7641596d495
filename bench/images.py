"""Builds images of a Flask app as a user would, and measures them: size, start, what a change makes anew.

Rule: the Dockerfile is what `porch render docker` writes, built and run by a real Docker engine; not a part of
`run.py`, but the report has its table. Takes about three minutes.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "containers"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "e2e"))

import built
from engine import BASE, Engine, docker, missing
from index import serving
from made import asked
from places import free_port
from saved import compressed, layers, saved, size

EPOCH = ("--build-arg", "SOURCE_DATE_EPOCH=1700000000")
ANSWERS = """
import socket
server = socket.create_server(("", 8080))
while True:
    connection = server.accept()[0]
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    connection.close()
"""
BARE = ("python", "-I", "-S", "-c", ANSWERS)
PATIENCE = 60.0
PAUSE = 0.002
"""Seconds between two questions."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An image to be made."""

    name: str
    server: str
    words: tuple[str, ...] = ()

    @property
    def slim(self) -> bool:
        """From scratch."""
        return "--slim" in self.words


KINDS = (
    Kind("Flask, gunicorn, nginx, porch: `--slim`", "gunicorn", ("--slim",)),
    Kind("Flask, uWSGI, nginx, porch: `--slim`", "pyuwsgi", ("--slim",)),
    Kind("Flask as it comes: Debian, every app server", "gunicorn"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One image, and how its next builds went."""

    kind: Kind
    image: str
    layers: int
    changed: int
    rebuild: float
    same: int


def make(engine: Engine, kind: Kind, folder: Path) -> Made:
    """Build it twice from nothing, once as people do, and once with a changed line."""
    asked(folder, server=kind.server)
    engine.render(folder, *kind.words)
    first, second = (engine.build(folder, *EPOCH, "--no-cache") for _ in range(2))
    # From what the engine keeps, as the build after it; which of the two above it keeps is its own affair.
    image = engine.build(folder, *EPOCH)
    (folder / "app.py").write_text(f"{(folder / 'app.py').read_text()}\n# changed\n")
    began = time.monotonic()
    after = engine.build(folder, *EPOCH)
    rebuild = time.monotonic() - began
    base = 0 if kind.slim else len(layers(BASE))
    changed = sum(old != new for old, new in zip(layers(image), layers(after), strict=True))
    same = sum(old == new for old, new in list(zip(layers(first), layers(second), strict=True))[base:])
    return Made(kind, image, len(layers(image)) - base, changed, rebuild, same)


def start(image: str, command: Sequence[str] = ()) -> tuple[float, float]:
    """Seconds from the call of `docker run` to the first 200, and processor seconds of the container until then."""
    port = free_port()
    began = time.monotonic()
    container = docker("run", "--detach", "--publish", f"127.0.0.1:{port}:8080", image, *command).stdout.strip()
    try:
        while not answers(port):
            if time.monotonic() - began > PATIENCE:
                raise SystemExit(f"no answer within {PATIENCE:g} s:\n{docker('logs', container).stdout}")
            time.sleep(PAUSE)
        return time.monotonic() - began, processor(container)
    finally:
        docker("rm", "--force", container)


def answers(port: int) -> bool:
    """Whether the app answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def processor(container: str) -> float:
    """What the kernel counted for its control group, of version 1 or 2."""
    old = Path(f"/sys/fs/cgroup/cpuacct/docker/{container}/cpuacct.usage")
    if old.exists():
        return int(old.read_text()) / 1e9
    new = next(Path("/sys/fs/cgroup").rglob(f"*{container}*/cpu.stat")).read_text().split()
    return int(new[new.index("usage_usec") + 1]) / 1e6


def measure(rounds: int, only: str) -> built.Images:
    """Build all, then start them in turn."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as index:
        engine = Engine(index)
        try:
            kinds = [kind for kind in KINDS if only in kind.name]
            all_made = [make(engine, kind, Path(folder, "projects", str(number))) for number, kind in enumerate(kinds)]
            bare: list[tuple[float, float]] = []
            starts: list[list[tuple[float, float]]] = [[] for _ in all_made]
            for _ in range(rounds):
                bare.append(start(all_made[0].image, BARE))
                for made, own in zip(all_made, starts, strict=True):
                    own.append(start(made.image))
            rows = [row(made, own, Path(folder)) for made, own in zip(all_made, starts, strict=True)]
        finally:
            engine.close()
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return built.Images(day, [each for each, _ in bare], [each for _, each in bare], rows)


def row(made: Made, starts: Sequence[tuple[float, float]], folder: Path) -> built.Row:
    """Its figures."""
    path = saved(made.image, folder)
    zipped = compressed(path)
    path.unlink()
    return built.Row(
        name=made.kind.name,
        slim=made.kind.slim,
        disk=size(made.image),
        zipped=zipped,
        starts=[each for each, _ in starts],
        processor=[each for _, each in starts],
        layers=made.layers,
        layers_changed=made.changed,
        rebuild=made.rebuild,
        same_again=made.same,
    )


def main() -> int:
    """1 when something is short of what was wanted."""
    given = argparse.ArgumentParser(description="Build and start images; needs a Docker engine.")
    given.add_argument("--only", default="", help="images whose name holds this word")
    given.add_argument("--rounds", type=int, default=9, help="starts of each")
    told = given.parse_args()
    if why := missing():
        raise SystemExit(f"there is no Docker engine: {why}")
    found = measure(told.rounds, told.only)
    print("\n".join(built.section(found)))
    if not told.only:
        built.save(found)
        print("for the report: python bench/run.py --again")
    return int(not all(each.reached for each in found.rows))


if __name__ == "__main__":
    sys.exit(main())
