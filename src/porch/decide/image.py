"""What an image is made of: the base, the dependencies, the libraries, and the app server that goes with them.

Rule: nothing is decided from the machine that the files are rendered on, but from the project and from what the image
will be; so the same project gives the same image everywhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from porch import servers, settings
from porch.decide import libraries, pythons
from porch.decide.desk import Desk
from porch.facts import BUILT_IN, Facts, Machine, Nginx
from porch.frameworks.needs import NOTHING, Needs, Packaging
from porch.places import Place
from porch.plan import Interface, Plan
from porch.plan.apps import apps
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.image import ImagePlan
from porch.servers.tested import BROUGHT, TLS, VERSIONS, WATCH
from porch.sources import Said
from porch.values import AUTO

FOLDER, VENV = "/app", "/venv"
"""Where the project and its environment lie in the image."""
ADDED = (
    "pcre_jit",
    "http_auth_request",
    "http_ssl",
    "http_v2",
    "http_realip",
    "http_stub_status",
    "http_gzip_static",
    "http_gunzip",
)
NGINX = Nginx("/usr/sbin/nginx", (1, 26, 3), frozenset((*ADDED, *(f"http_{name}" for name in BUILT_IN))))
"""What Debian trixie brings."""
OF_FILES = frozenset(("compose", "container", "kubernetes", "systemd"))
"""Sections that say how files are written, and nothing of what runs in an image."""
OF_THE_MACHINE = ("app.python", "nginx.binary", "run.dir", "run.user")
"""Settings that name things of one machine, and mean nothing in the image."""
LEFT_OUT = frozenset(("poetry", "pdm", "pyproject"))
"""What gives a list of the dependencies without the project itself; uv installs it with a workspace."""
SHELLS = frozenset({"sh", "bash", "dash", "/bin/sh", "/bin/bash"})


class _Seen(Mapping[str, Place]):
    """What stands in the project, and in the image's environment."""

    def __init__(self, here: Mapping[str, Place], python: str) -> None:
        self._here, self._python = here, python

    def __getitem__(self, path: str) -> Place:
        return Place(True) if path == self._python else self._here[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._here)

    def __len__(self) -> int:
        return len(self._here)


def needs_of(said: Said, packaging: Packaging) -> Needs:
    """The file that the dependencies are installed from: the one that was named, else the first of those found."""
    wanted = said.settings.container.lock
    if wanted == AUTO:
        return packaging.found[0] if packaging.found else NOTHING
    return next((each for each in packaging.found if each.lock == posixpath.normpath(wanted)), NOTHING)


def said_inside(said: Said) -> Said:
    """What was said, without what names things of this machine."""
    told = said.settings
    changed = replace(
        told,
        app=replace(told.app, python=AUTO),
        nginx=replace(told.nginx, binary=AUTO),
        run=replace(told.run, dir=AUTO, user=AUTO),
    )
    return replace(said, settings=changed, origins={k: v for k, v in said.origins.items() if k not in OF_THE_MACHINE})


def facts_inside(found: Facts, said: Said, needs: Needs, interface: Interface) -> Facts:
    """What porch will find in the image; the project lies where it does here."""
    python, limits = f"{VENV}/bin/python", "what the container may use, read when it starts"
    return replace(
        found,
        machine=Machine(1, limits, 1024**4, limits, container=True, root=False, somaxconn=4096, terminal=False),
        nginx=(NGINX,),
        home_user="app",
        users=(),
        python=python,
        python_from="the image's environment",
        servers=_servers(said, needs, interface),
        barred={},
        run_folder="/tmp/porch/app",  # noqa: S108 - in the image
        places=_Seen(found.places, python),
    )


def _servers(said: Said, needs: Needs, interface: Interface) -> Mapping[str, str]:
    """The packages that the image can have; a slim one has the app servers that the project asks for, if it does."""
    there = {**VERSIONS, "aiohttp": "as locked"}
    able = [each for each in servers.SERVERS if interface in each.speaks]
    named = {said.settings.server.name, *(mount.server for _, mount in said.settings.mounts)}
    asked = [each for each in able if each.name in named or needs.packages.intersection(each.packages)]
    if said.settings.container.slim and asked:
        others = {name for each in able if each not in asked for name in each.packages}
        there = {name: found for name, found in there.items() if name not in others}
    if interface == "aiohttp" and "uvloop" not in needs.packages:
        # It serves aiohttp well without, and is 15 MB.
        del there["uvloop"]
    return there


def image(desk: Desk, plan: Plan, needs: Needs, packaging: Packaging, outside: Said) -> ImagePlan:
    """Everything about the image; problems are noted."""
    told = desk.settings.container
    lock = _lock(desk, needs, packaging)
    found = libraries.running(needs.packages)
    _need_no_shell(desk, plan)
    return ImagePlan(
        title=packaging.title,
        base=_base(desk, packaging),
        slim=desk.chosen("container.slim", told.slim, "only what runs" if told.slim else "a whole Debian"),
        tool=needs.tool,
        lock=lock,
        files=needs.files,
        whole=needs.whole,
        own=packaging.builds and (needs.tool in LEFT_OUT or (needs.tool == "uv" and not needs.whole)),
        added=_added(desk, plan, needs),
        porch=_porch(desk, packaging),
        packages=desk.chosen(
            "container.packages",
            tuple(sorted({*told.packages, *(name for name, _ in found)})),
            ", ".join(f"{name} for {package}" for name, package in found) or (AS_SET if told.packages else "none"),
        ),
        building=libraries.building(needs.packages),
        bytecode=desk.chosen("container.stdlib_bytecode", told.stdlib_bytecode, "Python's own image comes without"),
        collect=desk.finding.collect if plan.app.framework == "django" else (),
        secrets=packaging.secrets,
        environment=tuple(_environment(desk, outside)),
        ports=_ports(plan),
    )


def _base(desk: Desk, packaging: Packaging) -> Chosen[str]:
    key, wanted = "container.base", desk.settings.container.base
    if wanted != AUTO:
        return desk.chosen(key, wanted, AS_SET)
    number, why = pythons.version(packaging)
    if not pythons.runs_porch(number):
        fix = f"write 3.{pythons.OLDEST} or newer there, or name an image that has it with --container-base"
        desk.refuse(key, f"{why}, and porch needs CPython 3.{pythons.OLDEST} or newer in the image", fix)
    if packaging.tried not in ("", number):
        # Only said: the same project is to give the same image, wherever it is rendered.
        what = f"the image has Python {number} ({why}), and the app runs here with {packaging.tried}"
        desk.warnings.append(f"{what}: `echo {packaging.tried} > .python-version` takes that one")
    return desk.chosen(key, f"python:{number}-slim-trixie", why, origin="detected" if packaging.python else "")


def _lock(desk: Desk, needs: Needs, packaging: Packaging) -> Chosen[str]:
    key, wanted, names = "container.lock", desk.settings.container.lock, [each.lock for each in packaging.found]
    if wanted != AUTO:
        if not needs.tool:
            desk.refuse(key, f"no dependencies can be read from {wanted}", f"there is: {', '.join(names) or 'none'}")
        return desk.chosen(key, needs.lock, AS_SET)
    if len(names) > 1:
        what = f"the dependencies could be installed from {' or from '.join(names)}"
        desk.refuse(key, what, f"say which, with --container-lock {names[0]} or in [container] of porch.toml")
    for file, command in () if names else packaging.unlocked:
        desk.refuse(key, f"{file} names the dependencies, but no lock says their versions", command)
    if not names and not packaging.unlocked:
        what = "no lock and no requirements.txt was found: the image has porch and the app server alone"
        desk.warnings.append(f"{what}; `pip freeze > requirements.txt` writes one of what is installed here")
        return desk.chosen(key, "", "the project has none")
    if needs.tool == "pyproject":
        desk.warnings.append(f"{needs.lock} locks no versions, so two builds may differ; `uv lock` writes a lock")
    return desk.chosen(key, needs.lock, f"the project has {needs.lock}", origin="detected")


def _added(desk: Desk, plan: Plan, needs: Needs) -> tuple[str, ...]:
    """The app servers that the dependencies do not bring: all that porch comes with, in a slim image the one."""
    wanted: list[str] = []
    for app in apps(plan):
        for each in servers.SERVERS:
            ours = app.app.interface.value in each.speaks and bool(set(BROUGHT) & set(each.packages))
            if each.name == app.server.name.value or (ours and not desk.settings.container.slim):
                brought = needs.packages.intersection(each.packages)
                wanted += [*((each.packages[0],) if not brought else ()), *each.quick_with]
        wanted += _for_workers(app, needs)
    wanted += [*(TLS if plan.tls.on else ()), *(WATCH if plan.run.watch.value else ())]
    return tuple(f"{name}=={VERSIONS[name]}" for name in sorted(set(wanted)) if name not in needs.packages)


def _for_workers(app: Plan, needs: Needs) -> Iterator[str]:
    """What that kind of worker comes from, unless the requirements name the extra of it, as `gunicorn[gevent]`."""
    server, kind = servers.by_name(app.server.name.value), app.server.worker_class.value
    if f"{server.name}-{kind}" not in needs.packages:
        # aiohttp itself is the app's own.
        yield from (name for name in server.worker_packages.get(kind, ()) if name in VERSIONS)


def _porch(desk: Desk, packaging: Packaging) -> Chosen[str]:
    key, wanted = "container.porch", desk.settings.container.porch
    if wanted == AUTO:
        return desk.chosen(key, packaging.porch, "the version that wrote this")
    if wanted.endswith(".whl") and "://" not in wanted and not desk.facts.places[desk.path(wanted)].exists:
        desk.refuse(key, f"there is no file {wanted}", "put the wheel there, or leave the setting out")
    return desk.chosen(key, wanted, AS_SET)


def _need_no_shell(desk: Desk, plan: Plan) -> None:
    """A slim image has none."""
    if not desk.settings.container.slim:
        return
    words = [plan.app.prestart.value, *(each.command for each in plan.processes.value)]
    for command in words:
        if command and command[0] in SHELLS:
            what = f"a slim image has no shell, and this needs one: {' '.join(command)}"
            desk.refuse("container.slim", what, "write it in Python, or leave --slim out")


def _environment(desk: Desk, outside: Said) -> Iterator[tuple[str, str]]:
    """What was typed for this image, and what takes back what files say of another machine."""
    for spec in settings.specs():
        origin = outside.origin(spec.key)
        if spec.key in OF_THE_MACHINE:
            # The Dockerfile itself says which interpreter.
            if spec.key in outside.origins and spec.key != "app.python":
                yield spec.variable, AUTO
        elif spec.section not in OF_FILES and _typed(origin):
            section = getattr(desk.settings, spec.section)
            yield spec.variable, spec.kind.show(getattr(section, spec.name) if spec.name else section)


def _typed(origin: str) -> bool:
    return origin.startswith("-") or origin == "command line"


def _ports(plan: Plan) -> tuple[int, ...]:
    addresses = [each for each in (*plan.http.listen.value, *plan.tls.redirect.value) if not each.startswith("unix:")]
    # As they were said, the app's before those that lead to HTTPS: `compose.publish` names one for each in that order.
    return tuple(dict.fromkeys(int(each.rpartition(":")[2]) for each in addresses))
