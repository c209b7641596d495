"""Binds the public addresses, before anything is started.

Rule: the supervisor owns the listening sockets and nginx inherits them, so connections wait in the queue while nginx is
restarted, an unprivileged nginx can serve port 80, and a busy port is known before the app is started.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import procfs

BACKLOG = 4096
"""The kernel cuts it to net.core.somaxconn."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    text: str
    kind: Literal["ipv4", "ipv6", "unix"]
    host: str
    """Without brackets; the path of a unix socket."""
    port: int

    @property
    def reach(self) -> tuple[str, int]:
        """Where this machine itself can connect to it: a wildcard is reached over loopback."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port  # noqa: S104 - compares


def parse(text: str) -> Address:
    """Read `127.0.0.1:8080`, `[::1]:8443` or `unix:/path`."""
    if text.startswith("unix:"):
        return Address(text, "unix", text.removeprefix("unix:"), 0)
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        fix = "write it as 127.0.0.1:8080, [::1]:8443 or unix:/path"
        raise Refused(Problem(f"{text!r} is not an address to listen on", fix=fix, exit=Exit.USAGE))
    if host.startswith("["):
        return Address(text, "ipv6", host.strip("[]"), int(port))
    return Address(text, "ipv4", host, int(port))


def bind(
    addresses: Iterable[str], owner: tuple[int, int] | None = None, passed: Mapping[str, int] | None = None
) -> tuple[socket.socket, ...]:
    """Listen on every address, or on none and say all that is in the way; `owner` gets the unix sockets.

    What is `passed`, as a descriptor for an address, is taken as it is.
    """
    bound: list[socket.socket] = []
    problems: list[Problem] = []
    for address in map(parse, addresses):
        try:
            descriptor = (passed or {}).get(address.text)
            bound.append(_bind(address, owner) if descriptor is None else _taken(descriptor))
        except OSError as error:
            problems.append(_problem(address, error))
    if problems:
        for listener in bound:
            release(listener)
        raise Refused(*problems)
    return tuple(bound)


def hindrances(addresses: Iterable[str]) -> list[Problem]:
    """What is in the way of listening there, without doing so; what is in use may be the running instance's own."""
    problems: list[Problem] = []
    for address in map(parse, addresses):
        try:
            release(_named(address))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                problems.append(_problem(address, error))
    return problems


def _taken(descriptor: int) -> socket.socket:
    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)
    return listener


def release(listener: socket.socket) -> None:
    """Stop listening, and leave no socket file."""
    if listener.family == socket.AF_UNIX:
        remove_socket(listener.getsockname())
    listener.close()


def _bind(address: Address, owner: tuple[int, int] | None) -> socket.socket:
    if address.kind == "unix":
        clear_stale(address.host)
    listener = _named(address)
    try:
        if address.kind == "unix":
            # As nginx itself makes it: who may connect is decided by the folder that it lies in.
            Path(address.host).chmod(0o666)
            if owner is not None:
                os.chown(address.host, *owner)
        listener.listen(BACKLOG)
        # nginx expects it of what it inherits: its workers share one queue, and the slower must not wait.
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _named(address: Address) -> socket.socket:
    """A socket with that address, to which nobody can connect yet."""
    families = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6, "unix": socket.AF_UNIX}
    named = socket.socket(families[address.kind], socket.SOCK_STREAM)
    try:
        if address.kind != "unix":
            named.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.kind == "ipv6":
            named.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        named.bind(address.host if address.kind == "unix" else (address.host, address.port))
    except BaseException:
        named.close()
        raise
    return named


def is_socket(path: str) -> bool:
    """Whether a socket lies there, not a link to one."""
    try:
        return stat.S_ISSOCK(Path(path).lstat().st_mode)
    except OSError:
        return False


def answers(path: str) -> bool:
    """Whether someone listens on this unix socket: connecting is the only proof."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:
            # Its queue is full: somebody is there.
            return True
        except OSError:
            return False
        return True


def clear_stale(path: str) -> None:
    """Remove a socket that nobody listens on; anything else is left alone."""
    if is_socket(path) and not answers(path):
        remove_socket(path)


def remove_socket(path: str) -> None:
    """Remove the path if it is a socket."""
    if is_socket(path):
        Path(path).unlink()


def _problem(address: Address, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return _busy(address)
    if error.errno in (errno.EACCES, errno.EPERM):
        return _forbidden(address)
    if error.errno == errno.EADDRNOTAVAIL:
        what = f"cannot listen on {address.text}: this machine has no such address"
        fix = f"listen on every address with --listen 0.0.0.0:{address.port}, or on one that `ip address` shows"
    elif address.kind == "ipv6" and error.errno == errno.EAFNOSUPPORT:
        what, fix = f"cannot listen on {address.text}: this machine has no IPv6", "listen on an IPv4 address"
    elif address.kind == "unix" and error.errno == errno.ENOENT:
        what, fix = f"cannot listen on {address.text}: there is no such folder", f"mkdir {Path(address.host).parent}"
    else:
        reason = error.strerror or str(error)
        what, fix = f"cannot listen on {address.text}: {reason}", "choose another address with --listen"
    return Problem(what, where=address.text, fix=fix, exit=Exit.MACHINE)


def _busy(address: Address) -> Problem:
    pid = procfs.path_holder(address.host) if address.kind == "unix" else procfs.port_holder(address.port)
    if pid is not None:
        holder = f" by process {pid} ({procfs.command(pid)})"
    else:
        holder = "" if address.kind == "unix" else " by a process that this user cannot see"
    other = f"{address.text}.2" if address.kind == "unix" else str(address.port % 65535 + 1)
    fix = f"stop that process, or listen elsewhere: --listen {other}"
    if address.kind == "unix" and not is_socket(address.host):
        holder, fix = ": the path is there and is no socket", f"listen elsewhere: --listen {other}"
    return Problem(f"{address.text} is already in use{holder}", where=address.text, fix=fix, exit=Exit.MACHINE)


def _forbidden(address: Address) -> Problem:
    if address.kind == "unix":
        fix = f"listen in a folder that you may write to, or make {Path(address.host).parent} writable"
    else:
        fix = (
            f"listen on a port from 1024 on: --listen {8000 + address.port % 1000}; or run as root with --user NAME; "
            f"or allow it for all: sysctl net.ipv4.ip_unprivileged_port_start={address.port}"
        )
    what = f"this user may not listen on {address.text}"
    return Problem(what, where=address.text, fix=fix, exit=Exit.MACHINE)
