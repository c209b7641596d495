"""The command line, derived from the settings; its help teaches.

Rule: a flag is a setting and nothing else; no default and no help text of a setting is typed here.
"""

from __future__ import annotations

import argparse
from collections.abc import Container, Sequence
from typing import NoReturn, cast

from porch import __version__, settings
from porch.errors import Problem, Refused, suggestion
from porch.spec import Flag, Spec

TARGET = "the app: module:attribute, module:factory(), a file, or a folder; found in this folder when left out"
COMMANDS: tuple[tuple[str, str], ...] = (
    ("run", "put the app on the network: nginx, app server and supervisor, in the foreground"),
    ("check", "everything `run` would do up to starting; says ok, or every problem"),
    ("explain", "what was decided, where each value comes from, and the lines it lands in"),
    ("render", "write the files of one target, to keep and to run without porch"),
    ("status", "the running instance: state, processes, memory, requests"),
    ("reload", "bring the next generation into service, then take the old one out"),
    ("stop", "stop the running instance in order; returns when it is done"),
    ("maintenance", "show a page in place of the app, from `on` until `off`; files and health go on"),
    ("logs", "recent log lines of the running instance"),
    ("init", "write a small commented porch.toml with what was found"),
    ("completion", "print the completion script for a shell"),
)
ELSEWHERE = {
    **dict.fromkeys(("start", "serve", "up"), "run"),
    **dict.fromkeys(("test", "validate", "verify"), "check"),
    **dict.fromkeys(("config", "settings", "show"), "explain"),
    **dict.fromkeys(("generate", "build"), "render"),
    **dict.fromkeys(("ps", "top"), "status"),
    "restart": "reload",
    "down": "stop",
    "log": "logs",
    "help": "--help",
    "version": "--version",
}
"""What other programs call a command -> what it is called here."""
EXAMPLES = """\
examples:
  porch run                              the app in this folder, at http://127.0.0.1:8080
  porch run shop.wsgi:application        this app
  porch run --server gunicorn -w 4       another app server, swapped by one word
  porch run --static /media/=media       nginx answers for these files too
  porch explain limits.request_timeout   why is it this value, and where does it land?
  porch render nginx --out deploy        the nginx.conf, commented, yours to keep

Settings may stand in porch.toml, in [tool.porch] of pyproject.toml, in variables PORCH_SECTION_NAME and in flags.
"""


class Parser(argparse.ArgumentParser):
    """argparse, whose complaints are Problems like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse, with a suggestion where a known word is near."""
        more = f"{self.prog} --help shows what there is"
        start, _, rest = message.partition(": ")
        if start == "unrecognized arguments":
            raise Refused(*_unknown(rest.split(), self._flags(), more))
        if rest.startswith("invalid choice"):
            wrong, known = rest.split("'")[1], self._choices(start)
            what = start.split()[-1].lower()
            meant = _command_meant(wrong) if what == "command" else ""
            fix = meant or suggestion(wrong, known) or f"known: {', '.join(known)}"
            # Where the words are few, they are the name: `on|off`.
            neither = f'"{wrong}" is neither {what.replace("|", " nor ")}'
            raise Refused(Problem(neither if "|" in what else f'there is no {what} "{wrong}"', "command line", fix))
        if message.endswith("required: COMMAND"):
            raise Refused(Problem("no command was given", "command line", f"porch run starts the app here; {more}"))
        raise Refused(Problem(message, "command line", more))

    def _flags(self) -> list[str]:
        """Every flag, those of the command that was typed included."""
        below = [one for action in self._actions for one in _commands(action).values()]
        own = [flag for action in self._actions for flag in action.option_strings]
        return [*own, *(flag for one in below for flag in one._flags())]

    def _choices(self, told: str) -> list[str]:
        """The words that one of the arguments takes."""
        named = [action for action in self._actions if told.endswith(str(action.metavar or action.dest))]
        return [str(word) for action in named for word in action.choices or ()]


def _command_meant(word: str) -> str:
    """The command for a word that is another program's, or the app."""
    if ":" in word or word.endswith(".py"):
        return f"porch run {word}"
    return f'did you mean "{ELSEWHERE[word]}"?' if word in ELSEWHERE else ""


def _commands(action: argparse.Action) -> dict[str, Parser]:
    return cast("dict[str, Parser]", action.choices) if action.nargs == argparse.PARSER else {}


def _unknown(words: Sequence[str], flags: Sequence[str], more: str) -> list[Problem]:
    """A Problem for each flag that nobody knows; for the first word when there is none."""
    wrong = [word.partition("=")[0] for word in words if word.startswith("-")]
    if not wrong:
        return [Problem(f'"{words[0]}" is one word too many', "command line", more)]
    return [
        Problem(f'unknown flag "{word}"', "command line", _meant(word, flags) or suggestion(word, flags) or more)
        for word in wrong
    ]


def _meant(word: str, flags: Container[str]) -> str:
    """What the flag of another program is called here."""
    for spec in settings.specs():
        if word in spec.elsewhere and spec.flag in flags:
            alone = spec.kind.switch and spec.example == "true"
            return f"here that is {spec.usual}" if alone else f"here that is {spec.usual}: {spec.usual} {spec.example}"
    return ""


class _Collect(argparse.Action):
    """Keeps each setting flag as it was typed, in order."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  # argparse calls it so
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Append (key, value, spelling)."""
        raw = values if isinstance(values, str) else "true"
        typed = [*getattr(namespace, "flags", ()), Flag(self.dest, raw, option_string or "")]
        namespace.flags = typed


def parser(words: Sequence[str] | None = None) -> Parser:
    """The command line; given the words typed, only the command among them gets its flags: making all is slow."""
    top = Parser(
        prog="porch",
        description="Any Python web app on the network, properly: nginx in front, an app server behind it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"porch {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, says in COMMANDS:
        command = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", allow_abbrev=False)
        if words is None or name in words:
            _ARGUMENTS[name](command)
    return top


def _target(command: argparse.ArgumentParser) -> None:
    command.add_argument("target", nargs="?", metavar="TARGET", help=TARGET)
    _settings(command)


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "setting", nargs="?", metavar="SETTING", help="one setting, such as limits.body; all when left out"
    )
    command.add_argument("--target", metavar="TARGET", help=TARGET)
    _json(command)
    _settings(command)


def _render(command: argparse.ArgumentParser) -> None:
    from porch import targets

    command.add_argument("name", metavar="NAME", help=f"the target: {', '.join(targets.names())}")
    command.add_argument("target", nargs="?", metavar="TARGET", help=TARGET)
    command.add_argument("--out", metavar="FOLDER", help="write here; to standard output when left out")
    command.add_argument("--diff", action="store_true", help="show what would change and write nothing")
    command.add_argument("--force", action="store_true", help="also overwrite files that were edited by hand")
    _settings(command)


def _running(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="the project; this folder when left out")
    spec = settings.spec("run.dir")
    command.add_argument(spec.flag, action=_Collect, dest=spec.key, metavar="FOLDER", help=spec.says)
    command.add_argument("--config", metavar="FILE", help="read this file in place of porch.toml")


def _status(command: argparse.ArgumentParser) -> None:
    _running(command)
    _json(command)


def _maintenance(command: argparse.ArgumentParser) -> None:
    command.add_argument("switch", metavar="on|off", choices=("on", "off"), help="whether the page is shown")
    _running(command)


def _logs(command: argparse.ArgumentParser) -> None:
    _running(command)
    command.add_argument("-f", "--follow", action="store_true", help="go on as new lines come")


def _init(command: argparse.ArgumentParser) -> None:
    _target(command)
    command.add_argument("--force", action="store_true", help="overwrite a porch.toml that is there")


def _completion(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for machines")


_ARGUMENTS = {
    "run": _target,
    "check": _target,
    "explain": _explain,
    "render": _render,
    "status": _status,
    "reload": _running,
    "stop": _running,
    "maintenance": _maintenance,
    "logs": _logs,
    "init": _init,
    "completion": _completion,
}


def _settings(command: argparse.ArgumentParser) -> None:
    # The usage line would name forty flags; the groups below it tell them better.
    own = [action for action in command._actions if action.dest != "help"]  # pyright: ignore[reportPrivateUsage]
    command.usage = f"{command.prog} {_own_usage(own)} [--SETTING VALUE ...]".replace("  ", " ")
    command.add_argument("--config", metavar="FILE", help="read this file in place of porch.toml")
    groups = {name: command.add_argument_group(f"[{name}]", says) for name, says in settings.sections().items()}
    for spec in settings.specs():
        _flag(groups[spec.section], spec)


def _own_usage(actions: Sequence[argparse.Action]) -> str:
    """The command's own words, such as `NAME [TARGET] [--out FOLDER]`."""
    told: list[str] = []
    for action in actions:
        shown = "" if action.nargs == 0 else str(action.metavar)
        word = " ".join((*action.option_strings[-1:], shown)).strip()
        told.append(word if action.required and not action.option_strings else f"[{word}]")
    return " ".join(told)


def _flag(group: argparse._ArgumentGroup, spec: Spec) -> None:  # pyright: ignore[reportPrivateUsage]  # has no public name
    spellings = list(dict.fromkeys((*spec.short, spec.flag)))
    said = spec.says if not spec.default or spec.name == "listen" else f"{spec.says} [{spec.kind.show(spec.default)}]"
    told = said.replace("%", "%%").replace("`", "")
    long = "" if spec.usual == spec.flag else spec.usual
    name = spec.kind.form or long.removeprefix("--").upper().replace("-", "_") or spec.name.upper()
    if spec.kind.switch:
        group.add_argument(
            *spellings,
            action=_Collect,
            dest=spec.key,
            nargs="?",
            metavar="true|false",
            help=told,
            default=argparse.SUPPRESS,
        )
    else:
        group.add_argument(
            *spellings, action=_Collect, dest=spec.key, metavar=name, help=told, default=argparse.SUPPRESS
        )
