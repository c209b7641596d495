"""sslyze judges the handshake by Mozilla's guideline, as it judges sites of the internet.

Rule: it trusts the tests' own authority; all else is what it would say of any site.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from story import MakeProject
from test_tls import AUTHORITY, NAME, place, start

from porch.certificates import making
from porch.facts import find_nginx

JUDGE = Path(sys.prefix, "judges/bin/sslyze")
NGINXES = {".".join(map(str, found.version)): found.binary for found in find_nginx("auto")}


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
@pytest.mark.parametrize("version", NGINXES)
def test_the_guideline_is_kept(project: MakeProject, version: str, profile: str) -> None:
    """Mozilla's guideline of that name, on both nginxs: compliant; and by the stricter one, intermediate is not."""
    made = project("echo_wsgi")
    place(made, making.leaf(AUTHORITY, (NAME,), days=80))
    words = ("--nginx-binary", NGINXES[version], "--tls-profile", profile)
    site, _, trusted = start(made, "app.py:app", "--server", "granian", *words)
    assert "OK - Compliant." in judged(profile, site.port, trusted)
    if profile == "intermediate":
        assert "FAILED - Not compliant." in judged("modern", site.port, trusted)


def judged(profile: str, port: int, trusted: str) -> str:
    """What sslyze says."""
    words = (str(JUDGE), f"--mozilla_config={profile}", f"--certinfo_ca_file={trusted}", f"{NAME}:{port}{{127.0.0.1}}")
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False).stdout
