"""Django's static files: where they are, which command collects them, and whether anybody answers for them.

Rule: `STATIC_ROOT` under `STATIC_URL`; never `MEDIA_ROOT`, whose files the app may hand out to some alone. A warning is
given only where nothing that could answer for the files is seen in the project.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from porch.frameworks.django_settings import lookup, manages, named, own, value
from porch.frameworks.finding import Statics
from porch.frameworks.reading import Module
from porch.frameworks.statics import Place, merged
from porch.frameworks.trace import Tracer

URL, ROOT = "STATIC_URL", "STATIC_ROOT"
UPLOADS = "holds uploads, which are left to the app; if everyone may read them, name it with --static URL=FOLDER"
INSTALLED = b"django.contrib.staticfiles"
ANSWER = (
    b"whitenoise", b"servestatic", b"dj_static", b"StaticFilesHandler", b"views.static", b"staticfiles.views",
    b"storages.", b"_storage.", b"cloudinary",
)  # fmt: skip
"""Words of what answers for static files by itself, or keeps them on another host."""
ANSWER_DEBUG = (b"staticfiles_urlpatterns", b"static(settings.STATIC_URL")
"""Of what does so with `DEBUG = True` alone."""


def statics(tracer: Tracer, settings: Module, gate: Module) -> Statics:
    """The folder of the static files, or why there is none; `gate` is the file that makes the app."""
    return merged((_folder(tracer, settings, " ".join(_command(tracer, gate))), _uploads(tracer, settings)))


def collect(tracer: Tracer, gate: Module) -> tuple[str, ...]:
    """Words of the command that collects the static files, run in the project; none where that cannot be."""
    collected = any(True for _ in tracer.project.with_words(ROOT.encode()))
    if not collected or not manages(tracer):
        return ()
    program, script, name, *more = _command(tracer, gate)
    return (program, script, name, "--noinput", *more)


def _command(tracer: Tracer, gate: Module) -> tuple[str, ...]:
    """By the manage.py that the app belongs to, with the settings of the app where manage.py has others."""
    every = manages(tracer)
    manage = next((each for each in every if each.path.parent == gate.root), next(iter(every), None))
    script = tracer.project.shown(manage.path) if manage is not None else "manage.py"
    theirs, ours = own(tracer, manage) if manage is not None else None, named(tracer, gate)
    if ours is None or not isinstance(ours.module, str) or (theirs is not None and theirs.module == ours.module):
        return ("python", script, "collectstatic")
    return ("python", script, "collectstatic", "--settings", ours.module)


def _uploads(tracer: Tracer, settings: Module) -> Statics:
    for where, binding in lookup(tracer, settings, "MEDIA_ROOT"):
        return Place(tracer.project, where.module, binding.line, "MEDIA_ROOT").note(UPLOADS)
    return Statics()


def _folder(tracer: Tracer, settings: Module, command: str) -> Statics:
    folder, url = value(tracer, settings, ROOT), value(tracer, settings, URL)
    bound = {name: next(lookup(tracer, settings, name), None) for name in (ROOT, URL)}
    found = bound[ROOT] or bound[URL]
    if found is None or url in (None, ""):
        return Statics()
    place = Place(tracer.project, found[0].module, found[1].line, ROOT if bound[ROOT] else URL)
    if isinstance(url, str) and "//" in url:
        return place.note(f"is served elsewhere: {URL} is {url}")
    if bound[ROOT] is None or folder in (None, ""):
        lacks = "is empty" if bound[ROOT] else f"has no {ROOT} beside it"
        said = f"{lacks}, so nginx has no folder to serve: set it and run {command}"
        return _unanswered(tracer, settings, place.note(said))
    if not isinstance(folder, (str, Path)) or not isinstance(url, str):
        said = f"or {URL} is computed; name it with --static URL=FOLDER"
        return _unanswered(tracer, settings, place.note(said))
    # As in `LazySettings._add_script_prefix`: a relative URL alone is below the prefix.
    rooted, forced = url.startswith("/"), value(tracer, settings, "FORCE_SCRIPT_NAME")
    if isinstance(forced, str) and not rooted:
        url, rooted = f"{forced.rstrip('/')}/{url}", True
    where, missing = tracer.project.folder / folder, f" yet: {command} makes it"
    seen = place.folder(url, where, missing=missing, rooted=rooted)
    return seen if where.is_dir() else _unanswered(tracer, settings, seen)


def _unanswered(tracer: Tracer, settings: Module, seen: Statics) -> Statics:
    """With a warning, unless something in the project may answer for the files."""
    project = tracer.project
    answered = any(True for _ in project.with_words(*ANSWER))
    installed = any(True for _ in project.with_words(INSTALLED))
    in_debug = any(True for _ in project.with_words(*ANSWER_DEBUG)) and value(tracer, settings, "DEBUG") is not False
    if answered or in_debug or not installed:
        return seen
    return replace(seen, warnings=tuple(f"static files are answered by nobody: {note}" for note in seen.notes))
