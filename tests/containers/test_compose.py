"""The services of a rendered compose file, started by Compose: found again, limited, stopped in order, developed.

Rule: one image for all of it, as its services are made of one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from composed import Composed
from engine import BASE, Engine, docker
from waiting import until

EXAMPLE = Path(__file__).parents[2] / "examples/flask-split"


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    """The image of the example with two services."""
    return engine.build(EXAMPLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's own folder, to be changed."""
    copied = shutil.copytree(EXAMPLE, tmp_path / "shop")
    # Compose mounts it for a user that is nobody here.
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    return copied


@pytest.fixture
def split(engine: Engine, image: str, folder: Path) -> Iterator[Composed]:
    """Both services, healthy."""
    made = Composed(folder, image, f"{engine.mark}-split")
    try:
        yield made.up()
    finally:
        made.down()


def address(composed: Composed) -> str:
    """Where the app is on the network of the two."""
    (found,) = composed.inspect("app")["NetworkSettings"]["Networks"].values()
    return str(found["IPAddress"])


def test_a_new_container_of_the_app_is_found_again(engine: Engine, split: Composed) -> None:
    """With another address than before it is answered from within seconds, without a word to nginx."""
    assert "Hello from gogo" in split.ask().text
    before = address(split)
    docker("rm", "--force", split.container("app"))
    # Somebody else takes the address, so that the next container gets another.
    squatter = f"{engine.mark}-squatter"
    (network,) = split.inspect("nginx")["NetworkSettings"]["Networks"]
    docker("run", "--detach", "--rm", "--name", squatter, "--network", network, BASE, "sleep", "600")
    try:
        assert split.ask().status in {502, 503}
        assert split.ask("/static/style.css").status == 200
        split.up("app")
        assert address(split) != before
        until(lambda: split.ask().status == 200, "the app is found at its new address", 60)
    finally:
        docker("rm", "--force", squatter)


def test_both_are_limited_and_hardened(split: Composed) -> None:
    """Each has limits, no capability, a root file system that it cannot write to, and its lines are rotated."""
    for service in split.services:
        found = split.inspect(service)
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
        assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == {
            "app": (512 * 1024**2, 2_000_000_000, 256),
            "nginx": (256 * 1024**2, 500_000_000, 256),
        }[service]
        assert found["Config"]["StopTimeout"] == {"app": 45, "nginx": 40}[service]
        assert found["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert split.inspect("app")["HostConfig"]["PortBindings"] in ({}, None)


def test_a_stop_answers_what_is_in_work(split: Composed) -> None:
    """A request in work at the stop is answered whole, and both end by themselves."""
    with ThreadPoolExecutor(2) as pool:
        slow = split.begin("/report", "app", 8000, pool)
        codes = split.stop()
    assert (slow.result().status, slow.result().text) == (200, "the report")
    assert codes == {"app": 0, "nginx": 0}


def test_a_change_of_code_needs_no_new_image(engine: Engine, image: str, folder: Path) -> None:
    """With the file for development laid over, the code is the folder's, and a restart serves a change of it."""
    source = folder / "gogo/__init__.py"
    developed = Composed(folder, image, f"{engine.mark}-dev", [folder / "compose.dev.yaml"])
    try:
        developed.up()
        assert "Hello from gogo" in developed.ask().text
        source.write_text(source.read_text().replace("Hello from", "Changed by"))
        (folder / "gogo/static/style.css").write_text("body { color: plum; }\n")
        developed.run("restart", "app")
        until(lambda: "Changed by gogo" in developed.ask().text, "the change is served", 60)
        assert developed.ask("/static/style.css").text == "body { color: plum; }\n"
    finally:
        developed.down()
