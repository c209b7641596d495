"""The commands: each is the main line, cut where the command ends.

Rule: the only package that prints or exits; every Problem is shown here, and every exit code leaves from here.
"""

from __future__ import annotations

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from porch.cli import parser, screen
from porch.errors import Exit, Problem, Refused
from porch.plan import Plan
from porch.spec import Flag
from porch.syntax.file import Unwritable


def run(words: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    given = Namespace()
    try:
        given = parser.parser(words).parse_args(words)
        given.words = tuple(words[1:])
        return _command(given.command)(given)
    except Refused as refused:
        screen.problems(refused.problems, as_json=_wants_json(words, given))
        return int(refused.exit)
    except Unwritable as error:
        screen.problems([unwritable(error)], as_json=_wants_json(words, given))
        return int(Exit.USAGE)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`porch explain | head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(Exit.DONE)
    except Exception:  # the last resort, and it says so
        traceback.print_exc()
        print("porch: this is a fault of porch itself; please report it with the lines above", file=sys.stderr)
        return int(Exit.FAULT)


def unwritable(error: Unwritable) -> Problem:
    """A value that some program's configuration cannot hold, whatever its quoting."""
    return Problem(str(error), error.setting, "choose another value, or give that file or folder another name")


def _wants_json(words: Sequence[str], given: Namespace) -> bool:
    """Whether the log would be JSON: then the errors of `run` are JSON too, whatever is at fault."""
    from porch import mainline, settings, sources

    wanted = settings.spec("log.format")
    typed = " ".join(words).replace("=", " ").split()
    after = [typed[place + 1 :] for place, word in enumerate(typed) if word in (*wanted.short, wanted.flag)]
    target, config = getattr(given, "target", None), getattr(given, "config", None)
    folder, _ = mainline.placed(target or "")
    flag = after[-1][0] if after and after[-1] else ""
    kind = (
        flag
        or os.environ.get(wanted.variable)
        or sources.peek(wanted, folder, Path(config) if config else None)
        or wanted.default
    )
    if kind == wanted.default and list(words[:1]) == ["run"]:
        # As it would have logged, had it come up.
        return not sys.stdout.isatty()
    return kind == "json"


def _command(name: str) -> Callable[[Namespace], int]:
    """What carries it out; of the rest nothing is imported, which a start need not wait for."""
    if name in _OWN:
        return _OWN[name]
    from porch.cli import instance, writing

    others: Mapping[str, Callable[[Namespace], int]] = {
        "render": writing.render,
        "init": writing.init,
        "status": instance.status,
        "reload": instance.reload,
        "stop": instance.stop,
        "maintenance": instance.maintenance,
        "logs": instance.logs,
    }
    return others[name]


def flags(given: Namespace) -> tuple[Flag, ...]:
    """The setting flags as they were typed."""
    return tuple(getattr(given, "flags", ()))


def _run(given: Namespace) -> int:
    from porch import mainline, targets
    from porch.runtime import assemble, start

    plan = mainline.plan_for(mainline.asked(given.target, flags(given), given.config), os.environ)
    screen.banner(plan)
    if plan.run.part.value != "all":
        _become(plan)
    nginx = targets.nginx_files(plan)
    start.start(assemble.launch(plan, given.words), assemble.files(plan, nginx))


def _become(plan: Plan) -> NoReturn:
    """One part of the stack, in place of this process."""
    from porch import decide, targets
    from porch.runtime import part
    from porch.servers import kept

    folder = plan.run.folder.value
    plan = decide.kept(plan, folder)
    found = targets.part(plan)
    start = part.Start(
        folder=folder,
        files=found.files,
        folders=kept.folders(plan),
        argv=found.argv,
        environment=found.environment,
        directory=found.directory,
        listen=plan.run.bound or plan.http.listen.value[0],
        host=plan.http.probed,
    )
    part.become(start, found.user, plan.run.user.value)


def _check(given: Namespace) -> int:
    from porch import mainline, targets
    from porch.runtime import assemble, trial

    plan = mainline.plan_for(mainline.asked(given.target, flags(given), given.config), os.environ)
    trial.find_prestart(plan)
    trial.import_app(plan)
    trial.judge(assemble.launch(plan), assemble.files(plan, targets.nginx_files(plan)))
    for warning in plan.warnings:
        screen.warn(warning)
    print("ok")
    return int(Exit.DONE)


def _explain(given: Namespace) -> int:
    from porch.cli import explained

    return explained.explain(given)


def _completion(given: Namespace) -> int:
    import shtab

    print(shtab.complete(parser.parser(), given.shell))
    return int(Exit.DONE)


_OWN: Mapping[str, Callable[[Namespace], int]] = {
    "run": _run,
    "check": _check,
    "explain": _explain,
    "completion": _completion,
}
