"""What stands in a Dockerfile beside what the golden files show."""

from __future__ import annotations

from decided import image_plan_of
from porch.targets import docker


def test_the_head_publishes_every_port() -> None:
    """With HTTPS both: the app's, and the one that leads to it."""
    (dockerfile, _) = docker.files(image_plan_of({"tls.mode": "self-signed", "http.domains": "example.org"}))
    assert "docker run -p 8443:8443 -p 8080:8080 --stop-timeout" in dockerfile.text
