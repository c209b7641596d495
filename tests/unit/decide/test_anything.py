"""Whatever was said of whatever machine, it is decided or refused, and each time alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import anything
from decided import image_plan_of, plan_of
from porch import servers
from porch.errors import Refused
from porch.facts import Facts
from porch.frameworks.finding import Finding
from porch.plan import Plan
from porch.plan.chosen import Chosen
from porch.settings import specs
from porch.syntax.file import Unwritable
from porch.targets import compose, docker, nginx

ORIGINS = st.dictionaries(st.just("server.args"), st.just("$GUNICORN_CMD_ARGS"))


def decided(given: Mapping[str, Any], machine: Facts, app: Finding, origins: Mapping[str, str]) -> Plan | list[str]:
    """The Plan, or what is told instead."""
    try:
        return plan_of(given, machine, app, origins if "server.args" in given else {})
    except Refused as refused:
        return [f"{problem.where}: {problem.what}" for problem in refused.problems]


def choices(part: object) -> list[Chosen[Any]]:
    """Every decision of a Plan."""
    if isinstance(part, Chosen):
        return [part]
    if not is_dataclass(part):
        return []
    return [found for each in fields(part) for found in choices(getattr(part, each.name))]


def texts(plan: Plan) -> list[str] | str:
    """What is rendered, or the setting whose value a language cannot hold."""
    try:
        return [file.text for file in (nginx.file(plan), *servers.by_name(plan.server.name.value).files(plan))]
    except Unwritable as unwritable:
        return unwritable.setting


def image_of(given: Mapping[str, Any], machine: Facts, app: Finding) -> list[str] | str:
    """What an image is made from, or what is told instead."""
    try:
        plan = image_plan_of(given, machine, app)
        return [file.text for file in (*docker.files(plan), *compose.files(plan))]
    except Refused as refused:
        return [problem.what for problem in refused.problems]
    except Unwritable as unwritable:
        return unwritable.setting


@settings(max_examples=60, deadline=None)
@given(anything.said(), anything.facts(), anything.facts(), anything.findings())
def test_an_image_is_the_same_on_every_machine(
    given: dict[str, Any], machine: Facts, another: Facts, app: Finding
) -> None:
    """Nothing of the machine that it is rendered on is in an image, but what the project's folder holds."""
    same_project = replace(another, folder=machine.folder, places=machine.places)
    assert image_of(given, machine, app) == image_of(given, same_project, app) != []


@settings(max_examples=80, deadline=None)
@given(anything.said(), anything.facts(), anything.findings(), ORIGINS)
def test_anything_is_decided_or_refused(
    given: dict[str, Any], machine: Facts, app: Finding, origins: dict[str, str]
) -> None:
    """Nothing but a Plan or problems comes out, the same each time, and the Plan is data that JSON can hold."""
    first = decided(given, machine, app, origins)
    assert decided(given, machine, app, origins) == first
    if isinstance(first, list):
        assert first
        assert len(set(first)) == len(first), "the same problem is told twice"
        return
    assert json.loads(json.dumps(asdict(first)))
    keys = {spec.key for spec in specs()}
    assert all(each.setting in keys and each.origin and each.reason for each in choices(first))
    rendered = texts(first)
    assert texts(first) == rendered
    assert isinstance(rendered, list) or rendered in keys


def test_every_setting_is_among_them() -> None:
    """No setting is left out of what is tried."""
    assert set(anything.VALUES) == {spec.key for spec in specs()}
