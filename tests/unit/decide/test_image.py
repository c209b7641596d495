"""What an image is made of, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from decided import FOLDER, PACKAGING, image_plan_of, make_facts, make_finding
from porch.decide import libraries, pythons
from porch.errors import Problem, Refused
from porch.frameworks.needs import Needs, Packaging, Tool
from porch.plan.image import ImagePlan


def image(given: dict[str, Any] | None = None, packaging: Packaging = PACKAGING, **more: Any) -> ImagePlan:
    """The image."""
    return image_plan_of(given or {}, packaging=packaging, **more).image


def problems(given: dict[str, Any], packaging: Packaging = PACKAGING) -> list[Problem]:
    """What is told instead."""
    with pytest.raises(Refused) as refused:
        image(given, packaging)
    return list(refused.value.problems)


def needing(*packages: str) -> Packaging:
    """A project with these requirements."""
    return Packaging(found=(Needs("pip", "requirements.txt", ("requirements.txt",), packages=frozenset(packages)),))


def names(added: tuple[str, ...]) -> set[str]:
    """Packages without their versions."""
    return {each.partition("==")[0] for each in added}


BOTH = Packaging(found=(Needs("uv", "uv.lock", ()), Needs("pip", "requirements.txt", ())))


def test_two_locks_are_refused() -> None:
    """Which is meant is asked, not guessed."""
    (problem,) = problems({}, BOTH)
    assert problem.what == "the dependencies could be installed from uv.lock or from requirements.txt"
    assert "--container-lock uv.lock" in problem.fix


def test_a_missing_lock_is_refused() -> None:
    """The command that writes it is told."""
    (problem,) = problems({}, Packaging(unlocked=(("Pipfile", "pipenv lock"),)))
    assert (problem.what, problem.fix) == (
        "Pipfile names the dependencies, but no lock says their versions",
        "pipenv lock",
    )


def test_a_project_without_any_is_an_image_with_a_warning() -> None:
    """Nothing but porch and the app server is in it."""
    plan = image_plan_of(packaging=Packaging())
    assert plan.image.tool == ""
    assert any("no lock and no requirements.txt" in each for each in plan.warnings)


@pytest.mark.parametrize(
    ("packaging", "version"),
    [
        (Packaging(), "3.13"),
        (Packaging(python="3.11", python_from=".venv"), "3.11"),
        (Packaging(requires_python=">=3.10"), "3.13"),
        (Packaging(requires_python=">=3.9,<3.13"), "3.12"),
        (Packaging(requires_python="~=3.11"), "3.13"),
        (Packaging(requires_python="~=3.11.2"), "3.11"),
        (Packaging(requires_python="==3.12.*"), "3.12"),
        (Packaging(requires_python=">=3.14"), "3.14"),
        (Packaging(requires_python="!=3.13.0"), "3.13"),
        (Packaging(requires_python="<3.13.0"), "3.12"),
    ],
)
def test_python_is_as_the_project_says(packaging: Packaging, version: str) -> None:
    """The most exact word counts; without one it is the version that everything has wheels for."""
    assert pythons.version(packaging)[0] == version


@pytest.mark.parametrize("named", ["3.10", "3.8", "pypy3.11"])
def test_a_python_that_porch_cannot_run_on_is_refused(named: str) -> None:
    """The build would fail late, or the image not start."""
    packaging = replace(PACKAGING, python=named, python_from=".python-version")
    (problem,) = problems({}, packaging)
    assert problem.what == f".python-version says {named}, and porch needs CPython 3.11 or newer in the image"
    assert image({"container.base": "registry.local/python:3.12"}, packaging).base.value == "registry.local/python:3.12"


@pytest.mark.parametrize(
    ("tool", "whole", "own"),
    [
        ("uv", False, True),
        ("uv", True, False),
        ("poetry", True, True),
        ("pyproject", False, True),
        ("pip", False, False),
    ],
)
def test_a_project_that_is_a_package_is_installed_too(tool: Tool, whole: bool, own: bool) -> None:
    """As its tool does it here; a list of requirements names it itself where that is meant."""
    needs = Needs(tool, "lock", ("lock",), whole)
    assert image(packaging=Packaging(found=(needs,), builds=True)).own == own
    assert not image(packaging=Packaging(found=(needs,))).own


def test_ports_are_in_the_order_in_which_they_are_published() -> None:
    """The app's first, then those that lead to HTTPS, whatever their numbers are."""
    given = {"tls.mode": "self-signed", "http.domains": "example.org", "compose.publish": "0.0.0.0:443 0.0.0.0:80"}
    plan = image_plan_of(given)
    assert plan.image.ports == (8443, 8080)
    assert plan.compose.publish.value == ("0.0.0.0:443", "0.0.0.0:80")


def test_another_python_than_here_is_told() -> None:
    """The image is the same wherever it is rendered, so that this is only warned of."""
    plan = image_plan_of(packaging=replace(PACKAGING, tried="3.11"))
    (warning,) = plan.warnings
    assert plan.image.base.value == "python:3.13-slim-trixie"
    assert "the image has Python 3.13 (the project names none), and the app runs here with 3.11" in warning
    assert "`echo 3.11 > .python-version` takes that one" in warning
    assert image_plan_of(packaging=replace(PACKAGING, tried="3.13")).warnings == ()
    assert image_plan_of({"container.base": "python:3.12"}, packaging=replace(PACKAGING, tried="3.11")).warnings == ()


def test_an_image_has_every_server_that_porch_brings() -> None:
    """So that one variable swaps it; those in the lock keep their version."""
    assert names(image(packaging=needing("flask", "gunicorn")).added) == {"granian"}
    asgi = make_finding(interface="asgi", framework="fastapi")
    found = names(image(packaging=needing("fastapi"), finding=asgi).added)
    assert {"uvicorn", "granian", "gunicorn", "uvloop", "httptools", "websockets"} <= found


def test_a_slim_image_has_one() -> None:
    """It is the one that the requirements name, else the one that is taken."""
    slim = {"container.slim": True}
    plan = image_plan_of(slim, packaging=needing("flask", "gunicorn"))
    assert (plan.server.name.value, plan.image.added) == ("gunicorn", ())
    assert names(image(slim, needing("flask")).added) == {"granian"}
    assert names(image({**slim, "server.name": "uwsgi"}, needing("flask")).added) == {"pyuwsgi"}


def test_a_slim_image_has_each_server_that_is_named() -> None:
    """What settings name is there, of the main app and of a further one, beside what the requirements name."""
    slim, needs = {"container.slim": True}, needing("flask", "gunicorn")
    assert names(image({**slim, "server.name": "uwsgi"}, needs).added) == {"pyuwsgi"}
    mounts = "/back app=back:app interface=wsgi server=uwsgi"
    plan = image_plan_of({**slim, "mounts": mounts}, packaging=needs)
    assert (plan.server.name.value, names(plan.image.added)) == ("gunicorn", {"pyuwsgi"})


def test_a_kind_of_worker_brings_its_packages() -> None:
    """gunicorn's gevent worker loads `packaging` too; what the requirements name is left to them."""
    gevent = {"server.worker_class": "gevent"}
    assert image(gevent, needing("flask", "gunicorn", "granian")).added == ("gevent==26.9.0", "packaging==26.3")
    assert image(gevent, needing("flask", "gunicorn", "granian", "gevent")).added == ("packaging==26.3",)
    assert image(gevent, needing("flask", "gunicorn", "granian", "gunicorn-gevent")).added == ()


def test_a_slim_image_has_no_shell_for_a_prestart() -> None:
    """A command that needs one is refused before the image is built."""
    (problem,) = problems({"container.slim": True, "app.prestart": "sh -c true"})
    assert problem.what == "a slim image has no shell, and this needs one: sh -c true"


def test_libraries_of_known_packages_come_along() -> None:
    """psycopg2 loads libpq5 and is compiled with libpq-dev; a binary wheel brings its own."""
    found = image({"container.packages": "poppler-utils"}, needing("psycopg2"))
    assert found.packages.value == ("libpq5", "poppler-utils")
    assert found.building == ("gcc", "libc6-dev", "libpq-dev")
    assert image(packaging=needing("psycopg", "psycopg-binary")).packages.value == ()
    assert libraries.building(frozenset({"flask"})) == ()


def test_what_was_typed_becomes_a_variable() -> None:
    """What files say is in the image anyway, and what names another machine is taken back."""
    given = {"server.workers": "3", "limits.body": "5M", "run.user": "ada", "run.dir": "/run/shop"}
    origins = {"server.workers": "--workers", "limits.body": "porch.toml:3", "run.user": "porch.toml:4"}
    found = dict(image_plan_of(given, origins=origins).image.environment)
    assert found == {"PORCH_SERVER_WORKERS": "3", "PORCH_RUN_USER": "auto", "PORCH_RUN_DIR": "auto"}


def test_another_machines_interpreter_is_not_taken_back_by_auto() -> None:
    """The Dockerfile names the image's own, which a variable beside it would hide."""
    assert image({"app.python": "/opt/python"}).environment == ()


def test_a_wheel_that_is_not_there_is_refused() -> None:
    """It would only be missed while building."""
    (problem,) = problems({"container.porch": "vendor/none.whl"})
    assert problem.what == "there is no file vendor/none.whl"


def test_the_machine_is_not_asked() -> None:
    """Root, processors, an interpreter without servers: the image is the same."""
    bare = make_facts(servers={}, root=True, cores=64, nginx=())
    assert image_plan_of(facts=bare).image == image_plan_of().image
    assert image_plan_of(facts=bare).app.folder == FOLDER
