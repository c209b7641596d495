"""The folders of static files that an app serves by itself, so that nginx can do it instead.

Rule: only what the framework's own static handling would answer, unchanged: a subclass may guard its files, and is
left to the app.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from .kind import kind_of, unwrap

Pair = tuple[str, str]


def folders(app: Any, mount: str) -> list[Pair]:
    """Each URL, as a client sees it, with its folder; both end with a slash, and the folder is there."""
    inner = next(iter(unwrap(app)), app)
    find = FINDERS.get(kind_of(inner)[1])
    found = find(inner, mount) if find else ()
    pairs: dict[str, str] = {}
    for url, folder in found:
        path = Path(folder)
        # a site whose whole root is static has rules of its own (index pages, 404.html): it stays with the app
        if url.startswith("/") and url.strip("/") and path.is_absolute() and path.is_dir():
            pairs.setdefault(url.rstrip("/") + "/", str(path).rstrip("/") + "/")
    return sorted(pairs.items())


def _flask(app: Any, mount: str) -> Iterator[Pair]:
    """Flask and Quart: the app's own folder and those of its blueprints, by the rules that are really routed."""
    for rule in app.url_map.iter_rules():
        name, _, last = rule.endpoint.rpartition(".")
        owner = app.blueprints.get(name) if name else app
        if last != "static" or owner is None or not owner.static_folder or rule.host:
            continue
        url, _, rest = rule.rule.partition("<")
        if rest == "path:filename>":
            yield mount + url, str(owner.static_folder)


def _starlette(app: Any, mount: str) -> Iterator[Pair]:
    """Starlette and FastAPI: mounts of exactly `StaticFiles`."""
    for route in app.routes:
        path: str = getattr(route, "path", "")
        inner: Any = getattr(route, "app", None)
        if type(inner).__name__ == "StaticFiles" and type(inner).__module__ == "starlette.staticfiles":
            # `html` gives index pages and a 404 page, which nginx would not
            if inner.directory is not None and not inner.html:
                yield mount + path, str(Path(inner.directory).absolute())
        elif getattr(route, "routes", None) and type(route).__name__ == "Mount":
            yield from _starlette(route, mount + path)


def _aiohttp(app: Any, mount: str) -> Iterator[Pair]:
    """Static resources, those of sub-apps too, whose prefix they already carry."""
    for resource in app.router.resources():
        told = resource.get_info()
        if "directory" in told and "prefix" in told:
            yield mount + told["prefix"], str(told["directory"])
        elif "app" in told and "prefix" in told:
            yield from _aiohttp(told["app"], mount)


def _django(_app: Any, mount: str) -> Iterator[Pair]:
    """STATIC_ROOT after collectstatic; a relative URL is below the mount, an absolute one is not.

    MEDIA_ROOT holds uploads, which the app may hand out to some alone.
    """
    settings: Any = import_module("django.conf").settings
    urls: Any = import_module("django.urls")
    before = urls.get_script_prefix()
    urls.set_script_prefix(mount + "/")
    try:
        url, folder = settings.STATIC_URL, settings.STATIC_ROOT
    finally:
        urls.set_script_prefix(before)
    if url and folder:
        yield str(url), str(folder)


FINDERS = {
    "flask": _flask,
    "quart": _flask,
    "starlette": _starlette,
    "fastapi": _starlette,
    "aiohttp": _aiohttp,
    "django": _django,
}
