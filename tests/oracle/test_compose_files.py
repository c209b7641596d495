"""The real Compose and a linter of compose files judge what is rendered.

Rule: what a service is given, is what the plan says, whatever the shell holds in which Compose is called.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from decided import image_plan_of
from porch.plan import ProcessPlan
from porch.syntax import compose as language
from porch.syntax import yaml
from porch.syntax.yaml import entry, table
from porch.targets import compose

BIN = Path(sys.executable).parent
CASES: dict[str, dict[str, object]] = {
    "single": {},
    "split": {"compose.topology": "split"},
    "published": {"http.listen": "8080 8443", "compose.publish": "0.0.0.0:80 [::1]:443"},
    "processes": {
        "compose.topology": "split",
        "process": "queue command='sh -c \"echo $HOME ${X:-y}\"' count=2 ; once command=a restart=never",
    },
    "limits": {"compose.cpus": 0.5, "compose.memory": "2G", "compose.pids": 1000, "limits.graceful_timeout": "5m"},
}


def config(folder: Path, *names: str) -> Any:
    """What Compose makes of the files, as JSON."""
    words = [word for name in names for word in ("-f", name)]
    done = subprocess.run(
        (BIN / "docker-compose", *words, "config", "--format", "json"),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "HOME": "/replaced", "X": "replaced"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # A variable that is not set would be told of; a file that may be missing is not.
    assert "not set" not in done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=CASES, ids=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A folder with the files of one case."""
    given = CASES[request.param]
    for file in compose.files(image_plan_of(given)):
        (tmp_path / file.path).write_text(file.text)
    return tmp_path, given


def test_compose_takes_the_files(case: tuple[Path, dict[str, object]]) -> None:
    """It reads compose.yaml, and what is laid over it to develop, without a word of complaint."""
    folder, given = case
    plan = image_plan_of(given)
    found = config(folder, compose.NAME)["services"]
    developed = config(folder, compose.NAME, compose.DEVELOPED)["services"]
    assert found.keys() == developed.keys()
    assert all(service["read_only"] for service in found.values())
    assert int(found["app"]["mem_limit"]) == plan.compose.memory.value
    for process in plan.processes.value if len(found) > 2 else ():
        assert as_given(found[process.name.replace(".", "-")]["command"]) == list(process.command)


def as_given(command: list[str]) -> list[str]:
    """`config` writes a file again, so each `$` is doubled once more."""
    return [word.replace("$$", "$") for word in command]


def test_a_linter_finds_only_what_was_asked_for(case: tuple[Path, dict[str, object]]) -> None:
    """Nothing of high severity, and below it only ports that were opened to all, and an image that is built here."""
    folder, given = case
    done = subprocess.run(
        (BIN / "compose-lint", "--format", "json", compose.NAME),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    found = {each["rule_id"] for each in json.loads(done.stdout)["findings"]}
    meant = {"CL-0019"} if "compose.topology" in given else {"CL-0005"} if "compose.publish" in given else set[str]()
    assert found == meant


HOSTILE = (
    "$HOME",
    "${HOME}",
    "$$HOME",
    "a$",
    "${X?}",
    "a: b",
    "#a",
    "yes",
    "0x10",
    "1:30",
    "'",
    '"',
    "a\nb",
    "\\",
    "é",
)


def test_a_service_is_given_what_was_said(tmp_path: Path) -> None:
    """No variable of the shell is read into a word, and none is taken for a number or a truth."""
    given = {f"V{number}": language.verbatim(value) for number, value in enumerate(HOSTILE)}
    service = {"image": "x", "command": language.words(HOSTILE), "environment": given}
    lines = yaml.render(table(entry("services", {"x": service})))
    (tmp_path / "compose.yaml").write_text("\n".join(line.text for line in lines))
    found = config(tmp_path, "compose.yaml")["services"]["x"]
    assert as_given(found["command"]) == list(HOSTILE)
    assert [as_given([found["environment"][f"V{number}"]])[0] for number in range(len(HOSTILE))] == list(HOSTILE)


def test_a_process_is_rendered_as_planned() -> None:
    """The words of the case above hold what Compose would replace."""
    plan = image_plan_of(CASES["processes"])
    words = [each for each in plan.processes.value if isinstance(each, ProcessPlan) and "$" in " ".join(each.command)]
    assert len(words) == 2
