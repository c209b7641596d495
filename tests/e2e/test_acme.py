"""A certificate that is fetched and renewed by itself, from a real authority of the kind that Let's Encrypt runs.

Rule: the authority is pebble, on this machine; it asks at the port where nginx answers plain HTTP, as one would at 80.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import ask, ask_tls, secured
from open_loop import Load
from pebble import PEBBLE, Authority
from ports import free_port
from releases import release
from story import MakeProject, Project, Site
from waiting import until

from porch.facts import find_nginx

pytestmark = pytest.mark.skipif(not PEBBLE, reason="there is no pebble; tools/machine.sh brings it")
NAMES = ("shop.test", "www.shop.test")
RATE = 60
LIFE = 24
"""Seconds of a certificate that is to be renewed within the test."""
SLOW = 120.0
"""Seconds until a certificate is there, on a machine with other work to do."""


class Fetching:
    """A project whose certificate is fetched, and the authority."""

    def __init__(self, project: Project, folder: Path, life: int = 3600) -> None:
        self.project = project
        self.plain = free_port()
        self.authority = Authority(folder, self.plain, life)
        self.state = project.home / "state"
        project.write("app.py", release("wsgi", 1))

    def run(self, *words: str) -> Site:
        """Start the site."""
        own = ("--tls-acme-directory", self.authority.directory, "--tls-acme-roots", str(self.authority.roots))
        where = ("--tls-redirect", f"127.0.0.1:{self.plain}", "--tls-folder", str(self.state))
        domains = [word for name in NAMES for word in ("--domain", name)]
        return self.project.run(
            "app:app", "--server", "granian", "--workers", "1", "--tls", "acme", *domains, *own, *where, *words
        )


def served(site: Site, trusting: str = "") -> bytes:
    """The certificate that is served."""
    with secured(site.port, NAMES[0], trusting=trusting) as connection:
        return connection.getpeercert(binary_form=True) or b""


def wait_fetched(site: Site, times: int = 1) -> None:
    """Wait until so many certificates were taken into service."""
    until(lambda: site.stderr.text.count("is in service") >= times, lambda: f"it is served: {site.stderr.text}", SLOW)


@pytest.fixture
def fetching(project: MakeProject, tmp_path: Path) -> Iterator[Fetching]:
    """A project and an authority, which ends with the test."""
    made = Fetching(project(), tmp_path)
    yield made
    made.authority.stop()


def test_a_certificate_is_fetched_kept_and_used_again(fetching: Fetching) -> None:
    """The names are proven by nginx's own answers; what is fetched serves the next start too, and nobody is asked."""
    site = fetching.run()
    wait_fetched(site)
    told = site.status()["certificate"]
    assert (told["failure"], told["until"].endswith(" UTC")) == (None, True)
    root = str(fetching.authority.root())
    first = served(site, root)
    for name in NAMES:
        assert ask_tls(site.port, "/", name, trusting=root).status == 200
    assert ask_tls(site.port, "/", NAMES[0], trusting=root).all("Strict-Transport-Security") == []
    assert list((fetching.project.run_folder / "acme").iterdir()) == []
    missing = "/.well-known/acme-challenge/none"
    assert ask(fetching.plain, "GET", missing, {"Host": NAMES[0]}).status == 404
    assert ask(fetching.plain, "GET", missing, {"Host": "other.test"}).status == 421
    assert ask(fetching.plain, "GET", "/", {"Host": NAMES[0]}).status == 308
    assert fetching.project.porch("reload").code == 0
    assert site.stop() == 0
    fetching.authority.stop()
    again = fetching.run()
    assert served(again, root) == first
    assert {path.stat().st_mode & 0o777 for path in fetching.state.rglob("*") if path.is_file()} == {0o600}


def test_a_failure_keeps_what_is_served_and_a_reload_tries_again(fetching: Fetching) -> None:
    """Without its authority the site is up, tells why it has no certificate, and has one as soon as it can."""
    fetching.authority.stop()
    site = fetching.run()
    until(lambda: "the certificate stays as it is" in site.stderr.text, lambda: site.stderr.text)
    assert "cannot be reached" in site.stderr.text
    assert "tried again in 1 minute, or at `porch reload`" in site.stderr.text
    assert "cannot be reached" in site.status()["certificate"]["failure"]
    assert ask_tls(site.port, "/", NAMES[0]).status == 200
    fetching.authority.again()
    assert fetching.project.porch("reload").code == 0
    wait_fetched(site)
    assert ask_tls(site.port, "/", NAMES[0], trusting=str(fetching.authority.root())).status == 200


NGINXES = find_nginx("auto")


@pytest.mark.parametrize("found", NGINXES, ids=lambda found: ".".join(map(str, found.version)))
def test_a_renewal_is_noticed_by_nobody(project: MakeProject, tmp_path: Path, found: object) -> None:
    """At two thirds of its life a certificate is replaced, twice, and of all requests meanwhile none fails."""
    made = Fetching(project(), tmp_path, LIFE)
    try:
        site = made.run("--nginx-binary", found.binary)
        wait_fetched(site)
        first = served(site)
        with Load(site.port, RATE, name=NAMES[0]) as load:
            wait_fetched(site, 3)
        assert load.account.failed == {}
        assert served(site, str(made.authority.root())) != first
        assert load.account.answered > LIFE * RATE
    finally:
        made.authority.stop()
