"""What is read of the machine: limits of control groups, containers, nginx's own words, interpreters, permissions."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import decided
from porch import facts
from porch.cgroups import Cgroups
from porch.facts import MIB, find_python, find_servers, out_of_reach, parse_nginx, search_path
from porch.places import Place, look

GIB = 1024 * MIB


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


V2 = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cgroup.controllers": "cpu memory"}
NESTED = V2 | {"proc/self/cgroup": "0::/user.slice/app.service"}
V1 = {"proc/self/cgroup": "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab"}
UNLIMITED_V1 = "9223372036854771712"
CGROUPS: list[tuple[str, dict[str, str], float | None, int | None]] = [
    ("nothing", {}, None, None),
    ("v2 without limits", V2 | {"sys/fs/cgroup/cpu.max": "max 100000", "sys/fs/cgroup/memory.max": "max"}, None, None),
    (
        "v2 in a container",
        V2 | {"sys/fs/cgroup/cpu.max": "150000 100000", "sys/fs/cgroup/memory.max": "536870912"},
        1.5,
        512 * MIB,
    ),
    (
        "v2, the limit is on a group above",
        NESTED
        | {
            "sys/fs/cgroup/user.slice/cpu.max": "50000 100000",
            "sys/fs/cgroup/user.slice/app.service/cpu.max": "max 100000",
            "sys/fs/cgroup/user.slice/memory.max": str(GIB),
            "sys/fs/cgroup/user.slice/app.service/memory.max": str(2 * GIB),
        },
        0.5,
        GIB,
    ),
    (
        "v2, the limit is on the group itself",
        NESTED
        | {
            "sys/fs/cgroup/user.slice/cpu.max": "400000 100000",
            "sys/fs/cgroup/user.slice/app.service/cpu.max": "250000 50000",
        },
        4,
        None,
    ),
    ("v2, a group that is not ours", NESTED | {"sys/fs/cgroup/other/cpu.max": "1 100000"}, None, None),
    ("v2, an odd file", V2 | {"sys/fs/cgroup/cpu.max": "", "sys/fs/cgroup/memory.max": "lots"}, None, None),
    (
        "v1 without limits",
        V1
        | {
            "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes": UNLIMITED_V1,
        },
        None,
        None,
    ),
    (
        "v1",
        V1
        | {
            "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "150000",
            "sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes": str(GIB),
        },
        1.5,
        GIB,
    ),
    (
        "v1 in a container, where the group is the root of the mount",
        V1
        | {
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(GIB),
        },
        2,
        GIB,
    ),
    (
        "v1 with the controllers in the other order",
        V1
        | {
            "sys/fs/cgroup/cpuacct,cpu/docker/ab/cpu.cfs_quota_us": "50000",
            "sys/fs/cgroup/cpuacct,cpu/docker/ab/cpu.cfs_period_us": "100000",
        },
        0.5,
        None,
    ),
    (
        "v1 with a quota and no period",
        V1 | {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000"},
        None,
        None,
    ),
    (
        "hybrid: the limits are on v1, v2 is mounted beside",
        {
            "proc/self/cgroup": "4:memory:/a\n3:cpu,cpuacct:/a\n0::/a",
            "sys/fs/cgroup/unified/a/cgroup.procs": "1",
            "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "300000",
            "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2 * GIB),
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": str(3 * GIB),
        },
        3,
        2 * GIB,
    ),
    (
        "hybrid: the memory limit is on v2",
        {"proc/self/cgroup": "0::/a", "sys/fs/cgroup/unified/a/memory.max": str(GIB)},
        None,
        GIB,
    ),
]


@pytest.mark.parametrize(("files", "cores", "memory"), [case[1:] for case in CGROUPS], ids=[c[0] for c in CGROUPS])
def test_limits_of_control_groups(
    tmp_path: Path, files: dict[str, str], cores: float | None, memory: int | None
) -> None:
    """The smallest limit of all levels counts, in v1, v2 and both; none is None."""
    groups = Cgroups(tree(tmp_path, files))
    assert (groups.cores(), groups.memory()) == (cores, memory)


def test_the_machine_is_what_may_be_used(tmp_path: Path) -> None:
    """Cores and memory are the smaller of the machine's and the limit's, and it is said which."""
    root = tree(
        tmp_path,
        V2
        | {
            "sys/fs/cgroup/cpu.max": "25000 100000",
            "sys/fs/cgroup/memory.max": str(256 * MIB),
            "proc/meminfo": "MemTotal:  2097152 kB",
            "proc/sys/net/core/somaxconn": "128",
        },
    )
    read = facts.machine(root, {})
    assert (read.cores, read.cores_from) == (0.25, "cgroup CPU quota")
    assert (read.memory, read.memory_from) == (256 * MIB, "cgroup memory limit")
    assert read.somaxconn == 128


def test_a_limit_above_the_machine_is_none(tmp_path: Path) -> None:
    """A quota of more cores, or a limit of more memory, than there is changes nothing."""
    limits = {"sys/fs/cgroup/cpu.max": "99900000 100000", "sys/fs/cgroup/memory.max": str(64 * GIB)}
    read = facts.machine(tree(tmp_path, V2 | limits | {"proc/meminfo": "MemFree: 1 kB\nMemTotal: 1048576 kB"}), {})
    assert (read.cores, read.cores_from) == (len(os.sched_getaffinity(0)), "CPUs this process may use")
    assert (read.memory, read.memory_from) == (GIB, "memory of the machine")


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    """Without /proc there is still memory, and the kernel's usual queue."""
    read = facts.machine(tmp_path, {})
    assert read.memory == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert (read.somaxconn, read.container) == (4096, False)


@pytest.mark.parametrize(
    ("files", "environ"),
    [
        ({".dockerenv": ""}, {}),
        ({"run/.containerenv": ""}, {}),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}),
        ({}, {"container": "podman"}),
    ],
)
def test_a_container_is_known_by_its_marks(tmp_path: Path, files: dict[str, str], environ: dict[str, str]) -> None:
    """Docker, Podman, Kubernetes and systemd-nspawn each leave a mark."""
    assert facts.machine(tree(tmp_path, files), environ).container


def test_debians_nginx_is_read() -> None:
    """Version and modules of Debian's nginx; a dynamic module is not there until it is loaded."""
    found = decided.DEBIAN
    assert (found.version, found.embedded) == ((1, 22, 1), False)
    assert {"http_ssl", "http_v2", "http_realip", "http_gzip_static", "http_stub_status", "pcre_jit"} <= found.modules
    assert {"http_proxy", "http_uwsgi", "http_map", "http_geo", "http_upstream_keepalive"} <= found.modules
    assert not {"http_perl", "http_geoip", "http_image_filter", "stream_geoip"} & found.modules


def test_the_embedded_nginx_is_read() -> None:
    """The wheel's nginx is newer and has less."""
    found = decided.WHEEL
    assert (found.version, found.embedded) == ((1, 31, 3), True)
    assert {"http_realip", "http_uwsgi", "http_map"} <= found.modules
    assert not {"http_gzip_static", "pcre_jit", "http_stub_status"} & found.modules


NAMES = [
    ("nginx version: nginx/1.24.0 (Ubuntu)", (1, 24, 0)),
    ("nginx version: openresty/1.27.1.2", (1, 27, 1)),
    ("freenginx version: freenginx/1.29.0", (1, 29, 0)),
    ("Angie version: Angie/1.10.3\nnginx version: nginx/1.27.5", (1, 27, 5)),
    ("Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0", (1, 24, 0)),
]


@pytest.mark.parametrize(("told", "version"), NAMES)
def test_relatives_of_nginx_are_read(told: str, version: tuple[int, int, int]) -> None:
    """What is built from nginx is known by the nginx that it is built from."""
    found = parse_nginx("/x/nginx", f"{told}\nconfigure arguments: --with-http_v2_module")
    assert found
    assert (found.binary, found.version) == ("/x/nginx", version)
    assert "http_v2" in found.modules


def test_what_was_left_out_is_not_there() -> None:
    """A module that was built without is missing, whatever is usual."""
    told = "nginx version: nginx/1.28.0\nconfigure arguments: --without-http_uwsgi_module --without-http_geo_module"
    found = parse_nginx("/x/nginx", told)
    assert found
    assert not {"http_uwsgi", "http_geo"} & found.modules
    assert {"http_proxy", "http_map"} <= found.modules


@pytest.mark.parametrize("told", ["", "Python 3.11.2", "nginx version: nginx", "Apache/2.4.66"])
def test_what_is_no_nginx_is_none(told: str) -> None:
    """A program that does not answer as nginx does is none."""
    assert parse_nginx("/bin/true", told) is None


def test_the_interpreter_is_porchs_own_when_nothing_else_is_there(tmp_path: Path) -> None:
    """Without a word and without a virtual environment the app runs on porch's own interpreter."""
    assert find_python(tmp_path, "auto") == (sys.executable, "the interpreter that runs porch")


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_projects_environment_is_found(tmp_path: Path, name: str) -> None:
    """A virtual environment in the project runs its app."""
    tree(tmp_path, {f"{name}/bin/python": ""})
    assert find_python(tmp_path, "auto") == (str(tmp_path / name / "bin/python"), f"the project has {name}")


def test_the_hidden_environment_comes_first(tmp_path: Path) -> None:
    """Of two environments `.venv` is taken."""
    tree(tmp_path, {".venv/bin/python": "", "venv/bin/python": ""})
    assert find_python(tmp_path, "auto")[1] == "the project has .venv"


def test_an_environment_that_may_not_be_read_is_the_projects_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its interpreter is a link into somebody's home; to take another one in silence would only hide that."""
    tree(tmp_path, {".venv/bin/python": ""})
    real = Path.stat

    def stat(path: Path, **how: Any) -> os.stat_result:
        if path.name == "python":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **how)

    monkeypatch.setattr(Path, "stat", stat)
    python = str(tmp_path / ".venv/bin/python")
    assert find_python(tmp_path, "auto") == (python, "the project has .venv")
    assert look(Path(python)) == Place(False, barred=True)


def test_a_link_to_nothing_is_no_environment(tmp_path: Path) -> None:
    """As a container sees the environment of the machine that the project lies on."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to("/none/python3")
    assert find_python(tmp_path, "auto") == (sys.executable, "the interpreter that runs porch")


def test_porchs_own_environment_is_not_taken_for_the_projects() -> None:
    """Where porch is installed in the project's environment, that is its own interpreter."""
    assert find_python(Path(sys.prefix).parent, "auto") == (sys.executable, "the interpreter that runs porch")


@pytest.mark.parametrize(("wanted", "found"), [("env/bin/python", "/srv/app/env/bin/python"), ("/x/py", "/x/py")])
def test_a_named_interpreter_is_taken(wanted: str, found: str) -> None:
    """A path is relative to the project, and nothing is looked for."""
    assert find_python(Path("/srv/app"), wanted) == (found, "as set")


def test_servers_are_read_from_their_metadata(tmp_path: Path) -> None:
    """Servers of an environment are known by their metadata folders, without starting its interpreter."""
    packages = "lib/python3.12/site-packages"
    folders = ("gunicorn-23.0.0", "PyUWSGI-2.0.30", "Flask-3.1.0", "granian_extra-1.0")
    tree(tmp_path, {"pyvenv.cfg": "", "bin/python": ""} | {f"{packages}/{x}.dist-info/METADATA": "" for x in folders})
    # As Debian 12's pip installs it, which comes without a wheel.
    tree(tmp_path, {f"{packages}/uWSGI-2.0.31-py3.12.egg-info/PKG-INFO": ""})
    python = str(tmp_path / "bin/python")
    assert search_path(python) == (str(tmp_path / packages),)
    assert find_servers(python) == {"gunicorn": "23.0.0", "pyuwsgi": "2.0.30", "uwsgi": "2.0.31"}


def test_porchs_own_path_needs_no_question() -> None:
    """Its own interpreter's path is the one that it has."""
    assert search_path(sys.executable) == tuple(sys.path)


OTHER = next(each.pw_name for each in pwd.getpwall() if each.pw_uid not in {0, os.geteuid()})


def test_a_place_that_all_may_read_is_in_reach(tmp_path: Path) -> None:
    """Where every folder on the way is open, nothing bars another user."""
    tree(tmp_path, {"a/b": ""})
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o011)
    assert out_of_reach(OTHER, [str(tmp_path / "a/b")]) == ""


@pytest.mark.parametrize(("closed", "mode"), [("a", 0o700), ("a/b", 0o710), ("a/b/c", 0o600)])
def test_the_first_closed_place_is_named(tmp_path: Path, closed: str, mode: int) -> None:
    """The first folder that may not be entered, or the file that may not be read, is what bars the way."""
    tree(tmp_path, {"a/b/c": ""})
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o011)
    (tmp_path / closed).chmod(mode)
    assert out_of_reach(OTHER, [str(tmp_path / "a/b/c")]) == str(tmp_path / closed)


def test_its_owner_reaches_a_closed_place(tmp_path: Path) -> None:
    """What belongs to the user is not barred by what others may not."""
    tree(tmp_path, {"a/b": ""})
    (tmp_path / "a").chmod(0o700)
    assert out_of_reach(pwd.getpwuid(os.geteuid()).pw_name, [str(tmp_path / "a/b")]) == ""


def test_a_place_that_is_not_there_bars(tmp_path: Path) -> None:
    """A missing file is named, since it cannot be read either."""
    missing = tmp_path / "none"
    assert out_of_reach(pwd.getpwuid(os.geteuid()).pw_name, [str(missing)]) == str(missing)


def test_users_are_looked_up() -> None:
    """A user of this machine is known, another is not."""
    assert facts.user_exists(pwd.getpwuid(os.geteuid()).pw_name)
    assert not facts.user_exists("nobody-of-that-name")


def test_name_servers_are_those_of_the_resolver(tmp_path: Path) -> None:
    """They are told as nginx reads them; one that is bound to an interface cannot be asked by it."""
    told = (
        "# nameserver 9.9.9.9\nsearch x\nnameserver 127.0.0.11\nnameserver ::1\nnameserver fe80::1%eth0\nnameserver\n"
    )
    assert facts.machine(tree(tmp_path, {"etc/resolv.conf": told}), {}).resolvers == ("127.0.0.11", "[::1]")
    assert facts.machine(tree(tmp_path / "none", {"x": ""}), {}).resolvers == ()


STATE = [
    (0, {}, "/var/lib/porch"),
    (1000, {"XDG_STATE_HOME": "/home/ada/state"}, "/home/ada/state/porch"),
    (1000, {"XDG_STATE_HOME": "relative", "HOME": "/home/ada"}, "/home/ada/.local/state/porch"),
    (0, {"STATE_DIRECTORY": "/var/lib/shop:/var/lib/other"}, "/var/lib/shop/porch"),
]


@pytest.mark.parametrize(("uid", "environ", "folder"), STATE)
def test_keys_are_kept_where_state_belongs(
    uid: int, environ: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's in /var/lib, a user's in their own state folder, a service's where systemd says."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setenv("HOME", environ.get("HOME", "/root"))
    assert facts._state_folder(environ) == folder


LOW = [
    (0, {}, True),
    (1000, {}, False),
    (1000, {"proc/sys/net/ipv4/ip_unprivileged_port_start": "80\n"}, True),
    (1000, {"proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n"}, False),
    (1000, {"proc/self/status": "Name:\tx\nCapEff:\t0000000000000400\n"}, True),
    (1000, {"proc/self/status": "Name:\tx\nCapEff:\t0000000000000800\n"}, False),
]


@pytest.mark.parametrize(("uid", "files", "may"), LOW)
def test_who_may_listen_on_port_80(
    uid: int, files: dict[str, str], may: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, who has the right to, and anyone where the machine lets everyone."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert facts._low_ports(tree(tmp_path, files)) is may
