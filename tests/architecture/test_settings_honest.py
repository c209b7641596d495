"""No setting is accepted and unused, and none is named anywhere but where it is declared."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import pytest

from decided import FOLDER, PACKAGING, image_plan_of, make_facts, make_finding, plan_of
from porch import servers
from porch.certificates import Pair
from porch.cli.parser import COMMANDS, parser
from porch.frameworks import StaticFolder
from porch.frameworks.needs import Needs, Packaging
from porch.places import Place
from porch.plan import Plan
from porch.runtime import assemble, certificate
from porch.settings import specs
from porch.spec import Spec
from porch.targets import compose, docker, kubernetes, nginx, systemd

PLACES = {
    f"{FOLDER}/company-ca.pem": Place(True),
    f"{FOLDER}/media": Place(True, folder=True),
    f"{FOLDER}/dist/index.html": Place(True),
    f"{FOLDER}/maintenance.html": Place(True),
    f"{FOLDER}/static": Place(True, folder=True),
    f"{FOLDER}/static/index.html": Place(True),
    f"{FOLDER}/conf/gunicorn.conf.py": Place(True, text="workers = 5\n"),
    f"{FOLDER}/vendor/porch-0.1.0-py3-none-any.whl": Place(True),
}
FILES = {"tls.certificate": "tls.pem", "tls.key": "key.pem"}
FETCHED = {"tls.mode": "acme", "http.domains": "shop.example.org"}
SUITABLE: Mapping[str, Mapping[str, object]] = {
    "server.worker_class": {"server.name": "gunicorn"},
    "server.config": {"server.name": "gunicorn"},
    "server.min_workers": {"server.name": "uwsgi"},
    "files.expires": {"static": {"/static/": "static"}},
    "files.hashed": {"static": {"/static/": "static"}},
    "files.single_page": {"app.mount": "/api"},
    "app.prestart_lock": {"app.prestart": "migrate"},
    "kubernetes.gateway": {"kubernetes.route": "gateway"},
    "kubernetes.tls_secret": {"kubernetes.host": "example.org"},
    "limits.websocket_idle": {"app.interface": "asgi"},
    "run.part": {"run.address": "127.0.0.1:8000"},
    "run.address": {"run.part": "app"},
    "nginx.resolvers": {"run.part": "nginx"},
    "tls.certificate": FILES,
    "tls.key": FILES,
    "tls.profile": {"tls.mode": "self-signed"},
    "tls.redirect": {"tls.mode": "self-signed"},
    "tls.folder": {"tls.mode": "self-signed"},
    "tls.hsts": FILES,
    "tls.acme_directory": FETCHED,
    "tls.acme_email": FETCHED,
    "tls.acme_roots": FETCHED,
    "tls.hsts_subdomains": FILES,
}
"""Setting -> what a plan needs for it to matter."""
LOCKED = Packaging(found=(Needs("uv", "uv.lock", ("pyproject.toml", "uv.lock")),))
SAID_BY_FACTS = {
    "app.python": {"python": f"{FOLDER}/.venv/bin/python"},
    "nginx.binary": {"nginx": make_facts().nginx[1:]},
}
"""Settings that the reading of the machine follows: what is read then."""


class Good(dict[tuple[str, str], Pair]):
    """Any two files are a certificate and its key."""

    def __missing__(self, _: tuple[str, str]) -> Pair:
        return Pair(names=("shop.example.org",), until="2027-02-01", days=72, public=True)


def outputs(plan: Plan) -> dict[str, object]:
    """Everything that comes of a Plan, but not the settings that were said."""
    files = (nginx.file(plan), *systemd.files(plan), *servers.by_name(plan.server.name.value).files(plan))
    return {
        **{file.path: file.text for file in files},
        "command": servers.by_name(plan.server.name.value).argv(plan),
        "environment": servers.environment(plan),
        "launch": asdict(assemble.launch(plan)),
        "certificate": certificate.sources(plan),
    }


def decided_with(spec: Spec, server: str, *, said: bool) -> dict[str, object]:
    """The outputs of a plan for that server, with the setting's example said or not."""
    given: dict[str, object] = {"server.name": server} | dict(SUITABLE.get(spec.key, {}))
    changes: dict[str, Any] = {}
    if said:
        given[spec.key] = spec.example
        changes = dict(SAID_BY_FACTS.get(spec.key, {}))
    python = {changes["python"]: Place(True)} if "python" in changes else {}
    interface = "asgi" if "asgi" in given.values() or server == "uvicorn" else "wsgi"
    target = str(given.get("app.target", "shop:app"))
    facts = make_facts(PLACES | python, cores=8, root=True, resolvers=("10.0.0.2",), pairs=Good(), **changes)
    statics = (StaticFolder("/found/", f"{FOLDER}/static", "app.py:4"),) * (spec.key == "files.found")
    finding = make_finding(interface=interface, target=target, statics=statics)
    if spec.section == "kubernetes":
        return {
            file.path: file.text for file in kubernetes.files(image_plan_of(given, facts, finding, packaging=PACKAGING))
        }
    if spec.section == "container":
        found = LOCKED if spec.name == "lock" and not said else PACKAGING
        image = image_plan_of(given, facts, finding, packaging=found)
        return {file.path: file.text for file in docker.files(image)}
    if spec.section == "compose":
        services = image_plan_of(given, facts, finding)
        return {file.path: file.text for file in compose.files(services)}
    return outputs(plan_of(given, facts, finding))


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: spec.key)
def test_every_setting_changes_something(spec: Spec) -> None:
    """Saying the example of a setting changes what is written or started."""
    assert decided_with(spec, "granian", said=True) != decided_with(spec, "granian", said=False)


CANNOT = [(server, key) for server in servers.SERVERS for key in server.cannot]


@pytest.mark.parametrize("name", [server.name for server in servers.SERVERS])
def test_every_setting_of_the_server_is_honoured_or_said_not_to_be(name: str) -> None:
    """For each server, a setting changes what it is started with, or stands in the table of what it cannot."""
    server = servers.by_name(name)
    own = [spec for spec in specs() if spec.section == "server" and spec.name not in {"name", "worker_class", "config"}]
    silent = [
        spec.key
        for spec in own
        if spec.key not in server.cannot
        and decided_with(spec, name, said=True) == decided_with(spec, name, said=False)
        and not any(spec.key in warning for warning in _warnings(spec, name))
    ]
    assert silent == []


def _warnings(spec: Spec, server: str) -> tuple[str, ...]:
    interface = "asgi" if server == "uvicorn" else "wsgi"
    facts = make_facts(PLACES, cores=8, root=True)
    return plan_of({"server.name": server, spec.key: spec.example}, facts, make_finding(interface=interface)).warnings


@pytest.mark.parametrize(("server", "key"), CANNOT, ids=lambda each: getattr(each, "name", each))
def test_every_entry_of_cannot_is_a_setting(server: servers.Server, key: str) -> None:
    """A table of what a server cannot names settings that exist, each with what happens instead."""
    assert key in {spec.key for spec in specs()}
    assert len(server.cannot[key].split()) > 3


OF_OTHERS = {"--bind", "--noinput", "--no-create-home", "--rm", "--system"}
"""Flags of other programs that messages and examples name."""


def told_flags(tree: ast.Module) -> set[str]:
    """Every flag in the text of a message: in a string of several words that is no docstring."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    told = [text for text in texts if isinstance(text, str) and " " in text]
    return {flag for text in told for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}


def test_every_flag_that_is_told_to_people_exists(source: list[Any]) -> None:
    """A message that names a flag names one that can be typed, so that a renamed setting leaves no advice behind."""
    flags = {flag for spec in specs() for flag in (spec.flag, *spec.short)}
    for name, _ in COMMANDS:
        flags |= set(re.findall(r"--[a-z][a-z-]+", _help(name)))
    told = [
        (module.name, flag)
        for module in source
        if not module.name.startswith(("servers/", "targets/", "worker/"))
        for flag in sorted(told_flags(module.tree))
    ]
    assert len(told) > 5
    assert [f"{name}: {flag}" for name, flag in told if flag not in flags | OF_OTHERS] == []


def _help(name: str) -> str:
    (commands,) = (action for action in parser()._actions if action.nargs == argparse.PARSER)
    return cast("dict[str, argparse.ArgumentParser]", commands.choices)[name].format_help()


def test_flags_in_messages_are_found() -> None:
    """A flag in a sentence is seen, one that stands alone or in a docstring is another matter."""
    tree = ast.parse('"""use --no"""\na = "use --yes, not x--y"\nb = "--alone"\nc = f"use --part {x}"')
    assert told_flags(tree) == {"--yes", "--part"}


def test_no_variable_of_a_setting_is_written_out(source: list[Any]) -> None:
    """The names of variables are derived: none is typed in any string of the code."""
    variables = {spec.variable for spec in specs()}
    found: list[str] = []
    for module in source:
        docstrings = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                words = set(re.findall(r"PORCH_[A-Z_]+", node.value))
                found += [f"{module.name}:{node.lineno} {word}" for word in sorted(words & variables)]
    assert found == []


def test_a_setting_without_effect_would_be_seen() -> None:
    """A setting that nothing reads leaves every output as it was."""
    spec = next(spec for spec in specs() if spec.key == "server.max_workers")
    given = {"server.name": "granian"}
    without = outputs(plan_of(given, make_facts(cores=1)))
    assert outputs(plan_of(given | {spec.key: 9}, make_facts(cores=1))) == without
