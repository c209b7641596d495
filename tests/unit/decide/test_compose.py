"""How many services there are, where they are reached, and what is refused."""

from __future__ import annotations

import pytest

from decided import image_plan_of
from porch.errors import Refused

SPLIT: dict[str, object] = {"compose.topology": "split"}


def refused(given: dict[str, object]) -> str:
    """What is told instead of a plan."""
    with pytest.raises(Refused) as told:
        image_plan_of(given)
    (problem,) = told.value.problems
    return problem.what


@pytest.mark.parametrize(
    ("given", "published"),
    [
        ({}, ("127.0.0.1:8080",)),
        ({"http.listen": "80 8443"}, ("127.0.0.1:80", "127.0.0.1:8443")),
        ({"compose.publish": "9000"}, ("127.0.0.1:9000",)),
        ({"compose.publish": "0.0.0.0:80"}, ("0.0.0.0:80",)),
    ],
)
def test_where_the_ports_are_published(given: dict[str, object], published: tuple[str, ...]) -> None:
    """On this machine alone unless told otherwise, at the same numbers."""
    assert image_plan_of(given).compose.publish.value == published


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"compose.publish": "80 81"}, "2 addresses for 1 port of the container (8080)"),
        ({"compose.publish": "unix:/x"}, "a container's port cannot be published at a unix socket"),
        ({**SPLIT, "run.address": "127.0.0.1:80"}, "127.0.0.1 is no name of a service"),
        ({**SPLIT, "run.part": "app"}, "the services of a split file say it themselves"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], what: str) -> None:
    """Each problem is told in a sentence."""
    assert refused(given) == what


def test_bodies_that_tmp_cannot_hold_are_told_of() -> None:
    """A body waits in /tmp, which has half of the memory."""
    assert not image_plan_of({"limits.body": "256M"}).warnings_for("compose")
    larger = image_plan_of({"limits.body": "257M"})
    (warning,) = larger.warnings_for("compose")
    assert "raise that" in warning
    assert not larger.warnings_for("docker")


@pytest.mark.parametrize("mode", ["acme", "self-signed"])
def test_certificates_in_memory_are_told_of(mode: str) -> None:
    """A new container would fetch another one, and authorities issue few; who names a folder has chosen."""
    given: dict[str, object] = {"tls.mode": mode, "http.domains": "shop.example.org"}
    (warning,) = image_plan_of(given).warnings_for("compose")
    assert "name a volume for tls.folder in compose.override.yaml" in warning
    assert not image_plan_of(given).warnings_for("docker")
    assert not image_plan_of({**given, "tls.folder": "/certificates/porch"}).warnings_for("compose")
    assert not image_plan_of({}).warnings_for("compose")
