"""Commands as people read and write them; porch itself keeps every command as a tuple of words.

Rule: `show` is for eyes only, and nothing that it returns is ever given to a shell.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from porch.syntax.file import Line


def show(words: tuple[str, ...]) -> str:
    """The command as it would be typed into a shell."""
    return shlex.join(words)


def split(text: str) -> tuple[str, ...]:
    """The words of a command that a person typed, by a shell's quoting rules; ValueError says what is wrong with it."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        ending = "a backslash at its end" if text.endswith("\\") else "a quote that is not closed"
        raise ValueError(f"{text!r} has {ending}, so it cannot be split into words") from None


def options(words: tuple[str, ...], settings: Mapping[str, str]) -> tuple[Line, ...]:
    """The command as a person reads it, a line for each option, with the setting that the option carries."""
    lines: list[Line] = []
    for word in words:
        if word.startswith("-") or not lines:
            lines.append(Line(word, settings.get(word, "")))
        else:
            lines[-1] = Line(f"{lines[-1].text} {shlex.quote(word)}", lines[-1].setting)
    return tuple(lines)
