"""What differs at some paths of the app: `[[path]]`.

Rule: a path that could have no effect is refused, so that nobody believes in a limit that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from porch.decide.desk import Desk
from porch.plan import HEALTH_LIVE, PathPlan, Protocol, Static
from porch.plan.apps import owner
from porch.plan.chosen import Chosen
from porch.settings.dotted import hidden
from porch.settings.path import Path

KEY = "path"
ROUTES, DOTTED = "app.routes", "app.dotted"
ABOVE = 2
"""Seconds that nginx waits longer than the app server, as for the app as a whole."""


def paths(desk: Desk, static: Sequence[Static], protocols: Mapping[str, Protocol]) -> Chosen[tuple[PathPlan, ...]]:
    """Each path with what differs there; `protocols` by the prefix of the further apps, empty for the main one."""
    _useless_routes(desk, static)
    _useless_dotted(desk, static)
    wanted = desk.settings.path
    for url, path in wanted:
        why = _useless(desk, url, static)
        if why:
            desk.refuse(KEY, f'"{url}": {why}', "correct the URL, or take the table out")
        if path.timeout is not None and path.timeout < 1:
            desk.refuse(KEY, f'"{url}": nothing is done in less than a second', "for example timeout = 30s")
    plans = tuple(_plan(desk, url, path, protocols[owner(protocols, url)]) for url, path in wanted)
    return desk.chosen(KEY, plans, "these differ from the limits of the app" if plans else "all paths are alike")


def mount(desk: Desk) -> Chosen[str]:
    """The prefix that the app's routes are below, which must not be hidden."""
    key, prefix = "app.mount", desk.settings.app.mount
    if parts := hidden(prefix):
        what = f"{parts[0]} in {prefix} is hidden, and nginx answers 404"
        desk.refuse(key, what, "choose another prefix, such as /api")
    return desk.chosen(key, prefix, "the app's routes are below this prefix" if prefix else "at /")


def routes(desk: Desk) -> Chosen[tuple[str, ...]]:
    """The URLs that are the app's, each of which a request can reach."""
    key, wanted, mount = ROUTES, desk.settings.app.routes, desk.settings.app.mount
    if wanted and mount:
        fix = f"take it out, or take the prefix {mount} out of app.mount"
        desk.refuse(key, f"the app is mounted at {mount}, so all URLs below that are its own", fix)
    reason = "nginx answers all others" if wanted else f"all below {mount}" if mount else "every URL"
    return desk.chosen(key, wanted, reason)


def dotted(desk: Desk) -> Chosen[tuple[str, ...]]:
    """The hidden URLs that are an app's all the same."""
    wanted = desk.settings.app.dotted
    return desk.chosen(
        DOTTED, wanted, "nginx answers 404 for all other hidden URLs" if wanted else "no hidden URL is the app's"
    )


def _useless_dotted(desk: Desk, static: Sequence[Static]) -> None:
    """Refuse hidden URLs that would never reach the app."""
    for url in desk.settings.app.dotted:
        why = _outside(desk, url) or _elsewhere(desk, url, static)
        if why:
            desk.refuse(DOTTED, f'"{url}": {why}', "correct the URL, or take it out")


def _useless_routes(desk: Desk, static: Sequence[Static]) -> None:
    """Refuse routes that would never reach the app."""
    for url in desk.settings.app.routes:
        why = f"{hidden(url)[0]} is hidden; name it in {DOTTED} alone" if hidden(url) else _elsewhere(desk, url, static)
        if why:
            desk.refuse(ROUTES, f'"{url}": {why}', "correct the URL, or take it out")


def longest(desk: Desk) -> tuple[int, str]:
    """The longest time that a path of this app allows, and its URL; 0 where none says one."""
    prefixes, mount = dict(desk.settings.mounts), desk.settings.app.mount
    own = mount if mount in prefixes else ""
    times = [(path.timeout or 0, url) for url, path in desk.settings.path if owner(prefixes, url) == own]
    return max(times, default=(0, ""))


def _useless(desk: Desk, url: str, static: Sequence[Static]) -> str:
    """Why nothing below that URL is ever passed to the app; empty when it is."""
    further = dict(desk.settings.mounts)
    if url.rstrip("/") in further:
        return f'that is a whole app, and its limits stand in [mounts."{url.rstrip("/")}"]'
    mount = "" if owner(further, url) else desk.settings.app.mount
    if mount and url.rstrip("/") == mount:
        return "that is the whole app, and its limits stand in [limits]"
    if outside := _outside(desk, url):
        return outside
    own = () if owner(further, url) else desk.settings.app.routes
    if own and not any(_below(url, route) for route in (*own, *desk.settings.app.dotted)):
        return f"it is not below {', '.join(own)}, where the app is"
    return _elsewhere(desk, url, static)


def _outside(desk: Desk, url: str) -> str:
    """Why the URL is no app's; empty where it is below the prefix of one."""
    mount = "" if owner(dict(desk.settings.mounts), url) else desk.settings.app.mount
    return f"it is not below {mount}, where the app is" if mount and not url.startswith(mount + "/") else ""


def _below(url: str, route: str) -> bool:
    """Whether the route has that URL, and all below it where it is for more than one."""
    return url == route or (route.endswith("/") and f"{url.rstrip('/')}/".startswith(route))


def _elsewhere(desk: Desk, url: str, static: Sequence[Static]) -> str:
    """Who else answers there; empty when it is the app."""
    if url.rstrip("/") in dict(desk.settings.mounts):
        return "that is a whole app of its own, in [mounts]"
    if url.startswith(HEALTH_LIVE.rpartition("/")[0]):
        return "porch itself answers there"
    parts = hidden(url)
    if len(parts) > 1 or (parts and not any(_below(url, each) for each in desk.settings.app.dotted)):
        return f"{parts[-1]} is hidden, and nginx answers 404 but for what {DOTTED} names"
    files = [each.url for each in static if _with_files(each, url)]
    return f"nginx answers {files[0]} with files" if files else ""


def _with_files(static: Static, url: str) -> bool:
    """Below a folder of an app a single URL may be a route of it; a whole part would take the files to the app."""
    if url == static.url:
        return True
    below = static.url.endswith("/") and url.startswith(static.url)
    return below and (url.endswith("/") or not static.of_app)


def _plan(desk: Desk, url: str, path: Path, protocol: Protocol) -> PathPlan:
    spooled = path.request_buffering
    if protocol == "uwsgi" and spooled is False:
        desk.warnings.append(
            f'{KEY} "{url}": request_buffering stays on, because the uwsgi protocol must be told the length of a body'
        )
        spooled = None
    return PathPlan(
        url=url,
        body=path.body,
        read=None if path.timeout is None else path.timeout + ABOVE,
        buffering=path.buffering,
        request_buffering=spooled,
        rate=path.rate,
    )
