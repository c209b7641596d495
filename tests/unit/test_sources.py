"""Defaults, files, images' variables, PORCH_* and flags: who wins, where each value comes from, what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from porch import sources
from porch.errors import Problem, Refused
from porch.settings import spec
from porch.sources import Said
from porch.spec import Flag


class Project:
    """A project's folder, and what is read from it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def holds(self, **files: str | bytes) -> Project:
        """Write files; `porch_toml` is `porch.toml`."""
        for name, content in files.items():
            text = dedent(content).lstrip("\n").encode() if isinstance(content, str) else content
            (self.path / name.replace("_toml", ".toml")).write_bytes(text)
        return self

    def said(
        self, environ: Mapping[str, str] | None = None, flags: Sequence[Flag] = (), config: str | None = None
    ) -> Said:
        """What was said."""
        return sources.load(self.path, environ or {}, flags, self.path / config if config else None)

    def problems(
        self, environ: Mapping[str, str] | None = None, flags: Sequence[Flag] = (), config: str | None = None
    ) -> list[tuple[str, str, str]]:
        """(what, where, fix) of each problem."""
        with pytest.raises(Refused) as refused:
            self.said(environ, flags, config)
        return [_told(problem) for problem in refused.value.problems]


def _told(problem: Problem) -> tuple[str, str, str]:
    return problem.what, problem.where, problem.fix


def flag(key: str, raw: str, spelled: str = "") -> Flag:
    """A flag as it was typed."""
    return Flag(key, raw, spelled or spec(key).flag)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


BODIES = (1024 * number for number in range(1, 6))
STRONGER = [
    ("default", 10 * 1024**2),
    ("pyproject.toml:2", 1024),
    ("porch.toml:2", 2048),
    ("$NGINX_MAX_UPLOAD", 3072),
    ("$PORCH_LIMITS_BODY", 4096),
    ("--limits-body", 5120),
]
"""Weakest first: (origin, value of `limits.body` there)."""


@pytest.mark.parametrize("most", range(len(STRONGER)))
def test_the_stronger_source_wins(project: Project, most: int) -> None:
    """With every source up to one saying something, that one wins and is the origin."""
    if most >= 1:
        project.holds(pyproject_toml='[tool.porch.limits]\nbody = "1K"\n')
    if most >= 2:
        project.holds(porch_toml='[limits]\nbody = "2K"\n')
    environ = {"NGINX_MAX_UPLOAD": "3k"} if most >= 3 else {}
    environ |= {"PORCH_LIMITS_BODY": "4K"} if most >= 4 else {}
    flags = [flag("limits.body", "5K")] if most >= 5 else []
    said = project.said(environ, flags)
    assert (said.origin("limits.body"), said.settings.limits.body) == STRONGER[most]


def test_the_default_said_is_not_the_default(project: Project) -> None:
    """A value that equals the default has its place as origin, and what was not said has none."""
    said = project.holds(porch_toml='[limits]\nbody = "10M"\n').said()
    assert said.origins == {"limits.body": "porch.toml:2"}
    assert said.origin("limits.request_timeout") == "default"


def test_sources_are_joined_setting_by_setting(project: Project) -> None:
    """Each setting has its own strongest source."""
    project.holds(pyproject_toml="[tool.porch.server]\nworkers = 3\nthreads = 5\n", porch_toml="server.workers = 4\n")
    said = project.said({"PORCH_LOG_LEVEL": "debug"})
    assert (said.settings.server.workers, said.settings.server.threads, said.settings.log.level) == (4, 5, "debug")
    assert said.origins == {
        "server.workers": "porch.toml:1",
        "server.threads": "pyproject.toml:3",
        "log.level": "$PORCH_LOG_LEVEL",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[limits]\nbody = "1K"', 2),
        ('# limits.body\n\n[ limits ]\n\n  body="1K"', 5),
        ('limits.body = "1K"', 1),
        ('[server]\nworkers = 2\n[limits]\nbody = "1K"', 4),
        ('["limits"]\n"body" = "1K"', 2),
        ('[log]\nlevel = "info"\n\n[limits]\nrequest_timeout = 3\nbody = "1K"', 6),
        ('# x\nlimits = { body = "1K" }', 2),
    ],
)
def test_the_line_is_told(project: Project, text: str, line: int) -> None:
    """Whatever way a key is written, the line that it stands in is its origin."""
    assert project.holds(porch_toml=text).said().origin("limits.body") == f"porch.toml:{line}"


def test_another_file_stands_in_for_porch_toml(project: Project) -> None:
    """With --config that file is read, porch.toml is not, and pyproject.toml still is."""
    project.holds(
        porch_toml="server.workers = 1", other_toml="server.threads = 2", pyproject_toml="tool.porch.log.access = false"
    )
    assert project.said(config="other.toml").origins == {
        "server.threads": "other.toml:1",
        "log.access": "pyproject.toml:1",
    }


def test_a_missing_config_is_refused(project: Project) -> None:
    """A file that was named must be there."""
    told = project.problems(config="none.toml")
    assert told == [(f"there is no file {project.path / 'none.toml'}", "--config", "check the path")]


def test_no_files_are_needed(project: Project) -> None:
    """Nothing said is no problem, and a pyproject.toml without a word on porch says nothing."""
    assert project.holds(pyproject_toml='[tool.ruff]\nline-length = 9\n[project]\nname = "x"\n').said().origins == {}


UNKNOWN = [
    ("[limits]\nbdy = 1", 'unknown setting in [limits]: "bdy"', "porch.toml:2", 'did you mean "body"?'),
    ("[limts]\nbody = 1", 'unknown section: "limts"', "porch.toml:1", 'did you mean "limits"?'),
    ("workers = 3", 'unknown section: "workers"', "porch.toml:1", 'did you mean "server"?'),
    (
        "[http]\nzzz = 1",
        'unknown setting in [http]: "zzz"',
        "porch.toml:2",
        "known: listen, domains",
    ),
    ("limits = 3", '"limits" is a section, not a value', "porch.toml:1", "write [limits] and its settings below it"),
    ("[limits.body]\nx = 1", 'limits.body: a size is a number of bytes or text such as "10M"', "porch.toml:1", None),
]


@pytest.mark.parametrize(("text", "what", "where", "fix"), UNKNOWN)
def test_what_is_not_known_is_refused(project: Project, text: str, what: str, where: str, fix: str | None) -> None:
    """An unknown key or section, or one of the wrong shape, is named with its place and what was meant."""
    (told,) = project.holds(porch_toml=text).problems()
    assert told[:2] == (what, where)
    if what.startswith('unknown section: "workers"'):
        assert told[2].startswith("known: app, server, http")
    else:
        assert told[2] == (fix or "for example 200M")


def test_pyproject_is_as_strict(project: Project) -> None:
    """In pyproject.toml an unknown key is told with the whole name of its table, and a table must be one."""
    told = project.holds(pyproject_toml="[tool.porch.limits]\nbdy = 1\n").problems()
    what = 'unknown setting in [tool.porch.limits]: "bdy"'
    assert told == [(what, "pyproject.toml:2", 'did you mean "body"?')]
    told = project.holds(pyproject_toml="[tool]\nporch = 3\n").problems()
    fix = "write [tool.porch.SECTION] and its settings below it"
    assert told == [('"tool.porch" is a table, not a value', "pyproject.toml", fix)]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("PORCH_SERVER_WORKRS", 'did you mean "PORCH_SERVER_WORKERS"?'),
        ("PORCH_ZZZZZZZZZZZZZZZZ", "unset it; a setting's variable is named like PORCH_APP_TARGET"),
    ],
)
def test_an_unknown_variable_is_refused(project: Project, name: str, fix: str) -> None:
    """A variable that begins like porch's own but is none is named, with the one that was meant."""
    assert project.problems({name: "1"}) == [(f'unknown variable "{name}"', f"${name}", fix)]


def test_other_variables_are_left_alone(project: Project) -> None:
    """What does not begin with PORCH_, and what porch sets for its own children, is no setting."""
    assert project.said({"PORCHES": "2", "PATH": "/bin", "PORCH_WORKER": "{}"}).origins == {}


SERVICE = {
    "PORCH_SERVICE_HOST": "10.0.0.1",
    "PORCH_SERVICE_PORT": "80",
    "PORCH_SERVICE_PORT_HTTP": "80",
    "PORCH_PORT": "tcp://10.0.0.1:80",
    "PORCH_PORT_80_TCP": "tcp://10.0.0.1:80",
    "PORCH_PORT_80_TCP_PROTO": "tcp",
    "PORCH_PORT_80_TCP_PORT": "80",
    "PORCH_PORT_80_TCP_ADDR": "10.0.0.1",
    "PORCH_WEB_SERVICE_HOST": "10.0.0.2",
    "PORCH_WEB_PORT": "tcp://10.0.0.2:80",
}


@pytest.mark.parametrize("place", ["", "backend"])
def test_static_url_is_djangos_own_in_its_projects(project: Project, place: str) -> None:
    """Its settings often read that variable; with STATIC_PATH beside it, it is the images'."""
    alone = {"STATIC_URL": "/files/"}
    assert dict(project.said(alone).settings.static) == {"/files/": "/app/static"}
    (project.path / place).mkdir(exist_ok=True)
    (project.path / place / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")')
    assert project.said(alone).settings.static == ()
    assert dict(project.said(alone | {"STATIC_PATH": "/s"}).settings.static) == {"/files/": "/s"}


def test_what_kubernetes_sets_for_a_service_is_left_alone(project: Project) -> None:
    """A Service named porch, or porch-web, gives every container such variables."""
    assert project.said(SERVICE).origins == {}


def test_a_port_that_was_typed_is_no_service(project: Project) -> None:
    """Kubernetes' variable of that name holds a URL; a number is a mistake that is told."""
    assert len(project.problems({"PORCH_PORT": "8080"})) == 1


def test_one_setting_is_seen_past_all_mistakes(project: Project) -> None:
    """Which format problems are told in must be known while there are problems."""
    wanted = spec("log.format")
    project.holds(porch_toml='[lmits]\nbody = 1\n[log]\nformat = "json"\n')
    assert sources.peek(wanted, project.path) == "json"
    project.holds(porch_toml="not toml", pyproject_toml='[tool.porch.log]\nformat = "json"\n')
    assert sources.peek(wanted, project.path) == "json"
    project.holds(pyproject_toml="[tool]\nporch = 3\n")
    assert sources.peek(wanted, project.path) is None


WRONG = [
    ({"PORCH_SERVER_WORKERS": "some"}, [], 'server.workers: "some" is not a whole number from 1 to 512 or "auto"'),
    ({"WEB_CONCURRENCY": "some"}, [], 'server.workers: "some" is not a whole number from 1 to 512 or "auto"'),
    ({}, [flag("server.workers", "0", "-w")], 'server.workers: "0" is not a whole number from 1 to 512 or "auto"'),
]


@pytest.mark.parametrize(("environ", "flags", "what"), WRONG)
def test_a_bad_value_is_refused_where_it_was_said(
    project: Project, environ: dict[str, str], flags: list[Flag], what: str
) -> None:
    """A value of the wrong kind is told with the variable or flag as it was typed, and an example."""
    where = flags[0].spelled if flags else f"${next(iter(environ))}"
    assert project.problems(environ, flags) == [(what, where, "for example 3")]


def test_all_problems_are_told_at_once(project: Project) -> None:
    """Both files, variables and flags are read to their end before anything is refused."""
    project.holds(
        pyproject_toml="[tool.porch.log]\nlvel = 1\n", porch_toml='[limits]\nbdy = 1\nrequest_timeout = "soon"\n'
    )
    told = project.problems({"PORCH_X": "1", "PORCH_LOG_ACCESS": "maybe"}, [flag("server.backlog", "-3")])
    assert [where for _, where, _ in told] == [
        "pyproject.toml:2", "porch.toml:2", "porch.toml:3", "$PORCH_LOG_ACCESS", "$PORCH_X", "--server-backlog",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "what", "where", "fix"),
    [
        (
            b"[limits]\nbody = \n",
            "porch.toml is not valid TOML: Invalid value (at line 2, column 8)",
            "porch.toml:2",
            1,
        ),
        (b"[limits]\n[limits]\n", "porch.toml is not valid TOML: Cannot declare ('limits',) twice", "porch.toml:2", 1),
        (b"[log]\nlevel = '\xff'\n", "porch.toml is not UTF-8 text", None, "save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    project: Project, content: bytes, what: str, where: str | None, fix: str | int
) -> None:
    """What is no TOML, or no UTF-8, is told with its line or path."""
    (told,) = project.holds(porch_toml=content).problems()
    assert told[0].startswith(what)
    assert told[1:] == (where or str(project.path / "porch.toml"), "mend that line" if fix == 1 else fix)


def test_the_other_sources_are_judged_beside_a_broken_file(project: Project) -> None:
    """A broken porch.toml does not hide what is wrong in the flags."""
    told = project.holds(porch_toml="[log\n").problems(flags=[flag("limits.body", "x")])
    assert [where for _, where, _ in told] == ["porch.toml:1", "--limits-body"]


def test_static_tables_are_merged(project: Project) -> None:
    """Each source adds its URLs to those of weaker ones, and a URL that is said again is replaced."""
    project.holds(
        pyproject_toml='[tool.porch.static]\n"/a/" = "one"\n"/b/" = "two"\n', porch_toml='[static]\n"/b/" = "three"\n'
    )
    said = project.said({"PORCH_STATIC": "/c/=four"}, [flag("static", "/d/=five"), flag("static", "/a/=six")])
    assert dict(said.settings.static) == {"/a/": "six", "/b/": "three", "/c/": "four", "/d/": "five"}
    assert said.origin("static") == "--static"


def test_a_flag_for_several_values_may_be_repeated(project: Project) -> None:
    """Repeated flags are joined where a setting takes several values, and elsewhere the last one counts."""
    flags = [flag("http.listen", "80", "-l"), flag("http.listen", "81", "-l"), flag("log.level", "info")]
    said = project.said(flags=[*flags, flag("log.level", "error")])
    assert (said.settings.http.listen, said.settings.log.level) == (("80", "81"), "error")


def test_a_stronger_list_replaces_a_weaker_one(project: Project) -> None:
    """Lists are not merged: an address given as a flag stands alone."""
    said = project.holds(porch_toml="[http]\nlisten = [80, 81]\n").said(flags=[flag("http.listen", "90", "-l")])
    assert said.settings.http.listen == ("90",)
    assert said.origin("http.listen") == "-l"


def test_what_the_images_variables_need_said_is_handed_on(project: Project) -> None:
    """Notes on other tools' variables reach whoever starts the app."""
    assert project.said({"GUNICORN_CMD_ARGS": "-b :80"}).notes == (
        "$GUNICORN_CMD_ARGS: --bind is left out, nginx listens in its place; use --listen",
    )
