"""A save that breaks the app, in the browser of who works on it and nowhere else."""

from __future__ import annotations

import pytest
from story import MakeProject, Site
from waiting import until

OPENS = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
"""What a browser says when a person opens a page."""
OTHERS = [
    pytest.param({}, "127.0.0.1", id="a-program"),
    pytest.param({"Sec-Fetch-Mode": "cors"}, "127.0.0.1", id="a-script-of-the-page"),
    pytest.param(OPENS, "127.0.0.2", id="a-browser-elsewhere"),
    pytest.param(OPENS | {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.2", id="one-that-claims-to-be-here"),
]
APP = 'def app(environ, start_response):\n    start_response("200 OK", [])\n    return [b"well"]\n'
BROKEN = 'raise RuntimeError("<i>half</i> a thought")\n' + APP


@pytest.fixture
def site(project: MakeProject) -> Site:
    """One that watches its code, after a broken save."""
    made = project()
    made.write("app.py", APP)
    made.write("porch.toml", '[[path]]\nurl = "/slow/"\ntimeout = "2m"\n')
    site = made.run("app:app", "--watch", "--workers", "1")
    site.stdout.wait_for("each save is a reload")
    made.write("app.py", BROKEN)
    site.stderr.wait_for("no reload: generation 1 keeps serving")
    until(lambda: site.get("/", OPENS).status == 500, "the page is shown")
    return site


def test_who_works_on_it_sees_it_and_the_others_do_not(site: Site) -> None:
    """A browser on this machine is shown the traceback; all others get the old generation, until the next good save."""
    for path in ("/", "/some/page?x=1", "/slow/report"):
        page = site.get(path, OPENS)
        assert (page.status, page.header("content-type")) == (500, "text/html")
        assert "RuntimeError: &lt;i&gt;half&lt;/i&gt; a thought" in page.text
        assert "porch_worker" not in page.text
        assert page.header("cache-control") == "no-store"
        assert "default-src 'none'" in page.header("content-security-policy")
    for other in OTHERS:
        headers, address = other.values
        answer = site.get("/", headers, by=str(address))
        assert (answer.status, answer.text) == (200, "well"), other.id
    assert site.post("/", b"x", OPENS).status == 200
    assert site.get("/-/porch/ready", OPENS).status == 200
    assert site.get("/-/porch/broken.html").status == 404
    site.project.write("app.py", APP.replace("well", "mended"))
    site.stderr.wait_for("generation 3 serves|generation 2 serves")
    # nginx uses a connection to the old generation for a second more.
    until(lambda: (site.get("/", OPENS).status, site.get("/", OPENS).text) == (200, "mended"), "the new one answers")
    assert not list(site.project.run_folder.glob("broken*"))


def test_the_page_is_gone_with_the_instance(site: Site) -> None:
    """A stop while it is shown leaves nothing in the run folder."""
    assert site.stop() == 0
    assert not site.project.run_folder.exists()
