"""The sample site that a newcomer sees first.

Rule: it is served from its own folder, without a word of settings.
"""

from __future__ import annotations

import re
from pathlib import Path

from story import MakeProject

HELLO = Path(__file__).parent.parent.parent / "examples" / "hello"


def test_sample_site_says_who_answered(project: MakeProject) -> None:
    """The page shows the client, the request's id and the app server; its style and picture come from nginx."""
    site = project(HELLO).run()
    page = site.get("/").text
    assert "<dd>127.0.0.1</dd>" in page
    assert re.search(r"<dd>[0-9a-f]{32}</dd>", page)
    facts = site.get("/facts.json").json()
    assert facts["App server"].lower() == "granian"
    assert facts["Host"] == f"127.0.0.1:{site.port}"
    assert all(facts.values())
    for path, kind in (("/static/hello.css", "text/css"), ("/static/porch.svg", "image/svg+xml")):
        answer = site.get(path)
        assert answer.header("Content-Type").split(";")[0] == kind
        assert answer.header("Cache-Control")
    assert site.stop() == 0
