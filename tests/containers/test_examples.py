"""Each example is built, started by Compose, asked, measured and stopped, as its README says.

Rule: the files are those that are checked in; nothing is added to an image for the test.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from composed import Composed
from engine import Engine, docker

EXAMPLES = Path(__file__).parents[2] / "examples"
MEGABYTE = 10**6


@dataclass(frozen=True)
class Example:
    """What one of them promises."""

    name: str
    page: str
    static: str
    logged: tuple[str, ...]
    largest: int
    """Megabytes of the image, as `docker images` tells them."""


ALL = (
    Example(
        "flask-logging", "Hello from run.py", "/static/style.css", ("somebody came", "a plain print", '" 200 '), 200
    ),
    Example("flask-split", "Hello from gogo", "/static/style.css", ('"GET /report HTTP/1.1" 200',), 200),
    # The article's image had 62.5 MB.
    Example("flask-uwsgi", "Hello from uWSGI", "/static/style.css", ('"uri":"/report"',), 62),
    Example("aiohttp", "hello from aiohttp", "/static/style.css", ("prestart.sh: what must be done",), 200),
    Example("flask-gevent", "Hello Flask!", "/static/", ('"GET /report HTTP/1.1" 200',), 240),
)


@pytest.fixture(scope="module", params=ALL, ids=[each.name for each in ALL])
def example(request: pytest.FixtureRequest) -> Example:
    """One after the other."""
    found: Example = request.param
    return found


@pytest.fixture(scope="module")
def image(engine: Engine, example: Example) -> str:
    """Its image, built once."""
    return engine.build(EXAMPLES / example.name)


@pytest.fixture(scope="module")
def composed(
    engine: Engine, image: str, example: Example, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    """Its services, up."""
    folder = shutil.copytree(EXAMPLES / example.name, tmp_path_factory.mktemp("example") / example.name)
    made = Composed(folder, image, f"{engine.mark}-{example.name}")
    try:
        yield made.up()
    finally:
        made.down()


def test_page_and_files_are_answered(composed: Composed, example: Example) -> None:
    """The page comes from the app, the file from nginx; both with the headers that nginx adds, and no more is told."""
    page, static = composed.ask(), composed.ask(example.static)
    assert page.status == 200
    assert example.page in page.text
    assert static.status == 200
    assert static.header("Cache-Control")
    for answer in (page, static):
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.header("Server") == "nginx"
        assert not answer.header("X-Powered-By")
    assert composed.ask("/-/porch/ready").status == 200
    assert composed.ask(f"{example.static.rpartition('/')[0]}/../porch.toml").status in {400, 404}


def test_a_stop_answers_what_is_in_work_and_the_log_has_told_it(composed: Composed, example: Example) -> None:
    """The log tells what the article wanted; a request in work is answered, and all services end by themselves."""
    with ThreadPoolExecutor(2) as pool:
        slow = composed.begin("/report", composed.front, 8080, pool)
        codes = composed.stop()
        assert (slow.result().status, slow.result().text) == (200, "the report")
    assert set(codes.values()) == {0}
    for text in example.logged:
        assert text in composed.log(), composed.log()


def test_a_prefix_is_one_variable(engine: Engine, image: str, example: Example) -> None:
    """The same image answers below a prefix, the app unchanged, and is soon there."""
    began = time.monotonic()
    container = engine.start(
        *(image, "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"), env={"PORCH_APP_MOUNT": "/shop"}
    )
    container.wait_ready()
    assert time.monotonic() - began < 40
    assert example.page in container.ask("/shop/").text
    assert container.ask("/").status == 404
    assert container.stop() == 0


def test_the_image_is_small(image: str, example: Example) -> None:
    """As `docker images` counts."""
    size = int(docker("image", "inspect", "--format", "{{.Size}}", image).stdout)
    assert size < example.largest * MEGABYTE
