"""What stands in for a cluster in the tests: podman plays the pods, and a balancer of our own sends them requests.

Rule: the manifests are those that were rendered, but for what podman 4.3 cannot do, which `played` names; what a
kubelet does at the end of a pod is done here, in its order.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
from collections import Counter
from contextlib import asynccontextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any

from asking import ask
from engine import client as docker_client
from ports import free_port
from ruamel.yaml import YAML
from waiting import until

PATIENCE = 30.0
"""Seconds for an answer."""
LATE = 3.0
"""Seconds until the balancer hears of a change."""
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]
[engine]
runtime = "runc"
"""
"""Limits below those that this machine's root may set."""


def missing() -> str:
    """Why nothing can be played here; empty when it can."""
    if not all(map(shutil.which, ("podman", "runc", "catatonit"))):
        return "podman, runc and catatonit are not here; on Debian: apt-get install podman runc catatonit netavark"
    return "" if os.geteuid() == 0 else "podman is run as root here, for its network"


class Podman:
    """podman, and what one test run has made with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="porch-podman-"))
        (self.folder / "containers.conf").write_text(CONFIGURATION)
        self.mark = f"porch-test-{secrets.token_hex(4)}"
        self._pods: list[str] = []
        self._images: list[str] = []

    def run(self, *words: str, check: bool = True, patience: float = 300) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        told = {**os.environ, "CONTAINERS_CONF": str(self.folder / "containers.conf")}
        done = subprocess.run(
            ("podman", *words), capture_output=True, text=True, timeout=patience, check=False, env=told
        )
        assert not check or done.returncode == 0, f"podman {words}: {done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done

    def take(self, image: str, tag: str) -> str:
        """An image of the Docker engine's, under a name of our own."""
        archive = self.folder / "image.tar"
        subprocess.run((docker_client(), "save", "-o", str(archive), image), check=True, timeout=300)
        self.run("load", "--quiet", "--input", str(archive))
        archive.unlink()
        name = f"localhost/{self.mark}:{tag}"
        self.run("tag", f"localhost/{image.partition(':')[0]}:latest", name)
        self._images += [name, f"localhost/{image}"]
        return name

    def follow(self, image: str, app: str, tag: str) -> str:
        """The next release: the same image with another app in it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "app.py").write_text(app)
        # The first app's bytecode is in the image, and is believed unseen.
        steps = (f"FROM {image}", "COPY app.py /app/app.py", "ENV PYTHONPYCACHEPREFIX=/tmp/bytecode")
        (folder / "Dockerfile").write_text("\n".join(steps))
        name = f"localhost/{self.mark}:{tag}"
        self.run("build", "--quiet", "--tag", name, str(folder))
        self._images.append(name)
        return name

    def play(self, rendered: Path, image: str) -> Pod:
        """A pod of the rendered Deployment, with that image."""
        pod = Pod(self, f"{self.mark}-{len(self._pods)}", rendered, image)
        self._pods.append(pod.name)
        return pod

    def close(self) -> None:
        """Remove all that was made."""
        for pod in self._pods:
            self.run("pod", "rm", "--force", "--time", "3", pod, check=False)
        volumes = self.run("volume", "ls", "--quiet", "--filter", f"name={self.mark}", check=False).stdout.split()
        if volumes:
            self.run("volume", "rm", "--force", *volumes, check=False)
        if self._images:
            self.run("rmi", "--force", *self._images, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def played(deployment: Any, name: str, image: str, port: int) -> Any:
    """The pod of a Deployment as podman 4.3 can play it.

    It knows no Deployment of several pods and no rollout, so a pod is played by itself, and the test rolls over. It
    publishes each port of a container at the same port of the machine, so another is named. It runs probes by a curl in
    the image, with no name for a port, so the test asks what they would. It runs no hook, so the test does what a
    kubelet does. It waits for the end of every init container, also of one that goes on, so that one becomes a
    container like the other. It makes one volume of all that have a name, so each pod's has another.
    """
    template = copy.deepcopy(deployment["spec"]["template"])
    spec = template["spec"]
    spec["containers"] = [*spec.pop("initContainers", ()), *spec["containers"]]
    for container in spec["containers"]:
        container["image"] = image
        container.pop("restartPolicy", None)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe", "lifecycle"):
            container.pop(probe, None)
        for each in container["volumeMounts"]:
            each["name"] = f"{name}-{each['name']}"
        for each in container.get("ports", ()):
            each.update(hostPort=port, hostIP="127.0.0.1")
    for each in spec["volumes"]:
        each["name"] = f"{name}-{each['name']}"
    template["metadata"]["name"] = name
    return {"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": spec}


class Pod:
    """One that runs."""

    def __init__(self, podman: Podman, name: str, rendered: Path, image: str) -> None:
        yaml = YAML(typ="safe")
        deployment = yaml.load((rendered / "deployment.yaml").read_text())
        variables = yaml.load((rendered / "configmap.yaml").read_text())
        self.name, self.podman, self.port = name, podman, free_port()
        self.spec = deployment["spec"]["template"]["spec"]
        text = StringIO()
        YAML().dump_all([variables, played(deployment, name, image, self.port)], text)
        file = podman.folder / f"{name}.yaml"
        file.write_text(text.getvalue())
        podman.run("kube", "play", str(file))

    @property
    def front(self) -> Any:
        """The container that nginx is in."""
        return self.spec["containers"][-1]

    def wait_ready(self) -> Pod:
        """Ask what the readiness probe asks, until it would let requests come."""
        path = self.front["readinessProbe"]["httpGet"]["path"]

        def ready() -> bool:
            with suppress(OSError):
                return ask(self.port, "GET", path).status == 200
            return False

        until(ready, self.log, 90)
        return self

    def log(self) -> str:
        """What its containers wrote."""
        found = [each["name"] for key in ("initContainers", "containers") for each in self.spec.get(key, ())]
        told = [self.podman.run("logs", f"{self.name}-{name}", check=False) for name in found]
        return "\n".join(each.stdout + each.stderr for each in told)

    def inspect(self, container: str, form: str) -> str:
        """What podman knows of one of its containers."""
        return self.podman.run("inspect", "--format", form, f"{self.name}-{container}").stdout.strip()

    async def end(self, *, hook: bool = True) -> None:
        """What a kubelet does: the hook, then TERM, then the rest of the time until it kills; the network goes last.

        `podman pod stop` ends its pause container beside the others, and the network goes with it while requests are
        still in work: measured with podman 4.3, all of twelve such requests were lost.
        """
        seconds = self.front["lifecycle"]["preStop"]["sleep"]["seconds"] if hook else 0
        # As long as the manifest says: this is what is tried.
        await asyncio.sleep(seconds)
        left = self.spec["terminationGracePeriodSeconds"] - seconds
        names = [f"{self.name}-{each['name']}" for each in self.spec["containers"]]
        await asyncio.to_thread(self.podman.run, "stop", "--time", str(left), *names)
        await asyncio.to_thread(self.podman.run, "pod", "stop", self.name)


class Balancer:
    """Sends each request to the next of the pods that it believes to be there, and hears of a change late."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self._turns = itertools.count()
        self.port = 0

    def change(self, ports: list[int]) -> None:
        """The pods that there are from now on; believed later."""
        asyncio.get_running_loop().call_later(LATE, setattr, self, "_ports", ports)

    @asynccontextmanager
    async def listening(self) -> Any:
        """While it takes requests."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        ports = self._ports
        try:
            answer = await _whole(ports[next(self._turns) % len(ports)], head)
        except OSError:
            answer = b""
        writer.write(answer or b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        with suppress(OSError):
            await writer.drain()
        writer.close()


async def _whole(port: int, head: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head)
        # Where a pod has gone, podman may still hold its port, and nobody answers there.
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


class Load:
    """Clients that ask one after the other, until they are told to end."""

    def __init__(self, port: int, clients: int = 6) -> None:
        self.answers: Counter[tuple[int, str]] = Counter()
        self._going = True
        self._tasks = [asyncio.create_task(self._ask(port, number)) for number in range(clients)]

    async def _ask(self, port: int, number: int) -> None:
        # Some take longer than the balancer is late, so that they are in work when their pod is told to stop.
        path = "/slow?seconds=4" if number < 2 else "/"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        while self._going:
            try:
                answer = (await _whole(port, request)).decode()
            except OSError as error:
                answer = f"HTTP/1.1 0 \r\n\r\n{error}"
            head, _, body = answer.partition("\r\n\r\n")
            self.answers[int(head.split()[1]), body.strip()] += 1
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        """No more questions; those that were asked are answered."""
        self._going = False
        await asyncio.gather(*self._tasks)

    def failed(self) -> int:
        """Requests that were not answered with 200."""
        return sum(count for (status, _), count in self.answers.items() if status != 200)
