"""Hundreds of configurations that nobody thought of, and every golden one, before judges that porch did not write.

Rule: a judge is shown a fault too, and must find it: silence alone proves nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.append(str(Path(__file__).parent))

from test_nginx_configurations import NGINXES, judge, plans

from porch.facts import Nginx
from porch.plan import Plan
from porch.targets import nginx

ROOT = Path(__file__).parents[2]
JUDGES = ("gixy-ng", "gixy-next")
FAULTY = "events {}\nhttp { server { listen 80; location /static { alias /srv/static/; } } }\n"
"""The slash that is missing lets `/static../.env` out."""
EACH = 255
"""Configurations for each nginx."""


@dataclass(frozen=True)
class Generated:
    """What any few settings lead to, for the nginx of that name."""

    plan: Plan
    text: str
    binary: str


@pytest.fixture(scope="module")
def generated() -> list[Generated]:
    """Configurations that differ from each other, the same at each run."""
    return [each for number, nginx_ in enumerate(NGINXES) for each in _of(nginx_, number)]


def _of(wanted: Nginx, number: int) -> list[Generated]:
    found: dict[str, Generated] = {}

    @seed(number)
    @settings(
        max_examples=EACH * 3 // 2,  # some come twice
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plans((wanted,)))
    def gather(plan: Plan) -> None:
        if len(found) < EACH:
            text = nginx.file(plan).text
            found.setdefault(text, Generated(plan, text, wanted.binary))

    gather()
    return list(found.values())


@pytest.fixture(scope="module")
def shown(generated: list[Generated], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All of them as files, the golden ones, and one with a fault, the last."""
    folder = tmp_path_factory.mktemp("shown")
    texts = [each.text for each in generated]
    texts += [path.read_text() for path in sorted((ROOT / "tests/golden/cases").glob("*/expected/**/*nginx.conf"))]
    paths = [folder / f"{number}.conf" for number in range(len(texts) + 1)]
    for path, text in zip(paths, [*texts, FAULTY], strict=True):
        path.write_text(text)
    return paths


def test_there_are_enough(generated: list[Generated]) -> None:
    """At least 500, none twice."""
    assert len({each.text for each in generated}) == len(generated) >= 500


@pytest.mark.parametrize("name", JUDGES)
def test_no_judge_finds_a_fault_of_weight(shown: list[Path], name: str) -> None:
    """No finding of high or medium severity, but for the fault that was put there."""
    program = ROOT / ".venv-judges" / name / "bin" / "gixy"
    assert program.exists(), "it is missing; `make test` installs it, or: sh tools/judges.sh python3 .venv-judges"
    argv = [str(program), "-ll", "-f", "json", *map(str, shown)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=240, check=False)
    found = json.loads(done.stdout)
    assert {each["severity"] for each in found} <= {"MEDIUM", "HIGH"}
    told = [(each["file"], each["plugin"], each["reason"]) for each in found if "file" in each and _meant(each)]
    assert [each for each in told if each[0] != str(shown[-1])] == []
    assert [each["severity"] for each in found if each["plugin"] == "alias_traversal"] == ["HIGH"]


def _meant(finding: dict[str, str]) -> bool:
    """Whether a finding is about what stands there.

    HSTS is left out on purpose where the certificate is not a public one: a browser would remember it against the name.
    The judge takes plain HTTP on port 8443 for HTTPS. And a path's answers are not buffered where the user says so.
    """
    speaks_tls = re.search(r"^ *listen .* ssl\b", Path(finding["file"]).read_text(), flags=re.MULTILINE)
    asked_for = finding["plugin"] in {"hsts_header", "proxy_buffering_off"}
    return not asked_for and not (finding["plugin"] == "weak_ssl_tls" and not speaks_tls)


def test_nginx_takes_each(generated: list[Generated], tmp_path: Path) -> None:
    """All, without a word, by the nginx that each was decided for."""
    refused = [said for each in generated if (said := judge(each.text, each.plan, each.binary, tmp_path))]
    assert refused == []
