"""The manifests for Kubernetes, played by podman: asked, and rolled over to a new image under load.

Rule: what podman cannot do is named in `cluster.played`, and done by the test as a cluster does it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Answer, ask
from cluster import Balancer, Load, Pod, Podman, missing
from engine import Engine
from waiting import until

APP = """\
import os
import time

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def home():
    return "one"


@app.get("/slow")
def slow():
    time.sleep(float(request.args["seconds"]))
    return "one, slowly"


@app.get("/about")
def about():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return {name: lines[name].split()[0] for name in ("Uid", "CapBnd", "NoNewPrivs", "Seccomp")}
"""


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """podman; in CI it must be there."""
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(f"CI plays manifests, but {why}", pytrace=False)
    if why:
        pytest.skip(f"manifests are played where there is podman: {why}")
    made = Podman()
    yield made
    made.close()


def porch(folder: Path, *words: str) -> None:
    """A porch command in the project, to its end."""
    subprocess.run((sys.executable, "-m", "porch", *words), cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its Dockerfile."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask==3.1.3\ngunicorn\n")
    porch(folder, "render", "docker", "--out", ".")
    return folder


@pytest.fixture(scope="module")
def image(engine: Engine, podman: Podman, shop: Path) -> str:
    """The first release."""
    return podman.take(engine.build(shop), "1")


@pytest.fixture(scope="module")
def rendered(shop: Path) -> Path:
    """The manifests of the default shape."""
    porch(shop, "render", "kubernetes", "--out", "k8s", "--kubernetes-memory", "256M")
    return shop / "k8s"


def test_a_pod_runs_with_no_rights_and_answers(podman: Podman, image: str, rendered: Path) -> None:
    """As its manifest says: nobody's number, a read-only root, no capabilities, within its memory."""
    pod = podman.play(rendered, image).wait_ready()
    assert ask(pod.port, "GET", "/").body == b"one"
    assert ask(pod.port, "GET", "/-/porch/live").status == 200
    told = b'{"CapBnd":"0000000000000000","NoNewPrivs":"1","Seccomp":"2","Uid":"10001"}\n'
    assert ask(pod.port, "GET", "/about").body == told
    assert pod.inspect("app", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Memory}}") == f"true {256 * 1024**2}"
    asyncio.run(pod.end(hook=False))
    assert pod.inspect("app", "{{.State.ExitCode}}") == "0"


async def _roll(podman: Podman, rendered: Path, old: list[Pod], image: str) -> Load:
    """As a Deployment does with one pod more, none fewer: start one, wait for it, end one, and so on."""
    balancer = Balancer([pod.port for pod in old])
    async with balancer.listening():
        load = Load(balancer.port)
        serving, ending = list(old), []
        for pod in old:
            new = await asyncio.to_thread(lambda: podman.play(rendered, image).wait_ready())
            serving = [each for each in serving if each is not pod] + [new]
            balancer.change([each.port for each in serving])
            ending.append(asyncio.create_task(pod.end()))
        await asyncio.gather(*ending)
        before = load.answers[200, "two"]
        while load.answers[200, "two"] < before + 20:
            await asyncio.sleep(0.05)
        await load.end()
    return load


def test_a_rollover_loses_no_request(podman: Podman, image: str, rendered: Path) -> None:
    """Two pods become two of the next release while clients ask, through a balancer that hears of it 3 s late."""
    new = podman.follow(image, APP.replace("one", "two"), "2")
    old = [podman.play(rendered, image), podman.play(rendered, image)]
    for pod in old:
        pod.wait_ready()
    load = asyncio.run(asyncio.wait_for(_roll(podman, rendered, old, new), 400))
    assert {status for status, _ in load.answers} == {200}, load.answers
    assert {body for _, body in load.answers} >= {"one", "two"}
    assert [pod.inspect("app", "{{.State.ExitCode}}") for pod in old] == ["0", "0"]


async def _end_at_once(pods: list[Pod]) -> int:
    balancer = Balancer([pod.port for pod in pods])
    async with balancer.listening():
        load = Load(balancer.port)
        # Its end takes podman some time, and the balancer hears of it after that.
        await pods[0].end(hook=False)
        balancer.change([pods[1].port])
        while not load.failed():
            await asyncio.sleep(0.05)
        await load.end()
    return load.failed()


def test_without_the_hook_requests_would_be_lost(podman: Podman, image: str, rendered: Path) -> None:
    """The same end without the seconds before it: the balancer goes on sending, and what it sends is refused."""
    pods = [podman.play(rendered, image), podman.play(rendered, image)]
    for pod in pods:
        pod.wait_ready()
    assert asyncio.run(asyncio.wait_for(_end_at_once(pods), 200)) > 0


def test_a_sidecar_finds_the_app_and_leaves_in_order(podman: Podman, image: str, shop: Path) -> None:
    """nginx and the app in two containers; the hook of nginx answers what is in work, and then ends it."""
    porch(shop, "render", "kubernetes", "--out", "sidecar", "--kubernetes-shape", "sidecar")
    pod = podman.play(shop / "sidecar", image).wait_ready()
    assert ask(pod.port, "GET", "/").body == b"one"
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(ask(pod.port, "GET", "/slow?seconds=8")))
    asking.start()
    until(lambda: _in_work(pod), "the request is in work")
    *words, _ = pod.front["lifecycle"]["preStop"]["exec"]["command"]
    # Process 1 ends, and with it what was started beside it; whose code podman then may not know (its issue 16036).
    podman.run("exec", f"{pod.name}-nginx", *words, "0", check=False)
    until(lambda: pod.inspect("nginx", "{{.RestartCount}}") == "1", pod.log)
    asking.join(60)
    assert [(each.status, each.body) for each in answers] == [(200, b"one, slowly")]
    assert pod.inspect("app", "{{.State.Status}} {{.RestartCount}}") == "running 0"


def _in_work(pod: Pod) -> bool:
    """A connection of nginx's to the app is open: state 01 at port 8000, in hexadecimal."""
    table = pod.podman.run("exec", f"{pod.name}-app", "cat", "/proc/net/tcp").stdout
    return any(":1F40 " in line.split()[2] + " " and line.split()[3] == "01" for line in table.splitlines()[1:])
