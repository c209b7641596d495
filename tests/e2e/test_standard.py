"""What PEP 3333 promises to a WSGI app, on every server that speaks it.

Rule: one app and one answer; what one server does otherwise is mended by porch, or stands in the docs.
"""

from __future__ import annotations

import kinds
import pytest
from story import MakeProject, Site

BODY = b"line1\nline2\r\nlast"


@pytest.fixture(scope="module", params=kinds.WSGI.values(), ids=kinds.WSGI)
def site(request: pytest.FixtureRequest, shared_project: MakeProject) -> Site:
    """The app on one server."""
    return shared_project("standard_wsgi").run("app:app", *request.param, "--workers", "2")


@pytest.mark.parametrize("length", ["", "-with-length"])
def test_a_generator_says_its_status_when_it_begins(site: Site, length: str) -> None:
    """Its status and headers are sent, though it says them only when its first part is asked for."""
    told = site.get(f"/late/told{length}")
    assert (told.status, told.header("X-Late"), told.text) == (404, "yes", "late")


@pytest.mark.parametrize("how", ["-at-once", "", "-with-length"])
def test_what_a_generator_raises_at_its_first_part_is_answered(site: Site, how: str) -> None:
    """It is a 500, be the status said or not, and the next request is answered."""
    assert site.get(f"/late/raise{how}").status == 500
    assert site.get("/told").status == 200


@pytest.mark.parametrize("path", ["/page", "/late/page", "/late/page-with-length"])
def test_an_error_page_takes_the_place_of_what_was_begun(site: Site, path: str) -> None:
    """As `exc_info` has it, while nothing was sent."""
    page = site.get(path)
    assert (page.status, page.header("X-Page"), page.text) == (500, "own", "failed")


def test_an_app_may_write(site: Site) -> None:
    """The way of old apps: what they wrote comes before what they return."""
    written = site.get("/write")
    assert (written.status, written.text) == (201, "one two three")


def test_a_file_is_sent_from_where_it_stands(site: Site) -> None:
    """And not from its first byte."""
    assert site.get("/sought").text == "456789"


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/read/lines", ["line1\n", "line2\r\n", "last"]),
        ("/read/readline", ["line1\n", "line2\r\n", "last"]),
        ("/read/readlines", ["line1\n", "line2\r\n", "last"]),
        ("/read/parts", ["line", "1\n", "line2\r\nlast"]),
        ("/read/whole", BODY.decode()),
    ],
)
def test_a_body_is_read_in_every_way(site: Site, path: str, read: object) -> None:
    """By lines, by bytes, in whole."""
    assert site.post(path, BODY).json() == read


def test_a_large_body_is_read_by_lines(site: Site) -> None:
    """Longer than any buffer on its way."""
    lines = site.post("/read/lines", b"x" * 99_999 + b"\n" + b"y" * 300_000).json()
    assert [len(line) for line in lines] == [100_000, 300_000]


def test_a_body_in_chunks_is_a_body(site: Site) -> None:
    """nginx collects it, and the app is not told of chunks that are none any more."""
    asked = b"POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"
    assert site.raw(asked).body == b'"one two"'


def test_several_cookie_lines_are_one(site: Site) -> None:
    """Browsers send one, HTTP/2 and others may send several."""
    answer = site.raw(b"GET /told HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n")
    assert b'"HTTP_COOKIE": "a=1; b=2"' in answer.body
    assert site.get("/told").json()["HTTP_COOKIE"] is None


@pytest.mark.parametrize("path", ["/a//b", "/a/../b", "/a/%2e%2e/b", "/https://x.y/z", "/caf%C3%A9"])
def test_the_path_is_the_clients(site: Site, path: str) -> None:
    """Decoded, and no more: slashes and dots may mean something to the app."""
    decoded = path.replace("%2e", ".").replace("%C3%A9", "\xc3\xa9")
    told = site.get(f"{path}?q=a%2Fb").json()
    assert (told["PATH_INFO"], told["QUERY_STRING"]) == (decoded, "q=a%2Fb")


def test_a_header_of_bytes_above_ascii_arrives_as_it_was_sent(site: Site) -> None:
    """UTF-8, as the standard has apps say it."""
    sent = site.get("/name").header("Content-Disposition")
    assert sent.encode("latin-1").decode() == "attachment; filename=café"


def test_a_line_break_in_a_header_puts_no_header_in(site: Site) -> None:
    """Whoever wrote the value shall not write the answer."""
    assert not site.get("/split").all("X-Put")


def test_other_processes_may_serve_the_app_too(site: Site) -> None:
    """Another worker, and at a reload those of another generation."""
    assert site.get("/told").json()["wsgi.multiprocess"] is True
