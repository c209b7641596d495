"""What nginx answers by itself: folders, files and pages.

Rule: a folder is public only where no code or secret is in it, and no URL has two answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath as Path

from porch.decide.desk import Desk
from porch.plan import HEALTH_LIVE, HEALTH_READY, FilesPlan, Static
from porch.plan.apps import owner
from porch.plan.chosen import Chosen
from porch.settings.dotted import hidden
from porch.values import PAIRS, show_seconds

INDEX = "index.html"
MANIFEST = "staticfiles.json"
"""What Django's `ManifestStaticFilesStorage` writes beside the files, in `STATIC_ROOT`."""


def files(desk: Desk, static: Sequence[Static]) -> FilesPlan:
    """How files are answered for, and the pages; `static` is what is public anyway."""
    wanted = desk.settings.files.found
    return FilesPlan(
        found=desk.chosen(
            "files.found", wanted, f"folders found in the app are answered for by {'nginx' if wanted else 'it'}"
        ),
        hashed=desk.chosen("files.hashed", desk.settings.files.hashed, "a changed file has another name"),
        protected=_protected(desk, static),
        expires=_expires(desk),
        home_page=_home_page(desk),
        maintenance=_maintenance(desk),
        single_page=_single_page(desk, static),
    )


def found_static(desk: Desk) -> tuple[Static, ...]:
    """Folders that were found in the app and that nginx can answer for."""
    if desk.settings.files.found and not desk.settings.static:
        desk.warnings.extend(desk.finding.warnings)
    return tuple(each for each in (_detected(desk, url, folder) for url, folder in _found(desk)) if each)


def static(desk: Desk, further: Iterable[Static] = ()) -> Chosen[tuple[Static, ...]]:
    """Folders and files that nginx answers for: those found in the apps, and those that were set."""
    found = list(_as_answered(desk, [*found_static(desk), *further]))
    said = [each for each in (_said(desk, url, path) for url, path in desk.settings.static) if each]
    # What was found and is set too, as `porch init` writes it, stays the app's.
    both = {(each.url, each.path): each for each in found}
    merged = {each.url: both.get((each.url, each.path), each) for each in (*found, *said)}
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
    if not desk.settings.files.found:
        return []
    # The app's own URLs are below its mount, but for rooted ones; those that the user sets are as clients see them.
    mount = desk.settings.app.mount
    return [(each.url if each.rooted else mount + each.url, each.folder) for each in desk.finding.statics]


def _as_answered(desk: Desk, found: Iterable[Static]) -> Iterator[Static]:
    """Those of all apps, one for each URL, with whether an app answers for the rest there."""
    first: dict[str, Static] = {}
    said = {f"{url.rstrip('/')}/" for url, _ in desk.settings.static}
    for each in found:
        if first.setdefault(each.url, each).path != each.path and each.url not in said:
            what = f"{each.url} stands for {first[each.url].path} and for {each.path}, of two apps"
            desk.warnings.append(f"{what}: files of the former are answered; give one of the apps another URL for them")
    return (replace(each, of_app=_of_an_app(desk, each.url)) for each in first.values())


def _of_an_app(desk: Desk, url: str) -> bool:
    """Whether what is no file below that URL is asked of an app: what lies outside of their prefixes is nobody's."""
    app = desk.settings.app
    further = owner(dict(desk.settings.mounts), url)
    return bool(further) or not (app.routes or (app.mount and not owner([app.mount], url)))


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
    if why := _taken_url(desk, url) or _hidden(url):
        desk.warnings.append(f"{url} is left to the app: {why}")
        return None
    return _folder(desk, url, folder)


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
    elif why := _taken_url(desk, url) or (_hidden(url) if place.folder else ""):
        desk.refuse("static", f"{url}: {why}", "choose another URL, such as /static/")
    else:
        return _folder(desk, url, path) if place.folder else Static(url.rstrip("/"), path)
    return None


def _folder(desk: Desk, url: str, path: str) -> Static:
    bare = path.rstrip("/")
    return Static(f"{url.rstrip('/')}/", f"{bare}/", collected=desk.facts.places[f"{bare}/{MANIFEST}"].exists)


def _taken_url(desk: Desk, url: str) -> str:
    """Why the URL is not free; empty when it is."""
    bare = url.rstrip("/")
    if bare and bare in {desk.settings.app.mount, *dict(desk.settings.mounts)}:
        return f"the whole app is mounted at {bare}"
    if bare in {HEALTH_LIVE, HEALTH_READY}:
        return "porch answers there whether the app is well"
    return ""


def _hidden(url: str) -> str:
    """Why nothing of a folder at that URL would be answered; empty where files would be."""
    return f"{hidden(url)[0]} is hidden, and nginx answers 404 for all below it" if hidden(url) else ""


def _too_wide(desk: Desk, path: str) -> bool:
    """Whether the folder is the project's own or one above it."""
    project = Path(desk.facts.folder)
    return Path(path) == project or Path(path) in project.parents


def _protected(desk: Desk, public: Sequence[Static]) -> Chosen[tuple[Static, ...]]:
    """Folders whose files are sent where the app says so."""
    found: list[Static] = []
    for url, text in desk.settings.files.protected:
        path, where = desk.path(text), f"{url.rstrip('/')}/"
        if not desk.facts.places[path].folder:
            desk.refuse("files.protected", f"{url}: there is no folder {path}", "create it, or correct the path")
        elif where in {each.url for each in public} or _taken_url(desk, url):
            why = _taken_url(desk, url) or "it is public: nginx answers for it to everybody"
            desk.refuse("files.protected", f"{url}: {why}", "choose another URL, such as /protected/")
        else:
            found.append(Static(where, f"{path.rstrip('/')}/"))
    reason = "sent where the app's answer names a file of it" if found else "no answer of the app opens a file"
    return desk.chosen("files.protected", tuple(found), reason)


def _expires(desk: Desk) -> Chosen[int]:
    """How long static files are kept by browsers."""
    seconds = desk.settings.files.expires
    why = f"browsers keep a file {show_seconds(seconds)} before they ask again" if seconds else "browsers ask each time"
    return desk.chosen("files.expires", seconds, why)


def _home_page(desk: Desk) -> Chosen[str]:
    """The file that `/` is answered with."""
    wanted = desk.settings.files.home_page
    reason = "answered by nginx" if wanted else "the app answers /"
    return desk.chosen("files.home_page", _page(desk, "files.home_page", wanted), reason)


def _maintenance(desk: Desk) -> Chosen[str]:
    """The page that stands in place of the app while somebody works on it."""
    key, wanted = "files.maintenance", desk.settings.files.maintenance
    reason = "in place of the app, while maintenance is on" if wanted else "there is no page for it"
    return desk.chosen(key, _page(desk, key, wanted), reason)


def _page(desk: Desk, key: str, wanted: str) -> str:
    """The file, absolute; refused where it is none that everybody may read."""
    if not wanted:
        return ""
    path = desk.path(wanted)
    place = desk.facts.places[path]
    if not place.exists or place.folder:
        desk.refuse(key, f"there is no file {path}", "check the path; it is relative to the project")
    elif place.exposed:
        what = f"{path} is {place.exposed}, which no visitor may read"
        desk.refuse(key, what, "name a page, such as static/index.html")
    return path


def _single_page(desk: Desk, static: Sequence[Static]) -> Chosen[str]:
    """The page that stands for all URLs that nobody else answers; the folder that it lies in is public."""
    key, wanted = "files.single_page", desk.settings.files.single_page
    if not wanted:
        return desk.chosen(key, "", "no page stands for other URLs")
    path = desk.path(wanted)
    if desk.facts.places[path].folder:
        path = f"{path.rstrip('/')}/{INDEX}"
    folder, _, name = path.rpartition("/")
    place, around = desk.facts.places[path], desk.facts.places[folder]
    app = desk.settings.app
    if not app.mount and not app.routes:
        fix = 'name those that are the app\'s, such as app.routes = ["/api/"], or mount it with app.mount = "/api"'
        desk.refuse(key, "every URL is the app's, so none is left for the page", fix)
    if not place.exists or place.folder:
        desk.refuse(key, f"there is no page {path}", "build it first, or correct the path")
    elif _too_wide(desk, folder):
        what = f"{folder} is public with the page, and holds the whole project; anyone could read its code and settings"
        desk.refuse(key, what, "have the page built into a folder of its own, such as dist/")
    elif around.exposed:
        what = f"{folder} is public with the page, and holds {around.exposed}, which no visitor may read"
        desk.refuse(key, what, "move it out, or have the page built into a folder of its own")
    elif not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        desk.refuse(key, f'"{name}" is no plain name for a page', f"rename it, for example to {INDEX}")
    elif f"/{name}" in {*(each.url for each in static), *app.routes, *dict(desk.settings.mounts)}:
        desk.refuse(key, f"/{name} is answered by something else", "rename the page, or take the other out")
    _tell_how_far(desk, Static("/", f"{folder}/"))
    return desk.chosen(key, path, "a file beside it, else the page itself, for each URL that is not the app's")
