"""What is decided of pods, and what is told of it."""

from __future__ import annotations

import pytest

from decided import image_plan_of, make_finding
from porch.decide.kubernetes import named
from porch.errors import Refused


@pytest.mark.parametrize(
    ("title", "name"),
    [("Shop", "shop"), ("my_shop 2", "my-shop-2"), ("42", "app-42"), ("-", "app"), ("x" * 80, "x" * 53)],
)
def test_any_title_becomes_a_name(title: str, name: str) -> None:
    """Small letters, figures and hyphens, a letter first."""
    assert named(title) == name


def test_what_is_missing_is_told() -> None:
    """An image that no registry has, and proxies whose word on the client is not taken."""
    told = image_plan_of().kubernetes.warnings
    assert any("--kubernetes-image" in each for each in told)
    assert any("--proxy-trusted" in each for each in told)
    said = {"kubernetes.image": "r/shop:1", "proxy.trusted": "10.0.0.0/8"}
    assert not [each for each in image_plan_of(said).kubernetes.warnings if "--kubernetes" in each or "--proxy" in each]


def test_the_host_is_the_first_of_the_names() -> None:
    """Unless it is said; one that nginx would answer 421 is refused."""
    given = {"http.domains": "shop.example.org example.org"}
    assert image_plan_of(given).kubernetes.host.value == "shop.example.org"
    assert image_plan_of({**given, "kubernetes.host": "example.org"}).kubernetes.host.value == "example.org"
    with pytest.raises(Refused):
        image_plan_of({**given, "kubernetes.host": "other.example.org"})


@pytest.mark.parametrize(
    "given",
    [{"kubernetes.replicas": 5, "kubernetes.max_replicas": 3}, {"kubernetes.tls_secret": "shop-tls"}],
    ids=["fewer at most", "no name to certify"],
)
def test_what_cannot_be_is_refused(given: dict[str, object]) -> None:
    """Fewer pods at most than at least, or a certificate for no name."""
    with pytest.raises(Refused):
        image_plan_of(given)


def test_what_keeps_sessions_has_one_pod() -> None:
    """Nothing leads a client's next request to the pod that knows it; more are warned of, and done."""
    finding = make_finding(sessions="Socket.IO (app.py:4)")
    plan = image_plan_of(finding=finding).kubernetes
    assert (plan.replicas.value, plan.max_replicas.value) == (1, 1)
    assert plan.replicas.reason == "Socket.IO (app.py:4) keeps what it knows of its clients in one process"
    more = image_plan_of({"kubernetes.replicas": 3}, finding=finding).kubernetes
    assert (more.replicas.value, more.max_replicas.value) == (3, 12)
    assert any("kubernetes.replicas is 3, but Socket.IO" in each for each in more.warnings)
