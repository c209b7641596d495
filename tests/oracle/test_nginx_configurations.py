"""nginx itself, Debian's and the newest, judges what is rendered; so do the rules, for plans that nobody thought of."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ports import free_port

import anything
import nginx_rules
from decided import DEBIAN, FOLDER, PYTHON, SERVERS, WHEEL, make_facts, make_finding, plan_of, static
from porch import decide
from porch.certificates import making
from porch.errors import Refused
from porch.facts import Nginx, find_nginx
from porch.places import Place
from porch.plan import Plan
from porch.syntax.file import Unwritable
from porch.targets import nginx

sys.path.append(str(Path(__file__).parents[1] / "golden"))

from golden import Case, cases

CERTIFICATE = making.leaf(making.authority("the tests"), ("shop.org",))
NGINXES = find_nginx("auto")
CASES = cases("cases")
PUBLIC = {
    f"{FOLDER}/files": Place(True, folder=True),
    f"{FOLDER}/odd {{name}}; #": Place(True, folder=True),
    f'{FOLDER}/it\'s "odd"': Place(True, folder=True),
    f"{FOLDER}/page.html": Place(True),
    f"{FOLDER}/files/index.html": Place(True),
    "/data": Place(True, folder=True),
}
"""Places that may be public, some with names that a careless renderer would trip over."""
PATHS = st.sampled_from(sorted(path for path, place in PUBLIC.items() if place.folder))
PAGES = st.sampled_from(("", "files", "page.html"))
FEW = (
    "app.mount", "server.keep_alive", "http.listen", "http.domains", "files.expires", "files.hashed", "limits.body",
    "limits.request_timeout", "limits.graceful_timeout", "proxy.trusted", "nginx.workers", "nginx.connections",
    "log.format", "log.access", "run.user", "limits.header", "limits.header_timeout", "limits.body_timeout",
    "limits.connections", "limits.rate", "limits.websocket_idle", "answers.security", "answers.compression",
    "path", "tls.profile", "tls.redirect", "tls.hsts", "tls.hsts_subdomains",
)  # fmt: skip
"""Settings that nginx.conf depends on, and that are seldom refused."""


@st.composite
def plans(draw: st.DrawFn, nginxes: tuple[Nginx, ...] = (DEBIAN, WHEEL)) -> Plan:
    """Any Plan; what does not go together is drawn again."""
    given: dict[str, Any] = {key: draw(anything.VALUES[key]) for key in draw(st.sets(st.sampled_from(FEW)))}
    if draw(st.booleans()):
        given["static"] = draw(st.dictionaries(anything.URLS, PATHS, max_size=3))
    if draw(st.booleans()):
        fetched = {"tls.mode": "acme", "http.domains": "shop.org www.shop.org"}
        files = {"tls.certificate": "tls.pem", "tls.key": "key.pem"}
        given |= draw(st.sampled_from(({"tls.mode": "self-signed"}, files, fetched)))
    else:
        given = {key: value for key, value in given.items() if not key.startswith("tls.")}
    if draw(st.booleans()):
        given["files.protected"] = {"/protected/": draw(PATHS)}
    if draw(st.booleans()):
        left = {"app.routes": draw(st.sampled_from(("/api/ /login", "/a/b.c/ /api /upload/"))), "app.mount": ""}
        given |= draw(st.sampled_from((left, {"app.mount": "/api"}))) | {"files.single_page": draw(PAGES)}
    given["files.maintenance"] = draw(st.sampled_from(("", "page.html")))
    given["files.home_page"] = draw(st.sampled_from(("", "page.html")))
    interface = draw(st.sampled_from(("wsgi", "asgi", "aiohttp")))
    found = draw(st.sampled_from((static("/static/", f"{FOLDER}/files"), None)))
    servers = draw(st.sampled_from((SERVERS, {"pyuwsgi": "2.0.30", "gunicorn": "27.0.1", "aiohttp": "3.14.5"})))
    if interface == "wsgi" and "granian" not in servers:
        given["server.name"] = "uwsgi"
    facts = make_facts(
        PUBLIC,
        nginx=(draw(st.sampled_from(nginxes)),),
        servers=servers,
        root=draw(st.booleans()),
        cores=2.5,
        pairs=anything.PAIRS,
    )
    try:
        plan = plan_of(given, facts, make_finding(interface=interface, statics=(found,) if found else ()))
        nginx.file(plan)
    except (Refused, Unwritable):
        # Whether it is refused with good words is for the tests of the decisions.
        return draw(st.nothing())
    return plan


def judge(text: str, plan: Plan, binary: str, folder: Path) -> str:
    """What nginx says of the text, moved to a run folder and to ports of this test; empty when it takes it."""
    text = text.replace(plan.run.folder.value + "/", f"{folder}/")
    text = re.sub(r"^( *listen )unix:\S+?(;| )", rf"\1unix:{folder}/web.sock\2", text, flags=re.MULTILINE)
    listen = re.compile(r"^( *listen \S+:)(\d+)", flags=re.MULTILINE)
    ports = {old: free_port() for _, old in listen.findall(text)}
    text = listen.sub(lambda found: f"{found[1]}{ports[found[2]]}", text)
    Path(plan.run.nginx.replace(plan.run.folder.value, str(folder), 1)).mkdir(exist_ok=True)
    if plan.tls.on:
        (folder / "nginx/certificate.pem").write_text(CERTIFICATE.certificate)
        (folder / "nginx/key.pem").write_text(CERTIFICATE.key)
    (folder / "nginx.conf").write_text(text)
    words = (binary, "-t", "-q", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr if done.returncode or done.stderr else ""


def test_both_nginxes_are_there() -> None:
    """The oldest that is common and the newest: what one takes the other may not."""
    assert len({found.version for found in NGINXES}) == 2


@pytest.mark.parametrize("found", NGINXES, ids=lambda found: found.binary)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder.name)
def test_golden_cases_are_taken(case: Case, found: Nginx, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each golden project, decided for this nginx, is taken by it without a word."""
    said = case.said(monkeypatch)
    plan = decide.plan(said, replace(case.facts(), nginx=(found,)), case.finding(said))
    assert judge(nginx.file(plan).text, plan, found.binary, tmp_path) == ""


@pytest.mark.parametrize("found", NGINXES, ids=lambda found: found.binary)
def test_generated_configurations_are_taken(found: Nginx, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What any few settings lead to is taken by this nginx without a word."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(plans((found,)))
    def holds(plan: Plan) -> None:
        assert judge(nginx.file(plan).text, plan, found.binary, tmp_path_factory.mktemp("nginx")) == ""

    holds()


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_generated_configurations_keep_the_rules(plan: Plan) -> None:
    """No rule of the edge is broken by what any few settings lead to."""
    assert nginx_rules.broken(nginx_rules.read(plan)) == []


def test_nginx_judges_what_it_is_given(tmp_path: Path) -> None:
    """A configuration with a slip in it is refused, so that the tests above could fail."""
    plan = plan_of({"app.python": PYTHON})
    text = nginx.file(plan).text
    for found in NGINXES:
        assert "unknown directive" in judge(text.replace("sendfile on", "sendfiel on"), plan, found.binary, tmp_path)
