"""Containers that may do next to nothing, and what they do when they are stopped, starved or told otherwise."""

from __future__ import annotations

import json
import threading

import pytest
from asking import Answer
from engine import Container, Engine, docker
from made import asked
from waiting import until

HARDENED = (
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "12345:0",
    "--memory", "256m", "--pids-limit", "200",
)  # fmt: skip


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> str:
    """The same app as in the tests of slim images, in an ordinary one."""
    folder = asked(tmp_path_factory.mktemp("hardened") / "shop")
    engine.render(folder)
    return engine.build(folder)


def test_it_runs_read_only_without_any_right(image: str, engine: Engine) -> None:
    """It boots, serves, reloads and stops as a user that nobody knows."""
    container = engine.start(image, *HARDENED).wait_ready()
    about = container.ask("/about").json()
    assert (about["uid"], about["cwd"]) == (12345, "/app")
    assert about["files"] == ["__pycache__", "app.py", "config", "requirements.txt", "static"]
    assert container.run("porch", "reload").returncode == 0
    assert container.ask("/").text == "hello\n"
    assert json.loads(container.run("porch", "status", "--json").stdout)["generation"] == 2
    assert container.stop() == 0


def test_it_writes_only_where_it_may(image: str, engine: Engine) -> None:
    """Where everything may be written, nothing is, outside /tmp and /run."""
    container = engine.start(image).wait_ready()
    container.ask("/")
    container.run("porch", "reload")
    changed = [line.split(maxsplit=1)[1] for line in docker("diff", container.name).stdout.splitlines()]
    assert changed
    assert [path for path in changed if not path.startswith(("/tmp", "/run"))] == []


def test_nothing_in_it_installs(image: str, engine: Engine) -> None:
    """No pip, no compiler and no setuid file is left in what is run."""
    looked = "find / -xdev -perm /6000 -type f; command -v pip pip3 uv gcc cc make; python3 -m ensurepip --version"
    done = docker("run", "--rm", image, "sh", "-c", looked, check=False)
    assert done.stdout == ""
    assert "No module named ensurepip" in done.stderr


def test_a_stop_cuts_no_request(image: str, engine: Engine) -> None:
    """Requests that are in work when `docker stop` comes are all answered, and the exit code is 0."""
    container = engine.start(image, env={"PORCH_SERVER_WORKERS": "2", "PORCH_SERVER_THREADS": "4"}).wait_ready()
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(container.ask("/slow?seconds=8"))

    container.published()  # asked for once, and not by each thread
    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    until(lambda: _in_work(container) >= 8, "all requests are in work")
    assert container.stop() == 0
    for thread in asking:
        thread.join()
    assert [answer.text for answer in answers] == ["done\n"] * 8


def _in_work(container: Container) -> int:
    """Connections that the workers have in work, as seen on their socket."""
    table = container.run("cat", "/proc/net/unix").stdout
    return sum(
        line.split()[5] == "03" and line.endswith("app.sock") for line in table.splitlines() if "app.sock" in line
    )


def test_a_worker_that_the_memory_limit_ends_is_named(image: str, engine: Engine) -> None:
    """The log tells the pid and the limit, the others serve on, and the container goes on."""
    container = engine.start(image, "--memory", "256m", "--memory-swap", "256m").wait_ready()
    # A POST, which nginx hands to no second worker.
    assert container.ask("/grow", "POST").status == 502
    said = until(
        lambda: container.said(r"a worker of the app \(pid \d+\) was ended by the kernel: the memory limit of 256 MiB"),
        lambda: f"the worker is named; the log:\n{container.log()}",
        60,
    )
    assert len(said) == 1
    until(lambda: container.ask("/").status == 200, "it serves on")
    assert container.state()["Running"]
    assert container.stop() == 0


def test_it_is_sized_for_its_limits(image: str, engine: Engine) -> None:
    """Workers are for the processors and the memory that the container may use, and the banner says so."""
    container = engine.start(image, "--cpus", "1.5", "--memory", "512m").wait_ready()
    banner = [each for each in container.lines() if str(each["message"]).startswith("workers:")]
    assert "1.5 cores (cgroup CPU quota)" in banner[0]["reason"]
    small = engine.start(image, "--memory", "100m").wait_ready()
    banner = [each for each in small.lines() if str(each["message"]).startswith("workers:")]
    assert banner[0]["message"].startswith("workers: 1 ")
    assert "100M of memory (cgroup memory limit)" in banner[0]["reason"]


def test_a_part_knows_whether_it_is_well(image: str, engine: Engine) -> None:
    """nginx and the app in containers of their own: the image's health check asks each of them, and tells the truth."""

    def well(container: Container) -> bool:
        return container.run("python", "-m", "porch.runtime.healthy", check=False).returncode == 0

    apart = {"PORCH_RUN_ADDRESS": "127.0.0.1:8000"}
    app = engine.start(image, env={**apart, "PORCH_RUN_PART": "app"})
    until(lambda: well(app), lambda: f"the app is well; the log:\n{app.log()}", 90)
    # In the network of the app's container, whose published port is nginx's.
    beside = ("--network", f"container:{app.name}")
    front = engine.start(image, *beside, env={**apart, "PORCH_RUN_PART": "nginx"}, port=0)
    until(lambda: well(front), lambda: f"nginx is well; the log:\n{front.log()}", 90)
    assert app.ask("/").text == "hello\n"
    docker("kill", app.name)
    assert not well(front)


def test_an_engine_with_a_process_of_its_own_does_as_well(image: str, engine: Engine) -> None:
    """Under `--init` porch is not process 1, and all is as before."""
    container = engine.start(image, "--init").wait_ready()
    assert container.run("python", "-m", "porch.runtime.healthy").returncode == 0
    assert container.stop() == 0


def test_other_commands_run_in_it(image: str) -> None:
    """An image is more than its server: whatever the project has can be started in it."""
    done = docker("run", "--rm", image, "python", "-c", "import app; print(app.app.name)")
    assert done.stdout == "app\n"
    checked = docker("run", "--rm", image, "porch", "check")
    assert checked.stdout.splitlines()[-1] == "ok"
