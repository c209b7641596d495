"""Life: what dies comes back, what stops cuts nothing, and what is asked is answered."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from runtime_instance import APP, NGINX, PATIENCE, Instance, alive, instances, until

from porch.errors import Exit, Refused
from porch.runtime import procfs
from porch.runtime.control import ask, follow

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
Make = Callable[..., Instance]


make = pytest.fixture(instances)


def pids(one: Instance, role: str) -> list[int]:
    """The processes of that role."""
    return [row["pid"] for row in ask(one.launch.folder, {"do": "status"})["processes"] if row["role"] == role]


def all_pids(one: Instance) -> list[int]:
    """Every process of the instance."""
    return [row["pid"] for row in ask(one.launch.folder, {"do": "status"})["processes"]]


class Asked(threading.Thread):
    """One request in work."""

    def __init__(self, one: Instance, path: str) -> None:
        super().__init__()
        self.answer: tuple[int, str] | str = ""
        self._one, self._path = one, path
        self.start()

    def run(self) -> None:
        """Ask."""
        try:
            self.answer = self._one.get(self._path)
        except OSError as error:
            self.answer = repr(error)


def in_work(one: Instance) -> Asked:
    """A request that has certainly reached the app, and is answered when `let_go` is called."""
    until(lambda: not _connections(one), "no connection of the start is left")
    asked = Asked(one, "/until/told")
    until(lambda: _connections(one), "the request is in the app")
    return asked


def let_go(one: Instance) -> None:
    """Let the app answer."""
    (one.home / "told").touch()


def _connections(one: Instance) -> bool:
    # Established connections of nginx to the app's socket: state 03 with the app's path.
    text = Path("/proc/net/unix").read_text()
    return any(
        line.endswith("/app-1/app.sock") and line.split()[5] == "03"
        for line in text.splitlines()
        if one.launch.folder in line
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_stop_cuts_nothing(make: Make, number: signal.Signals) -> None:
    """A request that is in work at the stop is answered, the exit code is 0, and nothing is left."""
    one = make().start()
    everyone = all_pids(one)
    asked = in_work(one)
    one.running.send_signal(number)
    until(lambda: Path(one.launch.draining).exists(), "draining")
    let_go(one)
    assert one.running.wait(PATIENCE) == 0
    asked.join()
    assert asked.answer[0] == 200
    assert not [pid for pid in everyone if alive(pid)]
    assert not Path(one.launch.folder).exists()


def test_second_signal_kills(make: Make) -> None:
    """A second signal during the stop ends it at once."""
    one = make(stop_timeout=60.0, kill_timeout=70.0).start()
    in_work(one)
    began = time.monotonic()
    one.running.send_signal(signal.SIGINT)
    until(lambda: Path(one.launch.draining).exists(), "draining")
    assert one.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 30


def test_readiness_is_refused_first(make: Make) -> None:
    """While the last request is finished, new connections are refused and the state says draining."""
    one = make().start()
    asked = in_work(one)
    one.running.send_signal(signal.SIGTERM)
    until(lambda: not one.works(), "nobody listens")
    assert ask(one.launch.folder, {"do": "status"})["state"] == "draining"
    let_go(one)
    asked.join()
    assert asked.answer[0] == 200


def test_stop_by_command(make: Make) -> None:
    """`stop` answers when the stop is done."""
    one = make().start()
    everyone = all_pids(one)
    assert ask(one.launch.folder, {"do": "stop"}) == {"ok": True}
    # The supervisor itself has but to end.
    assert not [pid for pid in everyone if pid != one.running.pid and alive(pid)]
    assert one.running.wait(PATIENCE) == 0


@pytest.mark.parametrize("role", ["app master", "nginx master"])
def test_death_is_mended(make: Make, role: str) -> None:
    """A killed master is back, its workers with it, no old worker lives on, and `status` counts it."""
    one = make().start()
    name = role.partition(" ")[0]
    old = [*pids(one, role), *pids(one, f"{name} worker")]
    os.kill(old[0], signal.SIGKILL)
    until(lambda: one.works() and pids(one, role) not in ([], old[:1]), "it is back")
    until(lambda: not [pid for pid in old if alive(pid)], "no old worker lives on")
    rows = {row["role"]: row["restarts"] for row in ask(one.launch.folder, {"do": "status"})["processes"]}
    assert rows[role] == 1
    assert f"{name} was killed by SIGKILL" in one.err
    until(lambda: ask(one.launch.folder, {"do": "status"})["state"] == "ready", "ready again")


def test_connections_wait_for_nginx(make: Make) -> None:
    """While nginx is dead, connections wait in the queue and are answered afterwards: none is refused."""
    one = make().start()
    os.kill(pids(one, "nginx master")[0], signal.SIGKILL)
    results = []
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline or results[-1] == -1:
        try:
            results.append(one.get()[0])
        except ConnectionRefusedError:
            results.append(0)
        except OSError:
            # Cut with the worker that was killed: accepted, not refused.
            results.append(-1)
    assert 0 not in results
    assert results.count(-1) <= 1
    assert results[-1] == 200


def test_gives_up_in_container(make: Make) -> None:
    """In a container, five deaths within a minute end the instance with 128 + the signal."""
    one = make(APP.replace('print("the app ends", flush=True)', "os.kill(os.getpid(), 9)"), container=True).start()
    seen: set[int] = set()

    def kill() -> bool:
        try:
            current = set(pids(one, "app worker")) - seen
        except Refused:
            return True
        for pid in current:
            seen.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return one.running.poll() is not None

    until(kill, "given up")
    assert one.running.wait(PATIENCE) == 128 + signal.SIGKILL
    assert "giving up" in one.err


def test_killed_supervisor_leaves_nothing(make: Make) -> None:
    """After `kill -9` of the supervisor its children end by themselves, and the next start works at once."""
    one = make().start()
    everyone = all_pids(one)
    one.running.kill()
    one.running.wait(PATIENCE)
    until(lambda: not [pid for pid in everyone if alive(pid)], "no orphan", patience=10)
    again = make()
    again.launch, again.files = one.launch, one.files
    again.start()
    assert again.works()


def test_next_start_sweeps(make: Make) -> None:
    """Orphans that ignore their end are killed by the next start."""
    obedient = "signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))"
    assert obedient in APP
    stubborn = APP.replace(obedient, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    one = make(stubborn, stop_timeout=0.5, kill_timeout=1.0).start()
    orphans = [*pids(one, "app master"), *pids(one, "app worker")]
    one.running.kill()
    one.running.wait(PATIENCE)
    assert alive(orphans[0])
    again = make()
    again.launch, again.files = one.launch, one.files
    again.start()
    assert again.works()
    assert not [pid for pid in orphans if alive(pid)]


STRAY = """\
import os, time
if not os.fork():
    # A session of its own, and its parent is gone: nobody but a subreaper gets it.
    os.setsid()
    if os.fork():
        os._exit(0)
    with open("stray", "w") as file:
        print(os.getpid(), file=file)
    time.sleep(0.3)
    os._exit(0)
"""


def test_strangers_are_reaped(make: Make) -> None:
    """A grandchild that loses its parent becomes the supervisor's, and is no zombie when it ends."""
    one = make(STRAY + APP).start()
    stray = int(until(lambda: (one.home / "stray").exists() and (one.home / "stray").read_text(), "the stray"))
    until(lambda: not Path(f"/proc/{stray}").exists(), "reaped")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a pid namespace")
def test_first_process(make: Make) -> None:
    """As PID 1 it heeds TERM, which the kernel withholds from a PID 1 that does not ask for it, and exits with 0."""
    one = make().start(within=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"))
    assert ask(one.launch.folder, {"do": "status"})["pid"] == 1
    (first, *_) = procfs.descendants(one.running.pid)
    os.kill(first.pid, signal.SIGTERM)
    assert one.running.wait(PATIENCE) == 0
    assert one.out.endswith("app: the app ends\n")


def test_reload_is_refused(make: Make) -> None:
    """An instance that cannot plan anew refuses `reload` with code 5 and says why, and goes on."""
    one = make().start()
    with pytest.raises(Refused) as refused:
        ask(one.launch.folder, {"do": "reload"})
    assert refused.value.exit is Exit.RELOAD
    one.running.send_signal(signal.SIGHUP)
    until(lambda: one.err.count("started without a way to reload") == 2, "told")
    assert one.works()


def test_control_is_private(make: Make) -> None:
    """Only its owner may open the control socket and the run folder."""
    one = make().start()
    assert Path(one.launch.folder, "control.sock").stat().st_mode & 0o777 == 0o600
    assert Path(one.launch.folder).stat().st_mode & 0o777 == 0o700


def test_requests_are_counted(make: Make) -> None:
    """`status` counts requests, and among them the answers of 500 and above."""
    one = make().start()
    for path in ("/", "/error", "/"):
        one.get(path)
    counted = {"total": 3, "errors": 1}
    until(lambda: ask(one.launch.folder, {"do": "status"})["requests"] == counted, "three requests, one error")


def test_logs_are_followed(make: Make) -> None:
    """`logs` gives the recent lines, and with `follow` those that come."""
    one = make().start()
    assert "app: the app begins\n" in ask(one.launch.folder, {"do": "logs"})["text"]
    answers = follow(one.launch.folder, {"do": "logs", "follow": True})
    assert "the app begins" in next(answers)["text"]
    one.get("/say/hello-there")
    # How many answers bring it is a matter of chance: the lines of one moment come together.
    assert any("app: hello-there\n" in each["text"] for each in answers)


def test_stopped_reader(make: Make) -> None:
    """Nobody reads standard output: the site goes on, and every line is either read later or counted as lost."""
    read, write = os.pipe()
    one = make().start(stdout=write)
    os.close(write)
    for _ in range(60):
        assert one.get("/flood")[0] == 200
    lost = until(lambda: ask(one.launch.folder, {"do": "status"})["dropped_lines"], "lines are dropped")
    gathered: list[bytes] = []
    reader = threading.Thread(target=lambda: gathered.extend(iter(lambda: os.read(read, 65536), b"")))
    reader.start()
    until(lambda: b"log lines were dropped" in b"".join(gathered), "told how many")
    assert one.stop() == 0
    reader.join()
    os.close(read)
    text = b"".join(gathered).decode()
    told = sum(int(number) for number in re.findall(r"porch: (\d+) log lines were dropped", text))
    # The app's 200 lines a request, its two first and its last, and nginx's line a request.
    assert text.count("\n") - text.count("log lines were dropped") + told == 60 * 201 + 3
    assert told >= lost


def test_closed_reader(make: Make) -> None:
    """Standard output is closed: the site goes on."""
    read, write = os.pipe()
    one = make().start(stdout=write)
    os.close(write)
    os.close(read)
    for _ in range(20):
        assert one.get("/say/nobody")[0] == 200
    assert one.stop() == 0


def test_last_words(make: Make) -> None:
    """What the app says at its very end is in the output."""
    one = make().start()
    assert one.stop() == 0
    assert one.out.endswith("app: the app ends\n")
