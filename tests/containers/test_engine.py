"""The engine that the tests use is a real one."""

from __future__ import annotations

from engine import BASE, Engine, docker


def test_the_engine_runs_what_a_dockerfile_names(engine: Engine) -> None:
    """The base image that rendered Dockerfiles name by default is there, and its Python runs."""
    done = docker("run", "--rm", BASE, "python3", "-c", "import sys; print(sys.version_info[:2])")
    assert done.stdout == "(3, 13)\n"
