"""Brings the user's app up in this process, or says why it cannot be.

Rule: each way in which it can fail has its own sentence and its own next step; nothing is guessed in silence.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from . import denied, looping, missing, nothing, process, variables
from .failure import LoadError, leave, machinery
from .kind import is_factory, kind_of
from .settings import Settings, read
from .turn import turn

SPOKEN = {"wsgi": "a WSGI", "asgi": "an ASGI", "aiohttp": "an aiohttp"}

NO_APPS = (("a module", inspect.ismodule), ("a class", inspect.isclass))

SERVERS = ("gunicorn", "uvicorn", "granian")

REMEDIES = (denied.remedy, looping.remedy, variables.remedy, missing.remedy)
"""Each knows one reason for which an app cannot be imported, and what to do about it."""

Made = TypeVar("Made")

GUARD = 'if __name__ == "__main__":'


def app_or_exit() -> tuple[Any, Settings]:
    """The app for a server's worker process, which ends here when there is none."""
    settings = read(os.environ)
    process.tag_records()
    process.write_at_once()
    process.tell_stacks()
    process.end_as_python_does()
    if settings.report:
        # Without a report there is no supervisor of porch's: a person started the server, perhaps from a shell that
        # is left, and what they started stays.
        process.die_with_parent()
    try:
        with process.stoppable(), turn(settings.pulse):
            return load(settings), settings
    except LoadError as failure:
        leave(failure, settings)


def load(settings: Settings) -> Any:
    """Import the target and call its factory; a `LoadError` says what is wrong with it."""
    if settings.folder in sys.path:
        sys.path.remove(settings.folder)
    sys.path.insert(0, settings.folder)
    module_name, _, attribute = settings.target.partition(":")
    called = attribute.endswith("()")
    module = _module(module_name, settings)
    app = _attribute(module, attribute.removesuffix("()"), settings)
    if called:
        app = _call(app, settings)
    _check(app, settings)
    if kind_of(app)[1] == "django":
        _read_urls(settings)
    return app


def _module(name: str, settings: Settings) -> ModuleType:
    def missed(error: ModuleNotFoundError) -> LoadError:
        if f"{name}.".startswith(f"{error.name}."):
            return missing.of_target(error, settings.target, settings.folder)
        return missing.of_app(error, settings.target)

    who = f'the module "{name}" of {settings.target}'
    return _blaming(lambda: import_module(name), who, "when it was imported", missed)


def _blaming(run: Callable[[], Made], who: str, when: str, missed: Callable[[ModuleNotFoundError], LoadError]) -> Made:
    """Run the app's own lines; what they raise is told as theirs."""
    try:
        return run()
    except SyntaxError as error:
        where = f"{error.filename}:{error.lineno}"
        raise LoadError(f"{where} is not valid Python: {error.msg}", f"correct {where}", error) from error
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and not missing.unlisted(error):
            raise missed(error) from error
        raise raised(error, who, when) from error


def _read_urls(settings: Settings) -> None:
    """Django reads them at the first request: a release that is broken there would be taken for a good one."""
    conf, urls = import_module("django.conf").settings, import_module("django.urls")
    if not getattr(conf, "ROOT_URLCONF", ""):
        return
    prefix = conf.FORCE_SCRIPT_NAME or settings.mount

    def read() -> None:
        # Of some settings Django keeps what they are at their first use, with the prefix of that moment.
        urls.set_script_prefix(f"{prefix.rstrip('/')}/")
        try:
            urls.get_resolver().url_patterns  # noqa: B018  # reads them
        finally:
            urls.clear_script_prefix()

    def missed(error: ModuleNotFoundError) -> LoadError:
        return missing.of_app(error, f"a URL of {settings.target}")

    _blaming(lambda: _beside_the_loop(read), f"the URLs of {settings.target}", "when they were read", missed)


def _beside_the_loop(read: Callable[[], None]) -> None:
    """In a thread where an event loop runs, as Django's own middleware does: there it may ask the database."""
    loops = sys.modules.get("asyncio")
    try:
        running = loops and loops.get_running_loop()
    except RuntimeError:
        running = None
    if not running:
        read()
        return
    with import_module("concurrent.futures").ThreadPoolExecutor(1) as thread:
        thread.submit(read).result()


def raised(error: BaseException, who: str, when: str) -> LoadError:
    """The app's own code failed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not machinery(frame.filename)]
    place = _place(frames)
    known = next(filter(None, (remedy(error) for remedy in REMEDIES)), "")
    if isinstance(error, SystemExit):
        if frames and _of_server(frames[-1].filename):
            raise error  # the server's own signal handler ends this worker; the app has done nothing wrong
        what = f"{who} ended the process with exit code {error.code!r} {when}{place}"
        return LoadError(what, known or _ended(frames), error)
    text = f"{type(error).__name__}: {error}".rstrip(": ").partition("\n")[0].rstrip(".")
    fix = known or "correct the app; its own traceback shows the way"
    return LoadError(f"{who} raised {text}, {when}{place}", fix, error)


def _ended(frames: list[traceback.FrameSummary]) -> str:
    """What to do about an end of the process: a library has said why, a line of the app's own can be moved."""
    own = _own(frames)
    if own[-1:] == frames[-1:]:
        return f"move what ends the program, or runs a server, under: {GUARD}"
    if not own or (own[-1].line or "").startswith(("import ", "from ")):
        return f"{frames[-1].filename} ended it: the lines above say why"
    return f"the lines above say why; a line that reads the command line or runs a server goes under: {GUARD}"


def _place(frames: list[traceback.FrameSummary]) -> str:
    """The innermost line of the app's own code; where there is none, the innermost of all."""
    last = (_own(frames) or frames)[-1:]
    return "".join(f" ({each.filename}:{each.lineno})" for each in last)


def _own(frames: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    here = str(Path.cwd()) + "/"
    return [each for each in frames if each.filename.startswith(here) and "/site-packages/" not in each.filename]


def _of_server(filename: str) -> bool:
    homes = [str(Path(sys.modules[name].__file__ or "/").parent) for name in SERVERS if name in sys.modules]
    return any(filename.startswith(home + "/") for home in homes)


def _attribute(module: ModuleType, dotted: str, settings: Settings) -> Any:
    found: Any = module
    for name in dotted.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            owner = f'the module "{module.__name__}"' if found is module else f'"{type(found).__name__}" in it'
            raise LoadError(
                f'{owner} has no "{name}", which {settings.target} names',
                _instead(module, name, [str(each) for each in getattr(found, "__dict__", {})]),
            ) from error
    return found


def _instead(module: ModuleType, name: str, known: list[str]) -> str:
    """What the module has to offer: a near name, or whatever looks like an app."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{module.__name__}:{near[0]}"?'
    apps = [each for each, value in vars(module).items() if not isinstance(value, type) and _framework(value)]
    if apps:
        return f'the app in it seems to be "{module.__name__}:{apps[0]}"'
    return f"name an app that {module.__file__ or module.__name__} defines, as MODULE:ATTRIBUTE"


def _framework(value: Any) -> str:
    """Empty for what cannot be looked at, such as Flask's `request` while there is none."""
    try:
        return kind_of(value)[1]
    except Exception:
        return ""


def _call(factory: Any, settings: Settings) -> Any:
    if not callable(factory):
        raise LoadError(
            f"{settings.target} cannot be called: it is {_article(type(factory).__name__)}",
            f"leave out the brackets: {settings.target.removesuffix('()')}",
        )
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise raised(error, f"the factory {settings.target}", "when it was called") from error


def _check(app: Any, settings: Settings) -> None:
    """Refuse what the server could not call; what cannot be told passes."""
    if app is None:
        raise _none(settings.target)
    if inspect.iscoroutine(app):
        if settings.interface in ("aiohttp", ""):
            return
        app.close()
        raise LoadError(
            f"{settings.target} is a coroutine function: it gives no app until it is awaited",
            "make the factory an ordinary function, or do the waiting in the app's lifespan",
        )
    interface, _ = kind_of(app)
    wanted = settings.interface
    if is_factory(app) and (wanted == "aiohttp" or (not wanted and inspect.iscoroutinefunction(app))):
        return  # aiohttp alone takes a factory as it is, and awaits it
    if not interface and is_factory(app):
        kind = "class" if inspect.isclass(app) else "function"
        raise LoadError(
            f"{settings.target} is a {kind} without arguments: a factory, no app",
            f"name what it makes, with brackets: {settings.target}()",
        )
    if not interface and (not callable(app) or inspect.isclass(app)):
        what = next((word for word, told in NO_APPS if told(app)), "") or _article(type(app).__name__)
        raise LoadError(
            f"{settings.target} is {what}, which no server can call",
            "name the app itself, as MODULE:ATTRIBUTE",
        )
    if wanted and ((interface and interface != wanted) or (wanted == "aiohttp" and not interface)):
        found = f"{SPOKEN[interface]} app" if interface else _article(type(app).__name__)
        raise LoadError(
            f"{settings.target} is {found}, but it was to be served as {SPOKEN.get(wanted, wanted)} app",
            f'set app.interface = "{interface}"' if interface else "name the app itself, as MODULE:ATTRIBUTE",
        )


def _none(target: str) -> LoadError:
    made_by = nothing.maker(target)
    if not made_by:
        return LoadError(f"{target} is None", "name the app itself, as MODULE:ATTRIBUTE")
    return LoadError(f"{target} is None: {made_by} returns nothing", "end that function with a return of the app")


def _article(name: str) -> str:
    return f"{'an' if re.match('[aeiouAEIOU]', name) else 'a'} {name}"
