"""Every setting, declared once: flags, variables, TOML keys, reference and schema are derived from here.

Rule: no name and no default of a setting is typed outside this package; one file a subject, one class a section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, cast

from porch import values as v
from porch.records import dataclass
from porch.settings.answers import Answers
from porch.settings.app import App, Server
from porch.settings.compose import Compose
from porch.settings.containers import Container
from porch.settings.edge import Files, Http, Limits, Nginx, Proxy
from porch.settings.kubernetes import Kubernetes
from porch.settings.mounts import KEYS as MOUNT_KEYS
from porch.settings.mounts import MOUNTS, Mounts
from porch.settings.path import KEYS, PATHS, Paths
from porch.settings.process import KEYS as PROCESS_KEYS
from porch.settings.process import PROCESSES, Processes
from porch.settings.running import Log, Run
from porch.settings.systemd import Systemd
from porch.settings.tls import Tls
from porch.spec import Spec, setting


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a user may say."""

    app: App = App()
    server: Server = Server()
    http: Http = Http()
    tls: Tls = Tls()
    static: tuple[tuple[str, str], ...] = setting(
        v.PAIRS,
        (),
        "URL = folder (or a single file) that nginx answers for; added to what is found in the app.",
        example="/media/=media",
        short=("--static",),
        images=("STATIC_URL", "STATIC_PATH"),
        elsewhere=("--static-path-mount", "--static-map"),
    )
    files: Files = Files()
    answers: Answers = Answers()
    limits: Limits = Limits()
    path: Paths = setting(
        PATHS,
        (),
        f"What differs at some URLs of the app: {KEYS}. A URL that ends with / means all below it.",
        example="/upload/ body=1G timeout=10m",
    )
    proxy: Proxy = Proxy()
    nginx: Nginx = Nginx()
    log: Log = Log()
    run: Run = Run()
    mounts: Mounts = setting(
        MOUNTS,
        (),
        f'Further apps of the instance, `[mounts."/api"]` for each, with a server of its own: {MOUNT_KEYS}.',
        example="/api app=api.main:app workers=2",
    )
    process: Processes = setting(
        PROCESSES,
        (),
        f"What runs beside the app, `[process.NAME]` for each: {PROCESS_KEYS}.",
        example="queue command='python worker.py' count=2",
    )
    systemd: Systemd = Systemd()
    kubernetes: Kubernetes = Kubernetes()
    container: Container = Container()
    compose: Compose = Compose()


@cache
def specs() -> tuple[Spec, ...]:
    """Every setting in the order of the declaration."""
    found: list[Spec] = []
    for section in fields(Settings):
        if "kind" in section.metadata:
            found.append(_spec(section.name, "", section))
        else:
            found += [_spec(section.name, each.name, each) for each in fields(cast("Any", section.default))]
    return tuple(found)


@cache
def sections() -> Mapping[str, str]:
    """Section -> what it is about."""
    return {
        each.name: each.metadata["says"] if "kind" in each.metadata else (type(each.default).__doc__ or "")
        for each in fields(Settings)
    }


def spec(key: str) -> Spec:
    """The setting of that key; raises KeyError."""
    return {each.key: each for each in specs()}[key]


def build(given: Mapping[str, Any]) -> Settings:
    """Settings from `key -> value`; what is not given has its default."""
    parts: dict[str, Any] = {}
    for section in fields(Settings):
        if "kind" in section.metadata:
            parts[section.name] = given.get(section.name, section.default)
        else:
            prefix = section.name + "."
            said = {key.removeprefix(prefix): value for key, value in given.items() if key.startswith(prefix)}
            parts[section.name] = cast("Any", type(section.default))(**said)
    return Settings(**parts)


def _spec(section: str, name: str, declared: Field[Any]) -> Spec:
    told = cast("Mapping[str, Any]", declared.metadata)
    assert declared.default is not MISSING  # noqa: S101  # `setting` always gives one
    return Spec(section=section, name=name, default=declared.default, **told)
