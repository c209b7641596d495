"""Every exit code and the one shape of a message to a person.

Rule: what went wrong, where, and what to do next; all problems at once; never a traceback of porch's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from porch.records import dataclass


class Exit(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    FAULT = 1
    """A fault of porch itself."""
    USAGE = 2
    """Settings or command line."""
    APP = 3
    """The app cannot be started."""
    MACHINE = 4
    """The machine refuses: port busy, permission, missing program."""
    RELOAD = 5
    """Reload refused: the old generation keeps serving."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the user must fix."""

    what: str
    """One sentence: the cause."""
    where: str = ""
    """File and line, variable, flag or address."""
    fix: str = ""
    """What to do next, as a command where there is one."""
    exit: Exit = Exit.USAGE
    detail: str = ""
    """Shown as it is, above the message: the app's own traceback, nginx's own words."""


class Refused(Exception):  # what happened, not an error of ours
    """Carries every problem found; the command line shows them and exits."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.what for problem in problems))
        self.problems: Sequence[Problem] = problems

    @property
    def exit(self) -> Exit:
        """The code of the first problem: problems are collected in the order of the main line."""
        return self.problems[0].exit


_LONGEST = 400
"""Letters of a message; what is longer says no more, and hides what is said."""


def told(text: str) -> str:
    """A sentence that quotes what a user wrote: without marks that a terminal obeys, and cut where it is long."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


def counted(number: float, one: str, many: str = "") -> str:
    """`1 minute`, `2 minutes`: a number as people say it, rounded to a whole one; `many` where an `s` is not enough."""
    whole = round(number)
    return f"{whole} {one if whole == 1 else many or f'{one}s'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?`, or nothing when no known word is near; a setting's name without its section is enough."""
    from difflib import get_close_matches  # the resident process imports this module, and never suggests

    words = list(known)
    named = {name: each for each in reversed(words) if (name := _without_section(each))}
    # Without their dashes, which would make any two short flags alike.
    bare = {each.lstrip("-"): each for each in reversed(words)}
    near = [bare[name] for name in get_close_matches(word.lstrip("-"), bare, n=1, cutoff=0.6)]
    near = near or [named[name] for name in get_close_matches(word.lstrip("-"), named, n=1, cutoff=0.75)]
    return f'did you mean "{near[0]}"?' if near else ""


def _without_section(word: str) -> str:
    """`body` of `limits.body` and of `--limits-body`."""
    return word.lstrip("-").replace(".", "-").partition("-")[2]
