"""Under systemd: what it is told, and the sockets that it passes.

Rule: the test stands in for systemd, with a datagram socket that it reads itself and sockets that it bound itself.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest
from asking import ask
from story import MakeProject, Project, Site
from waiting import until

PASSING = """\
import os, sys
for number, found in enumerate([int(each) for each in sys.argv[1].split(",")], 3):
    os.dup2(found, number, inheritable=True)
os.environ["LISTEN_FDS"] = str(number - 2)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, "-m", "porch", "run", *sys.argv[2:]])
"""


class Systemd:
    """Its end of NOTIFY_SOCKET."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify")
        self.words: list[str] = []
        self._end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._end.bind(self.path)
        self._end.setblocking(False)
        Path(self.path).chmod(0o777)

    def wait_for(self, word: str, count: int = 1) -> None:
        """Wait until that was said so often."""

        def heard() -> bool:
            self._read()
            return sum(word in each.split("\n") for each in self.words) >= count

        until(heard, lambda: f"{word} is said {count} times; said was {self.words}")

    def states(self) -> list[str]:
        """All that was said but the watchdog's words, the first line of each."""
        self._read()
        return [each.split("\n")[0] for each in self.words if not each.startswith("WATCHDOG")]

    def close(self) -> None:
        """No more."""
        self._end.close()

    def _read(self) -> None:
        while True:
            try:
                self.words.append(self._end.recv(4096).decode())
            except BlockingIOError:
                return


def test_systemd_is_told_of_each_turn(project: MakeProject) -> None:
    """Ready, reloading and ready again, stopping: each once and in this order, with the watchdog's words between."""
    made = project("echo_wsgi")
    systemd = Systemd(made.home)
    site = made.run_later(
        "app:app", "--workers", "1", NOTIFY_SOCKET=systemd.path, WATCHDOG_USEC="400000", LISTEN_PID="1", LISTEN_FDS="9"
    )
    # Read from the start: few of the watchdog's words have room to wait.
    systemd.wait_for("READY=1")
    made.add(site)
    site.process.send_signal(signal.SIGHUP)
    systemd.wait_for("READY=1", count=2)
    systemd.wait_for("WATCHDOG=1", count=3)
    assert site.stop() == 0
    assert systemd.states() == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    assert sum("\nMONOTONIC_USEC=" in each for each in systemd.words) == 1
    systemd.close()


def passing(made: Project, sockets: list[socket.socket], *words: str) -> Site:
    """`porch run` as systemd would start it, with these sockets as 3, 4 and so on."""
    script = made.write("passing.py", PASSING)
    numbers = ",".join(str(each.fileno()) for each in sockets)
    argv = (sys.executable, str(script), numbers, "--run-dir", str(made.run_folder), "--log-format", "text", *words)
    return made.add(Site(made, made.start(argv, made.environment, made.folder, pass_fds=[s.fileno() for s in sockets])))


def high(listener: socket.socket) -> socket.socket:
    """The same socket under a number that nothing is copied over."""
    number = fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD, 40)
    listener.close()
    return socket.socket(fileno=number)


def test_passed_sockets_are_served(project: MakeProject) -> None:
    """An address and a unix socket that somebody else made are served, over a reload too, and stay after the end."""
    made = project("echo_wsgi")
    path = str(made.home / "web.sock")
    with high(socket.create_server(("127.0.0.1", made.port))) as one, socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path)
        bound.listen()
        with high(bound) as two:
            site = passing(made, [one, two], "app:app", "--workers", "1")
            assert site.get("/").status == 200
            assert made.porch("reload", "--run-dir", str(made.run_folder)).code == 0
            assert site.get("/").status == 200
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 200"
            assert site.status()["listen"] == [f"127.0.0.1:{made.port}", f"unix:{path}"]
            assert site.stop() == 0
            assert Path(path).is_socket()


def test_a_passed_socket_that_is_not_among_the_addresses_is_refused(project: MakeProject) -> None:
    """It would be left unanswered, so it is said, with exit code 2."""
    made = project("echo_wsgi")
    with high(socket.create_server(("127.0.0.1", made.port))) as one:
        script = made.write("passing.py", PASSING)
        words = ("app:app", "--run-dir", str(made.run_folder), "--listen", "127.0.0.1:1")
        argv = (sys.executable, str(script), str(one.fileno()), *words)
        process = made.start(argv, made.environment, made.folder, pass_fds=[one.fileno()])
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"systemd passes a socket for 127.0.0.1:{made.port}" in said


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd-socket-activate is not here")
def test_the_first_connection_starts_it(project: MakeProject) -> None:
    """With systemd's own tool the first request starts porch, waits meanwhile and is answered."""
    made = project("echo_wsgi")
    address = f"127.0.0.1:{made.port}"
    run = (sys.executable, "-m", "porch", "run", "app:app", "--workers", "1", "--log-format", "text")
    keep = [word for name in ("PATH", "PORCH_RUN_DIR", "HOME") for word in ("-E", name)]
    process = made.start(("systemd-socket-activate", "-l", address, *keep, *run), made.environment, made.folder)

    def answered() -> bool:
        try:
            return ask(made.port, "GET", "/").status == 200
        except ConnectionRefusedError:
            return False

    until(answered, "the first request is answered")
    site = made.add(Site(made, process))
    assert site.stop() == 0
