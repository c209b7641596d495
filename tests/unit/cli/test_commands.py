"""What is typed and what is said back: help, mistakes, exit codes, and a fault of porch itself."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from porch.cli import explained, parser
from porch.errors import Exit, Problem, Refused
from porch.runtime import control, start
from porch.settings import specs

if TYPE_CHECKING:
    from conftest import Shell

COMMANDS = [name for name, _ in parser.COMMANDS]


def test_help_names_every_command(shell: Shell) -> None:
    """The first help lists all commands, with a sentence and examples."""
    told = shell.porch("--help")
    assert told.code == 0
    listed = [line.split()[0] for line in told.out.splitlines() if line.startswith("    ") and line[4:5].strip()]
    assert listed == COMMANDS
    assert "porch run shop.wsgi:application" in told.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(shell: Shell, name: str) -> None:
    """The help of a command tells its purpose on standard output, and nothing else happens."""
    told = shell.porch(name, "--help")
    says = dict(parser.COMMANDS)[name]
    assert (told.code, told.err) == (0, "")
    assert says[0].upper() + says[1:20] in " ".join(told.out.split())


@pytest.mark.parametrize("name", ["run", "check", "explain", "render", "init"])
def test_every_setting_is_a_flag(shell: Shell, name: str) -> None:
    """Commands that decide take every setting as a flag, its short spellings too."""
    out = shell.porch(name, "--help").out
    assert [spec.flag for spec in specs() if spec.flag not in out] == []
    assert [flag for spec in specs() for flag in spec.short if f"{flag} " not in out.replace(",", " ")] == []


def test_the_version(shell: Shell) -> None:
    """`--version` tells name and number."""
    from porch import __version__

    assert shell.porch("--version").out == f"porch {__version__}\n"


MISTAKES = [
    ((), "no command was given", "porch run starts the app here; porch --help shows what there is"),
    (("shop:app", "-w", "3"), 'there is no command "shop:app"', "porch run shop:app"),
    (("start",), 'there is no command "start"', 'did you mean "run"?'),
    (("restart",), 'there is no command "restart"', 'did you mean "reload"?'),
    (("help",), 'there is no command "help"', 'did you mean "--help"?'),
    (("rn",), 'there is no command "rn"', 'did you mean "run"?'),
    (("zzzz",), 'there is no command "zzzz"', f"known: {', '.join(COMMANDS)}"),
    (("run", "--wrokers", "3"), 'unknown flag "--wrokers"', 'did you mean "--workers"?'),
    (("run", "--limits-bdy=3"), 'unknown flag "--limits-bdy"', 'did you mean "--limits-body"?'),
    (("run", "--bdoy=3"), 'unknown flag "--bdoy"', 'did you mean "--limits-body"?'),
    (("run", "--port", "80"), 'unknown flag "--port"', "here that is --listen: --listen 127.0.0.1:9090"),
    (("run", "--reload"), 'unknown flag "--reload"', "here that is --watch"),
    (("run", "--no-access-log"), 'unknown flag "--no-access-log"', "here that is --log-access: --log-access false"),
    (("stop", "--port"), 'unknown flag "--port"', "porch --help shows what there is"),
    (("run", "--zzzz"), 'unknown flag "--zzzz"', "porch --help shows what there is"),
    (("run", "a:b", "c"), '"c" is one word too many', "porch --help shows what there is"),
    (("run", "--workers"), "argument -w/--workers/--server-workers: expected one argument", "porch run --help shows"),
    (("completion", "fish"), 'there is no shell "fish"', "known: bash, zsh, tcsh"),
    (("maintenance", "maybe"), '"maybe" is neither on nor off', "known: on, off"),
    (("render", "ngnix"), 'there is no target "ngnix"', 'did you mean "nginx"?'),
    (("render", "apache"), 'there is no target "apache"', "known: nginx, gunicorn, uwsgi"),
    (("explain", "limit.body"), 'there is no setting "limit.body"', 'did you mean "limits.body"?'),
    (("explain", "zzzzzz"), 'there is no setting "zzzzzz"', "run `porch explain` for all of them"),
    (("run", "none/"), "there is no folder none/", "check the path"),
    (("status", "none"), "there is no folder none", "name the project's folder"),
]


@pytest.mark.parametrize(("words", "what", "fix"), MISTAKES)
def test_a_mistake_is_told_with_what_was_meant(shell: Shell, words: tuple[str, ...], what: str, fix: str) -> None:
    """A slip on the command line is one problem, exit code 2, and no word of another library."""
    told = shell.porch(*words)
    assert (told.code, told.out) == (int(Exit.USAGE), "")
    assert told.err.startswith(f"porch: error: {what}\n  at:  command line\n  fix: {fix}")


def test_two_unknown_flags_are_two_problems(shell: Shell) -> None:
    """All flags that nobody knows are told at once."""
    told = shell.porch("run", "--wrokers", "3", "--listn=80")
    assert [line for line in told.err.splitlines() if "error" in line] == [
        'porch: error: unknown flag "--wrokers"',
        'porch: error: unknown flag "--listn"',
    ]


def test_problems_tell_place_and_fix(shell: Shell) -> None:
    """Each problem has a line for its cause, its place and what to do, and all are told."""
    shell.write("porch.toml", "[limits]\nbdy = 1\n")
    told = shell.porch("explain", "--workers", "some")
    assert told.code == int(Exit.USAGE)
    assert told.err == (
        'porch: error: unknown setting in [limits]: "bdy"\n  at:  porch.toml:2\n  fix: did you mean "body"?\n'
        'porch: error: server.workers: "some" is not a whole number from 1 to 512 or "auto"\n'
        "  at:  --workers\n  fix: for example 3\n"
    )


@pytest.mark.parametrize("asked", ["flag", "joined flag", "variable", "porch.toml"])
def test_problems_are_json_where_json_was_asked_for(shell: Shell, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    """With JSON as the format of the log each problem is one JSON object on a line."""
    words = {"flag": ("--log-format", "json"), "joined flag": ("--log-format=json",)}.get(asked, ())
    if asked == "variable":
        monkeypatch.setitem(os.environ, "PORCH_LOG_FORMAT", "json")
    if asked == "porch.toml":
        shell.write("porch.toml", '[log]\nformat = "json"\n')
    told = shell.porch("run", "--workers", "some", *words)
    (line,) = told.err.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert (found["source"], found["level"], found["where"]) == ("porch", "error", "--workers")
    assert found["what"] == found["message"] == 'server.workers: "some" is not a whole number from 1 to 512 or "auto"'


def test_a_fault_of_porch_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What porch did not foresee shows its traceback, asks for a report, and exits 1."""

    def fails(given: object) -> int:
        raise ZeroDivisionError("never foreseen")

    monkeypatch.setattr(explained, "explain", fails)
    told = shell.porch("explain")
    assert told.code == int(Exit.FAULT)
    assert told.err.startswith("Traceback (most recent call last):")
    assert told.err.endswith(
        "ZeroDivisionError: never foreseen\n"
        "porch: this is a fault of porch itself; please report it with the lines above\n"
    )


def test_a_value_that_nginx_cannot_hold_is_a_problem(shell: Shell) -> None:
    """A folder with a dollar in its name is told with its setting, without a traceback."""
    shell.write("a$b/x.css", "x")
    told = shell.porch("render", "nginx", "--static", "/s/=a$b")
    assert told.code == int(Exit.USAGE)
    assert 'nginx cannot hold a plain "$"' in told.err
    assert "  at:  static\n  fix: choose another value, or give that file or folder another name\n" in told.err


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt(), 130), (Refused(Problem("x", exit=Exit.APP), Problem("y", exit=Exit.MACHINE)), 3)],
)
def test_exit_codes(shell: Shell, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int) -> None:
    """The first problem's code leaves the process, and an interrupt is 128 + its signal."""

    def fails(given: object) -> int:
        raise raised

    monkeypatch.setattr(explained, "explain", fails)
    assert shell.porch("explain").code == code


@pytest.mark.parametrize("name", ["bash", "zsh", "tcsh"])
def test_completion_scripts(shell: Shell, name: str) -> None:
    """Each shell gets a script that knows the commands and the settings' flags."""
    told = shell.porch("completion", name)
    assert told.code == 0
    assert all(word in told.out for word in ("porch", "explain", "limits-body"))


def test_run_says_what_serves_what(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything starts, the app, the server, the numbers and their reasons are said on standard error."""
    started: list[Any] = []
    monkeypatch.setattr(start, "start", lambda launch, files: started.append((launch, sorted(files))))
    shell.write("static/site.css", "x")
    told = shell.porch("run", "--listen", "9000", "-w", "3")
    ((launch, files),) = started
    assert launch.listen == ("127.0.0.1:9000",)
    assert files == ["/run/porch/x/nginx.conf"]
    said = told.err.splitlines()
    assert said[0].startswith("porch ")
    assert said[0].endswith(str(shell.folder))
    assert [line.split()[0] for line in said[1:]] == [
        "app", "server", "workers", "nginx", "static", "app", "listen", "user",
    ]  # fmt: skip
    assert "app      shop:app (flask, wsgi)  shop.py:3 app = Flask(__name__)" in told.err
    assert "workers  3 x 4 threads  as set" in told.err
    assert f"static   /static/ from {shell.folder}/static/  nginx" in told.err


@pytest.mark.parametrize(
    ("terminal", "words", "as_json"),
    [
        (False, ("run",), True),
        (False, ("run", "--log-format", "auto"), True),
        (False, ("run", "--log-format", "text"), False),
        (True, ("run",), False),
        (False, ("check",), False),
    ],
)
def test_run_refuses_as_it_would_have_logged(
    shell: Shell, terminal: bool, words: tuple[str, ...], as_json: bool
) -> None:
    """Where nothing is said of the format, an output that is no terminal gets JSON from `run`, refusals included."""
    shell.terminal = terminal
    told = shell.porch(*words, "--bogus")
    assert told.code == 2
    assert told.err.startswith("{") is as_json


def test_run_in_json_says_it_in_json(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With JSON as the format the banner and its warnings are JSON too."""
    monkeypatch.setattr(start, "start", lambda *_: None)
    shell.machine["somaxconn"] = 128
    told = shell.porch("run", "--log-format", "json")
    lines = [json.loads(line) for line in told.err.splitlines()]
    assert {line["level"] for line in lines} == {"info", "warning"}
    assert lines[-1]["message"].startswith("server.backlog is 2048, but the kernel allows 128")


STATUS: dict[str, Any] = {
    "state": "ready",
    "generation": 2,
    "url": "http://127.0.0.1:8080",
    "listen": ["127.0.0.1:8080"],
    "server": "granian",
    "requests": {"total": 7, "errors": 1},
    "dropped_lines": 0,
    "processes": [{"name": "app", "role": "app", "pid": 12, "rss_bytes": 3 * 1024**2, "uptime_s": 61.2, "restarts": 0}],
}


class Control:
    """Stands in for a running instance, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, folder: str, request: dict[str, Any], **_: float | None) -> dict[str, Any]:
        self.asked.append((folder, request))
        done = {"message": "generation 3 is in service", "maintenance": request.get("on")}
        return STATUS if request["do"] == "status" else done

    def follow(self, folder: str, request: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked.append((folder, request))
        return [{"text": "one\n"}, {"text": "two\n"}]


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Control:
    made = Control()
    monkeypatch.setattr(control, "ask", made.ask)
    monkeypatch.setattr(control, "follow", made.follow)
    return made


def test_status_is_a_table(shell: Shell, instance: Control) -> None:
    """State, address, requests and a row for each process."""
    told = shell.porch("status", "--run-dir", "/run/mine")
    assert instance.asked == [("/run/mine", {"do": "status"})]
    assert told.out.splitlines() == [
        "ready  http://127.0.0.1:8080  generation 2  granian",
        "7 requests, 1 error (5xx), 0 log lines dropped",
        "NAME  ROLE  PID  MEMORY   UPTIME  RESTARTS",
        "app   app   12   3.0 MiB  61 s    0",
    ]


def test_status_for_machines(shell: Shell, instance: Control) -> None:
    """With --json all that the instance says is printed."""
    assert json.loads(shell.porch("status", "--json", "--run-dir", "run").out) == STATUS
    assert instance.asked[0][0] == str(shell.folder / "run")


ASKED: list[tuple[str, tuple[dict[str, Any], str]]] = [
    ("stop", ({"do": "stop"}, "")),
    ("reload", ({"do": "reload"}, "generation 3 is in service\n")),
    ("maintenance on", ({"do": "maintenance", "on": True}, "maintenance is on\n")),
    ("maintenance off", ({"do": "maintenance", "on": False}, "maintenance is off\n")),
    ("logs --follow", ({"do": "logs", "follow": True}, "one\ntwo\n")),
    ("logs", ({"do": "logs", "follow": False}, "one\ntwo\n")),
]


@pytest.mark.parametrize(("typed", "expected"), ASKED)
def test_what_is_asked_of_the_instance(
    shell: Shell, instance: Control, typed: str, expected: tuple[dict[str, Any], str]
) -> None:
    """Each command asks the instance of its project for one thing, and prints what it says."""
    shell.write("porch.toml", '[run]\ndir = "/run/of/project"\n')
    told = shell.porch(*typed.split())
    assert instance.asked == [("/run/of/project", expected[0])]
    assert (told.code, told.out) == (0, expected[1])
