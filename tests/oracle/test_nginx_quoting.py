"""nginx itself says which value it read: each one is served as the body of a URL of its own."""

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from porch.facts import find_nginx
from porch.syntax.file import File, Unwritable
from porch.syntax.nginx import Expr, Value, block, comment, directive, entry, join, render

NGINXES = [found.binary for found in find_nginx("auto")]
DATA = [
    "plain",
    "",
    " ",
    "two words",
    " edges ",
    "a;b",
    ";",
    "{",
    "}",
    "{}",
    "a{b}c",
    "#a",
    "a#b",
    "#",
    '"',
    "'",
    "\"'",
    "it's",
    'say "hi"',
    '"whole"',
    "'whole'",
    "\\",
    "\\\\",
    "a\\b",
    "\\n\\t\\r",
    '\\"',
    "\\'",
    "end\\",
    "a; evil on; #",
    '"; return 200 evil; #',
    "'; return 200 evil; #",
    '\\"; return 200 evil; #',
    "} location / { return 200 evil; } #",
    "%20%00%d%(x)",
    "(a)",
    ")",
    "~* ^/a",
    "=",
    "a,b|c&d>e<f!g?h*i",
    "on",
    "é €\u00a0\u2028\U0001f600",
    "[::1]:80",
    '{"json": ["a\\\\b", \'c\']}',
    "x" * 4093,
    "x" * 4092 + ";",
    "\\" * 2046,
]
JOINED: list[tuple[Value, str]] = [
    (join("<", Expr("$request_method"), ">"), "<GET>"),
    (join(Expr("$request_method"), "_x"), "GET_x"),
    (join(Expr("$request_method"), Expr("$scheme")), "GEThttp"),
    (join(Expr("$scheme"), "{", Expr("$scheme"), "}"), "http{http}"),
    (join('"', Expr("$scheme"), "' ", Expr("$scheme"), "s\\"), "\"http' https\\"),
    (Expr("'$scheme \"$request_method\"'"), 'http "GET"'),
]
CASES: list[tuple[Value, str]] = [*((value, value) for value in DATA), *JOINED]


def configuration(folder: str) -> str:
    """One URL a case, and a map whose keys are the data."""
    note = 'one; } "two\nthree \\'
    answers = [
        block("location", "=", f"/{number}", children=[directive("return", 200, value, note=note)])
        for number, (value, _) in enumerate(CASES)
    ]
    # A map reads "~" at the start of a key as a regex and takes away a backslash there; neither is about quoting.
    keys = [entry(value, number) for number, value in enumerate(DATA) if not value.startswith(("~", "\\"))]
    temporary = [
        directive("client_body_temp_path", join(folder, "/t")),
        directive("proxy_temp_path", join(folder, "/t")),
        directive("fastcgi_temp_path", join(folder, "/t")),
        directive("uwsgi_temp_path", join(folder, "/t")),
        directive("scgi_temp_path", join(folder, "/t")),
    ]
    server = block("server", children=[directive("listen", join("unix:", folder, "/s")), *answers])
    size = directive("map_hash_bucket_size", 8192)
    web = [*temporary, directive("access_log", False), size, block("map", Expr("$arg_x"), Expr("$y"), children=keys)]
    nodes = [
        directive("daemon", False),
        directive("master_process", False),
        directive("pid", join(folder, "/pid")),
        block("events", children=[]),
        comment(note),
        block("http", children=[*web, server]),
    ]
    return File("nginx.conf", render(nodes, header=note)).text


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self) -> None:
        """Keep trying until nginx listens."""
        deadline = time.monotonic() + 40
        while True:
            self.sock = socket.socket(socket.AF_UNIX)
            try:
                self.sock.connect(self.host)
            except OSError:
                self.sock.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


@pytest.fixture(scope="module", params=NGINXES)
def served(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The body of each case's URL, as one running nginx gave it."""
    with tempfile.TemporaryDirectory(prefix="quoting") as folder:
        (Path(folder) / "nginx.conf").write_text(configuration(folder))
        words = (request.param, "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf")
        judged = subprocess.run((*words, "-t"), capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stderr
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            connection = Connection(f"{folder}/s")
            bodies: list[str] = []
            for number in range(len(CASES)):
                connection.request("GET", f"/{number}", headers={"Host": "x"})
                bodies.append(connection.getresponse().read().decode())
            connection.close()
            yield bodies
        finally:
            process.terminate()
            process.communicate(timeout=40)


def test_an_nginx_was_found() -> None:
    """Without an nginx this file would prove nothing."""
    assert NGINXES


def test_nginx_read_the_values_that_were_given(served: list[str]) -> None:
    """Every nasty value comes back from nginx byte for byte, and every variable was expanded."""
    assert served == [expected for _, expected in CASES]


@pytest.mark.parametrize("nginx", NGINXES)
@pytest.mark.parametrize("word", ["x" * 4096, '"$"'])
def test_what_is_refused_would_have_gone_wrong(nginx: str, word: str, tmp_path: Path) -> None:
    """nginx itself cannot read what porch refuses to write: a word past its buffer, a lone dollar."""
    (tmp_path / "nginx.conf").write_text(f"events {{}} http {{ server {{ return 200 {word}; }} }}")
    words = (nginx, "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf"))
    judged = subprocess.run(words, capture_output=True, text=True, check=False)
    assert judged.returncode != 0
    assert "too long parameter" in judged.stderr or "invalid variable name" in judged.stderr
    with pytest.raises(Unwritable):
        directive("return", 200, word.strip('"'))
