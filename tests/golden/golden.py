"""One golden case: a project, what was typed, a machine that is the same everywhere, and what comes of it.

Rule: a case is files. `app/` is the project, `argv` what is typed behind `porch run`, `environ` the variables, and
`facts.json` what differs from a plain machine; each may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import decided
from porch import decide, frameworks, mainline, servers
from porch.certificates import Pair
from porch.cli import explained, parser, screen
from porch.errors import Problem, Refused
from porch.facts import Facts
from porch.frameworks import Finding, Project
from porch.places import Place, look
from porch.plan import Plan
from porch.plan.apps import apps
from porch.sources import Said
from porch.syntax.file import File
from porch.syntax.words import split
from porch.targets import docker, kubernetes, nginx, supervisord, systemd
from porch.values import AUTO

KEPT = "/srv/deploy"
"""Where the files are kept that run without porch."""
HERE = Path(__file__).parent
NGINXES = {"1.22.1": decided.DEBIAN, "1.31.3": decided.WHEEL}


class Stands(Mapping[str, Place]):
    """What stands in a case's project, as if it lay in the folder that the decisions are told of."""

    def __init__(self, app: Path, more: Mapping[str, Place]) -> None:
        self.app = app
        self.more = more

    def __getitem__(self, path: str) -> Place:
        if path in self.more:
            return self.more[path]
        inside = path == decided.FOLDER or path.startswith(decided.FOLDER + "/")
        return look(self.app / path[len(decided.FOLDER) + 1 :]) if inside else Place(False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.more)

    def __len__(self) -> int:
        return len(self.more)


class Certified(dict[tuple[str, str], Pair]):
    """Whatever certificate is named, it is this one."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair

    def __missing__(self, _: tuple[str, str]) -> Pair:
        return self.pair


@dataclass(frozen=True)
class Case:
    """A folder of `cases`, or of the mistakes in `cases/errors`."""

    folder: Path

    @property
    def app(self) -> Path:
        return self.folder / "app"

    @property
    def expected(self) -> Path:
        return self.folder / "expected"

    def words(self) -> tuple[str, ...]:
        """What is typed behind the command."""
        path = self.folder / "argv"
        return split(path.read_text()) if path.exists() else ()

    def environ(self) -> dict[str, str]:
        """Variables, one a line."""
        path = self.folder / "environ"
        lines = path.read_text().splitlines() if path.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def facts(self) -> Facts:
        """The machine of the case."""
        path = self.folder / "facts.json"
        told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        known = {decided.PYTHON: Place(True), **{path: Place(True, folder=True) for path in told.pop("folders", ())}}
        if "nginx" in told:
            told["nginx"] = tuple(NGINXES[name] for name in told["nginx"])
        if "certificate" in told:
            pair = told.pop("certificate")
            told["pairs"] = Certified(Pair(**{**pair, "names": tuple(pair.get("names", ()))}))
        if "servers" in told:
            told["servers"] = {name: decided.SERVERS[name] for name in told["servers"]}
        return replace(decided.make_facts(**told), places=Stands(self.app, known))

    def said(self, monkeypatch: pytest.MonkeyPatch) -> Said:
        """What was said, all sources together."""
        monkeypatch.chdir(self.app)
        given = parser.parser(("run",)).parse_args(["run", *self.words()])
        wanted = mainline.asked(given.target, tuple(getattr(given, "flags", ())), given.config)
        return mainline.said_for(wanted, self.environ())

    def beside(self, said: Said) -> tuple[decide.Beside, ...]:
        """The further apps, each with a folder of its own where its table names one."""
        facts = self.facts()
        return tuple(
            decide.Beside(
                prefix,
                replace(facts, folder=f"{facts.folder}/{mount.folder}" if mount.folder else facts.folder),
                self.finding(decide.said_of(said, prefix, mount), mount.folder or ""),
            )
            for prefix, mount in said.settings.mounts
        )

    def finding(self, said: Said, folder: str = "") -> Finding:
        """The app, as if it lay in the folder that the decisions are told of."""
        target = said.settings.app.target
        beside = [frameworks.Beside(each.folder or "", each.app or "") for _, each in said.settings.mounts]
        project = Project(self.app / folder)
        found = frameworks.detect(project, None if target == AUTO else target, () if folder else beside)
        assert found.sure or said.settings.app.interface != AUTO, "a case must need no import"
        return replace(
            found,
            import_from=self.moved(found.import_from),
            evidence=tuple(self.moved(line) for line in found.evidence),
            statics=tuple(replace(each, folder=self.moved(each.folder)) for each in found.statics),
        )

    def moved(self, text: str) -> str:
        """The text with the case's own folder replaced."""
        return text.replace(str(self.app), decided.FOLDER)

    def image(self, monkeypatch: pytest.MonkeyPatch) -> Plan:
        """What is decided for an image; raises Refused."""
        said = self.said(monkeypatch)
        lock = said.settings.container.lock
        found = frameworks.packaging(Project(self.app), "", "" if lock == AUTO else lock)
        found = replace(found, title=self.folder.name, porch="porch==0.1.0")
        return decide.plan_of_image(said, self.facts(), self.finding(said), found)

    def plan(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Said]:
        """Everything that is decided; raises Refused."""
        said = self.said(monkeypatch)
        return decide.plan(said, self.facts(), self.finding(said), self.beside(said)), said


def cases(kind: str) -> list[Case]:
    """The projects in `cases`, or the mistakes in `cases/errors`, by name."""
    return [Case(path) for path in sorted((HERE / kind).iterdir()) if path.is_dir() and path.name != "errors"]


def outputs(plan: Plan, said: Said, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Name -> text of all that is compared."""
    command = "".join(line.text + "\n" for each in apps(plan) for line in servers.command(each))
    files = (nginx.file(plan), *_own(plan))
    kept = _kept(plan)
    capsys.readouterr()
    explained.show_all(plan, explained.decisions(plan, said))
    shown = capsys.readouterr()
    return {
        **{file.path: file.text for file in (*files, *kept, *systemd.files(plan))},
        "command.txt": command,
        "plan.json": json.dumps(asdict(plan), indent=1, ensure_ascii=False) + "\n",
        "explain.txt": shown.out + shown.err,
    }


def _kept(plan: Plan) -> tuple[File, ...]:
    """What runs without porch; nothing where the certificate is porch's own to make."""
    if plan.tls.on and plan.tls.mode.value != "files":
        return ()
    alone = decide.kept(plan, KEPT)
    return (supervisord.file(alone), *(replace(file, path=f"kept-{file.path}") for file in _own(alone)))


def _own(plan: Plan) -> list[File]:
    """What the servers of all apps read; the folder of a further app is part of the name."""
    return [
        replace(file, path=f"{each.run.inside.replace('/', '-')}{file.path}")
        for each in apps(plan)
        for file in servers.by_name(each.server.name.value).files(each)
    ]


def image_outputs(plan: Plan) -> dict[str, str]:
    """Name -> text of what an image is made from, and what is said while it is rendered."""
    files = {file.path.lstrip("."): file.text for file in docker.files(plan)}
    pods = "".join(f"# ---- {file.path}\n{file.text}" for file in kubernetes.files(plan))
    return files | {"kubernetes.txt": pods, "warnings.txt": "".join(f"{each}\n" for each in plan.warnings)}


def refusal(case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What is said in place of a plan, and the exit code."""
    with pytest.raises(Refused) as refused:
        case.plan(monkeypatch)
    moved = [_moved(case, problem) for problem in refused.value.problems]
    capsys.readouterr()
    screen.problems(moved)
    return {"stderr.txt": capsys.readouterr().err + f"exit {int(refused.value.exit)}\n"}


def _moved(case: Case, problem: Problem) -> Problem:
    texts = {name: case.moved(getattr(problem, name)) for name in ("what", "where", "fix", "detail")}
    return replace(problem, **texts)


def compare(case: Case, made: Mapping[str, str], *, update: bool) -> None:
    """Compare all that was made with the files of the case, or write them."""
    if update:
        case.expected.mkdir(exist_ok=True)
        for path in case.expected.iterdir():
            path.unlink()
        for name, text in made.items():
            (case.expected / name).write_text(text)
    there = {path.name: path.read_text() for path in case.expected.iterdir()} if case.expected.is_dir() else {}
    fix = "see what changed, then: pytest tests/golden --update-golden"
    assert sorted(made) == sorted(there), f"files of {case.folder.name} are missing or left over; {fix}"
    for name, text in made.items():
        assert text == there[name], f"{case.folder.name}/{name}; {fix}"
