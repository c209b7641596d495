"""Every kind of value: what is read, what is refused with which sentence, and that what is shown is read back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porch import values as v
from porch.settings import kubernetes, specs
from porch.settings.containers import PACKAGES
from porch.settings.dotted import DOTTED
from porch.settings.mounts import MOUNTS, Mount
from porch.settings.path import PATHS, Path
from porch.settings.process import PROCESSES, Process
from porch.settings.systemd import NAME as UNIT
from porch.settings.systemd import PATHS as FOLDERS
from porch.values import Kind

HEADER = v.size_between(1024, 32768)
COUNT, COUNT_AUTO, RATIO = v.count(1, 512), v.count(1, 512, auto=True), v.ratio(0, 64)
STAYS = "secrets are kept under that name, so it stays 404; rename it in the app"
NO_DOT = "has no hidden part, so it needs no leave; this is for URLs such as /.web/"
PATH_URLS = "write /upload/ for it and all below it, or /report for itself alone"
RATE = 'is no rate; write requests in a second or a minute, such as "10/s" or "600/m"'
WORD = v.choice("auto", "gunicorn", "granian")

READ: list[tuple[Kind, object, object]] = [
    (v.SECONDS, 30, 30),
    (v.SECONDS, "30", 30),
    (v.SECONDS, " 2m ", 120),
    (v.SECONDS, "1 h", 3600),
    (v.SECONDS, "30d", 2592000),
    (v.SECONDS, 0, 0),
    (v.SECONDS, "3650d", v.LONGEST),
    (v.SECONDS_OR_AUTO, "auto", "auto"),
    (v.SECONDS_OR_AUTO, "10s", 10),
    (v.SIZE, 1, 1),
    (v.SIZE, "512K", 524288),
    (v.SIZE, "10M", 10485760),
    (v.SIZE, "10 MiB", 10485760),
    (v.SIZE, "200m", 209715200),
    (v.SIZE, "1gb", 1024**3),
    (v.SIZE, "0", 0),
    (HEADER, "16K", 16384),
    (v.RATE, "10/s", "10/s"),
    (v.RATE, " 600 / min", "600/m"),
    (v.RATE, "off", ""),
    (v.RATE, "", ""),
    (v.FLAG, True, True),
    (v.FLAG, "yes", True),
    (v.FLAG, "On", True),
    (v.FLAG, 1, True),
    (v.FLAG, "off", False),
    (v.FLAG, 0, False),
    (COUNT, 3, 3),
    (COUNT, "512", 512),
    (COUNT_AUTO, "auto", "auto"),
    (RATIO, "1.5", 1.5),
    (RATIO, 2, 2.0),
    (WORD, "granian", "granian"),
    (v.WORDS, "python manage.py 'say hello'", ("python", "manage.py", "say hello")),
    (v.WORDS, ["sh", "a b"], ("sh", "a b")),
    (v.WORDS, "", ()),
    (PACKAGES, "libpq5, g++", ("libpq5", "g++")),
    (PACKAGES, "", ()),
    (v.ADDRESSES, 8080, ("8080",)),
    (v.ADDRESSES, "localhost:80", ("127.0.0.1:80",)),
    (v.ADDRESSES, "*:80", ("0.0.0.0:80",)),
    (v.ADDRESSES, "[0:0::1]:080", ("[::1]:80",)),
    (v.ADDRESSES, ["8080", "unix:/run/x.sock", "8080"], ("8080", "unix:/run/x.sock")),
    (v.ADDRESSES, "8080, 8081  8082", ("8080", "8081", "8082")),
    (v.ADDRESSES_OR_OFF, "auto", "auto"),
    (v.ADDRESSES_OR_OFF, ["off"], "off"),
    (v.ADDRESSES_OR_OFF, "80 [::]:80", ("80", "[::]:80")),
    (v.NETWORKS, "10.0.0.1", ("10.0.0.1/32",)),
    (v.NETWORKS, ["10.0.0.0/8", "fd00::/8"], ("10.0.0.0/8", "fd00::/8")),
    (v.DOMAINS, "Shop.Example.org.", ("shop.example.org",)),
    (v.DOMAINS, "*.example.org example.org", ("*.example.org", "example.org")),
    (v.URLS, "/api/ /login,/a.b~c/d", ("/api/", "/login", "/a.b~c/d")),
    (v.ROUTE, "", ""),
    (v.ROUTE, "/healthz/", "/healthz/"),
    (DOTTED, "/.web/ /.status,/a/.b/c", ("/.web/", "/.status", "/a/.b/c")),
    (DOTTED, ["/.well-known/.x/"], ("/.well-known/.x/",)),
    (v.PREFIX, "/api/", "/api"),
    (v.PREFIX, "/", ""),
    (v.PREFIX, "", ""),
    (v.PAIRS, {"/static/": "static"}, (("/static/", "static"),)),
    (v.PAIRS, "/a/=b, /c.ico=d=e", (("/a/", "b"), ("/c.ico", "d=e"))),
    (v.PAIRS, ["/a/=b"], (("/a/", "b"),)),
    (PATHS, [{"url": "/up/", "body": "1K"}], (("/up/", Path(body=1024)),)),
    (PATHS, ["/up body=1K", "/r rate=5/m"], (("/up", Path(body=1024)), ("/r", Path(rate="5/m")))),
    (
        PROCESSES,
        {"q": {"command": ["a", "b c"], "count": 2, "env": {"N": 1}}, "s": {"command": "s", "essential": True}},
        (("q", Process(("a", "b c"), 2, env=(("N", "1"),))), ("s", Process(("s",), essential=True))),
    ),
    (
        PROCESSES,
        "q command='a b' restart=never ; s command=s",
        (("q", Process(("a", "b"), restart="never")), ("s", Process(("s",)))),
    ),
    (PATHS, "/up/ buffering=false, /r rate=off", (("/up/", Path(buffering=False)), ("/r", Path(rate="")))),
    (v.TEXT, "any text", "any text"),
    (v.PATH, "a/b c", "a/b c"),
]  # fmt: skip

REFUSED: list[tuple[Kind, object, str]] = [
    (kubernetes.LABEL, "Shop", '"Shop" is no name for Kubernetes; write small letters, figures and -, 53 at most'),
    (kubernetes.PLACED, "a/b/c", '"a/b/c" is no name for Kubernetes; write it as gateway, or namespace/gateway'),
    (kubernetes.IMAGE, "a b", '"a b" is no image; write it as registry/name:tag'),
    (UNIT, "a b", '"a b" is no name of a unit; write letters, figures, -, _ and dots, such as shop'),
    (UNIT, "@", '"@" is no name of a unit; write letters, figures, -, _ and dots, such as shop'),
    (FOLDERS, [""], 'folders are a list of paths, such as ["media"]'),
    (FOLDERS, ["a\nb"], 'folders are a list of paths, such as ["media"]'),
    (v.SECONDS, "soon", '"soon" is no duration; write seconds, or text such as "30s", "2m", "1h", "30d"'),
    (v.SECONDS, "-1", '"-1" is no duration; write seconds, or text such as "30s", "2m", "1h", "30d"'),
    (v.SECONDS, "1w", '"1w" is no duration; write seconds, or text such as "30s", "2m", "1h", "30d"'),
    (v.SECONDS, True, 'a duration is a number of seconds or text such as "30s", "2m", "1h"'),
    (v.SECONDS, 1.5, 'a duration is a number of seconds or text such as "30s", "2m", "1h"'),
    (v.SECONDS, "3651d", '"3651d" is longer than ten years'),
    (v.SECONDS_OR_AUTO, "Auto", '"Auto" is no duration; write seconds, or text such as "30s", "2m", "1h", "30d"'),
    (v.SIZE, "much", '"much" is no size; write bytes, or text such as "512K", "10M", "1G"; 0 is no limit'),
    (v.SIZE, "1T", '"1T" is no size; write bytes, or text such as "512K", "10M", "1G"; 0 is no limit'),
    (v.SIZE, -1, '"-1" is no size; write bytes, or text such as "512K", "10M", "1G"; 0 is no limit'),
    (v.SIZE, [], 'a size is a number of bytes or text such as "10M"'),
    (v.SIZE, "99999999999G", '"99999999999G" is more than nginx can count; 0 is no limit'),
    (HEADER, "512", '"512" is not a size from 1K to 32K'),
    (HEADER, "1M", '"1M" is not a size from 1K to 32K'),
    (v.RATE, "0/s", f'"0/s" {RATE}'),
    (v.RATE, "10/h", f'"10/h" {RATE}'),
    (v.RATE, "1000000/s", f'"1000000/s" {RATE}'),
    (v.RATE, "ten", f'"ten" {RATE}'),
    (v.RATE, 10, f'"10" {RATE}'),
    (PROCESSES, {"q": {}}, '"q" has no command; add command = ["python", "worker.py"] for example'),
    (PROCESSES, {"q": {"comand": "x"}}, '"q": unknown key "comand"; did you mean "command"?'),
    (PROCESSES, {"q": {"command": "x", "count": 0}}, '"q", count: "0" is not a whole number from 1 to 64'),
    (PROCESSES, {"app": {}}, "\"app\" is what the log calls a process of the instance's own; choose another name"),
    (PROCESSES, {"q": "x"}, "each process is a table: write [process.q] and its command below it"),
    (PROCESSES, {"Q q": {}}, '"Q q" is no name of a process; write small letters, figures, - and _, 31 at most'),
    (PROCESSES, "q command='x", "a quotation mark is not closed in q command='x"),
    (PROCESSES, "q command=x ; q command=y", '"q" stands twice; join the two'),
    (PROCESSES, {"q": {"command": "x", "env": {"A B": "c"}}}, '"q", env: "A B" is no name of a variable'),
    (PROCESSES, {"q": {"command": "x", "env": {"A": True}}}, '"q", env: the variable A is to be a text'),
    (PATHS, {"url": "/up/"}, "this is a list of tables: write [[path]], with two brackets"),
    (PATHS, [{"body": 1}], f"a path begins with its URL; {PATH_URLS}"),
    (PATHS, "up", f'"up" is no URL of a path; {PATH_URLS}'),
    (PATHS, [{"url": "/up", "bdoy": 1}], '"/up": unknown key "bdoy"; did you mean "body"?'),
    (PATHS, "/up", '"/up" says nothing; add one of body, timeout, buffering, request_buffering, rate'),
    (PATHS, "/up buffering=x", '"/up", buffering: "x" is neither true nor false'),
    (PATHS, ["/up body=1", "/up rate=1/s"], '"/up" stands twice; join the two'),
    (v.FLAG, "maybe", '"maybe" is neither true nor false'),
    (v.FLAG, 2, '"2" is neither true nor false'),
    (v.FLAG, None, '"None" is neither true nor false'),
    (COUNT, 0, '"0" is not a whole number from 1 to 512'),
    (COUNT, "513", '"513" is not a whole number from 1 to 512'),
    (COUNT, "auto", '"auto" is not a whole number from 1 to 512'),
    (COUNT, 2.5, '"2.5" is not a whole number from 1 to 512'),
    (COUNT, True, '"True" is not a whole number from 1 to 512'),
    (COUNT_AUTO, "many", '"many" is not a whole number from 1 to 512 or "auto"'),
    (RATIO, "-1", '"-1" is not a number from 0 to 64'),
    (RATIO, "nan", '"nan" is not a number from 0 to 64'),
    (RATIO, "x", '"x" is not a number from 0 to 64'),
    (WORD, "gunicon", '"gunicon" is none of auto, gunicorn, granian; did you mean "gunicorn"?'),
    (WORD, 7, '"7" is none of auto, gunicorn, granian'),
    (v.WORDS, "echo 'a", "a quote is not closed in this command"),
    (v.WORDS, 7, 'a command is a list of words, such as ["python", "manage.py", "migrate"]'),
    (v.WORDS, ["a", 1], 'a command is a list of words, such as ["python", "manage.py", "migrate"]'),
    (v.ADDRESSES, "0", '"0" is no address; write 8080, 127.0.0.1:8080, [::1]:8080 or unix:/path'),
    (v.ADDRESSES, "65536", '"65536" is no address; write 8080, 127.0.0.1:8080, [::1]:8080 or unix:/path'),
    (v.ADDRESSES, "::1:80", '"::1:80" is no address; write 8080, 127.0.0.1:8080, [::1]:8080 or unix:/path'),
    (v.ADDRESSES, "me:80", '"me:80": "me" is no IP address; listen on an address, not on a name'),
    (
        v.ADDRESSES,
        "unix:x",
        '"unix:x": a unix socket needs an absolute path of at most 100 characters, without space or comma',
    ),
    (
        v.ADDRESSES,
        ["unix:/a b"],
        '"unix:/a b": a unix socket needs an absolute path of at most 100 characters, without space or comma',
    ),
    (v.ADDRESSES, True, "this must be an address, or a list of them"),
    (v.NETWORKS, "home", '"home" is no network; write an address or CIDR such as 10.0.0.0/8'),
    (v.NETWORKS, "10.0.0.1/8", '"10.0.0.1/8" is no network; write an address or CIDR such as 10.0.0.0/8'),
    (
        v.NETWORKS,
        "0.0.0.0/0",
        '"0.0.0.0/0" would let anyone forge the client\'s address; name the networks of your load balancer',
    ),
    (
        v.NETWORKS,
        "::/0",
        '"::/0" would let anyone forge the client\'s address; name the networks of your load balancer',
    ),
    (v.NETWORKS, {}, "this must be a network, or a list of them"),
    (
        v.DOMAINS,
        "https://x.org",
        '"https://x.org" is no domain name; write it as example.org, without scheme, port or path',
    ),
    (v.DOMAINS, "-x.org", '"-x.org" is no domain name; write it as example.org, without scheme, port or path'),
    (v.DOMAINS, "a.*.org", '"a.*.org" is no domain name; write it as example.org, without scheme, port or path'),
    (v.URLS, "/", '"/" is no URL of the app; write /api/ for all below it, or /login for itself alone'),
    (v.URLS, ["/a b"], '"/a b" is no URL of the app; write /api/ for all below it, or /login for itself alone'),
    (v.URLS, "/a/../b", '"/a/../b" is no URL of the app; write /api/ for all below it, or /login for itself alone'),
    (v.ROUTE, "healthz", '"healthz" is no path of the app; write it as /healthz'),
    (DOTTED, "/web/", f'"/web/" {NO_DOT}'),
    (DOTTED, "/.well-known/", f'"/.well-known/" {NO_DOT}'),
    (DOTTED, "/.a/.b/", '"/.a/.b/" has 2 hidden parts; name one, as in /.web/'),
    (DOTTED, "/.web/..", '"/.web/.." is no URL of the app; write /api/ for all below it, or /login for itself alone'),
    *(
        (DOTTED, url, f'"{url}": {url.split("/")[1]}: {STAYS}')
        for url in ("/.git/", "/.GitHub/x", "/.env", "/.env.local", "/.htpasswd", "/.aws/", "/.DS_Store", "/.web.swp")
    ),
    (v.PREFIX, "api", '"api" is no URL prefix; write it as /api'),
    (v.PREFIX, "/a/../b", '"/a/../b" is no URL prefix; write it as /api'),
    (v.PREFIX, "/a b", '"/a b" is no URL prefix; write it as /api'),
    (v.PREFIX, 1, "this must be text"),
    (v.PAIRS, {"/a/": 1}, '"/a/" needs a folder or file, as in "/static/" = "static"'),
    (v.PAIRS, "/a/", '"/a/" needs a folder or file, as in "/static/" = "static"'),
    (v.PAIRS, "/=x", '"/" is no URL for static files; write it as /static/, or /favicon.ico for one file'),
    (v.PAIRS, "a=x", '"a" is no URL for static files; write it as /static/, or /favicon.ico for one file'),
    (v.PAIRS, "/../=x", '"/../" is no URL for static files; write it as /static/, or /favicon.ico for one file'),
    (v.TEXT, "a\nb", "this must be one line of printable text"),
    (v.PATH, 7, "this must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "value"), READ)
def test_what_is_right_is_read(kind: Kind, raw: object, value: object) -> None:
    """Each kind reads its spellings to one value."""
    assert kind.parse(raw) == value


@pytest.mark.parametrize(("kind", "raw", "sentence"), REFUSED)
def test_what_is_wrong_is_refused_with_a_sentence(kind: Kind, raw: object, sentence: str) -> None:
    """Each kind says what is wrong with the value, and what would be right."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        kind.parse(raw)


LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789")
LABELS = st.text(LETTERS, min_size=1, max_size=8)
NAMES = st.lists(LABELS, min_size=1, max_size=9).map(".".join)
"""Domain names within the 253 letters that DNS allows."""
LINES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\xa0"))
URLS = st.lists(LABELS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
PORTS = st.integers(1, 65535).map(str)
HOSTS = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda each: f"[{each}]"))
LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?", fullmatch=True)
UNITS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", fullmatch=True)

VALUES: dict[str, tuple[Kind, st.SearchStrategy[Any]]] = {
    "seconds": (v.SECONDS, st.integers(0, v.LONGEST)),
    "seconds or auto": (v.SECONDS_OR_AUTO, st.one_of(st.integers(0, v.LONGEST), st.just("auto"))),
    "size": (v.SIZE, st.integers(0, v.LARGEST)),
    "rate": (v.RATE, st.builds("{}/{}".format, st.integers(1, 999999), st.sampled_from("sm"))),
    "flag": (v.FLAG, st.booleans()),
    "count": (COUNT, st.integers(1, 512)),
    "count or auto": (COUNT_AUTO, st.one_of(st.integers(1, 512), st.just("auto"))),
    "ratio": (RATIO, st.floats(0, 64)),
    "label": (kubernetes.LABEL, st.one_of(st.just(""), LABELS)),
    "placed": (kubernetes.PLACED, st.one_of(LABELS, st.tuples(LABELS, LABELS).map("/".join))),
    "image": (kubernetes.IMAGE, st.sampled_from(("", "shop", "r.example.org:5000/a/shop:1.2", f"s@sha256:{'0' * 64}"))),
    "host": (kubernetes.HOST, st.one_of(st.just(""), NAMES)),
    "unit": (UNIT, st.one_of(st.just(""), UNITS)),
    "folders": (FOLDERS, st.lists(LINES.filter(lambda path: bool(path) and path.isprintable())).map(tuple)),
    "choice": (WORD, st.sampled_from(("auto", "gunicorn", "granian"))),
    "words": (v.WORDS, st.lists(LINES).map(tuple)),
    "addresses": (
        v.ADDRESSES,
        st.lists(st.one_of(PORTS, st.tuples(HOSTS, PORTS).map(":".join), st.just("unix:/run/a.sock")), unique=True).map(
            tuple
        ),
    ),
    "addresses or off": (v.ADDRESSES_OR_OFF, st.sampled_from(("auto", "off", ("80", "[::]:8080")))),
    "networks": (
        v.NETWORKS,
        st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(lambda a: f"{a}/{a.max_prefixlen}")).map(
            lambda each: tuple(dict.fromkeys(each))
        ),
    ),
    "packages": (PACKAGES, st.lists(st.sampled_from(("libpq5", "g++", "libmagic1t64")), unique=True).map(tuple)),
    "domains": (v.DOMAINS, st.lists(NAMES, unique=True, max_size=4).map(tuple)),
    "dotted": (DOTTED, st.lists(st.sampled_from(("/.web/", "/.status", "/a/.b/c")), unique=True).map(tuple)),
    "prefix": (v.PREFIX, st.one_of(st.just(""), URLS)),
    "urls": (v.URLS, st.lists(URLS.filter(lambda url: not {".", ".."} & set(url.split("/"))), unique=True).map(tuple)),
    "route": (v.ROUTE, st.one_of(st.just(""), URLS)),
    "pairs": (v.PAIRS, st.dictionaries(URLS, LABELS, min_size=1).map(lambda found: tuple(found.items()))),
    "paths": (
        PATHS,
        st.dictionaries(
            URLS,
            st.builds(Path, body=st.integers(0, v.LARGEST), timeout=st.none() | st.integers(0, 9), rate=st.just("")),
            min_size=1,
        ).map(lambda found: tuple(found.items())),
    ),
    "processes": (
        PROCESSES,
        st.dictionaries(
            st.from_regex(r"[a-f][a-f0-9_-]{0,9}", fullmatch=True),
            st.builds(
                Process,
                command=st.lists(LINES, min_size=1).map(tuple),
                count=st.integers(1, 64),
                essential=st.booleans(),
                stop_signal=st.sampled_from(("TERM", "INT")),
                env=st.just(()) | st.just((("A", "b c ; d"),)),
            ),
            min_size=1,
        ).map(lambda found: tuple(found.items())),
    ),
    "mounts": (
        MOUNTS,
        st.lists(
            st.sampled_from(
                (
                    ("/api", Mount(app="api.main:app", workers="auto", timeout=90, env=(("A", "b c ; d"),))),
                    ("/a/b.c", Mount(folder="one folder", server="granian", workers=3, args=("--x", "a b"))),
                    ("/back", Mount(app="shop:make()", body=0, recycle_memory=1024, health="/ok")),
                )
            ),
            unique=True,
        ).map(tuple),
    ),
    "text": (v.TEXT, LINES.filter(str.isprintable)),
    "path": (v.PATH, LINES.filter(str.isprintable)),
}


@pytest.mark.parametrize("name", VALUES)
def test_what_is_shown_is_read_back(name: str) -> None:
    """For every kind, the shown spelling of any value is read as that value again."""
    kind, strategy = VALUES[name]

    @settings(max_examples=25)
    @given(strategy)
    def holds(value: object) -> None:
        assert kind.parse(kind.show(value)) == value

    holds()


def test_every_kind_in_use_is_tried_above() -> None:
    """No setting has a kind that the table of values does not know."""
    tried = {kind.name for kind, _ in VALUES.values()} - {WORD.name}
    assert {spec.kind.name for spec in specs() if not spec.kind.name.startswith("one of ")} == tried


def test_a_duration_is_shown_in_its_largest_whole_unit() -> None:
    """90 seconds stay seconds, 120 are two minutes, nothing is 0s."""
    assert [v.show_seconds(each) for each in (0, 90, 120, 3600, 86400, 90000)] == ["0s", "90s", "2m", "1h", "1d", "25h"]


def test_a_size_is_shown_in_its_largest_whole_unit() -> None:
    """Bytes that are whole mebibytes are shown as such, others stay bytes."""
    assert [v.show_size(each) for each in (0, 1, 1024, 10 * 1024**2, 1024**3, 1025)] == [
        "0", "1", "1K", "10M", "1G", "1025",
    ]  # fmt: skip
