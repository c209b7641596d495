"""What a client says of itself never counts: a table of forgeries, each way to a site, every server.

Rule: a client sends a forgery; what stands between does as proxies do: puts the address that it saw at the end of
X-Forwarded-For, and says the scheme. The app must see the truth, and nothing of the forgery in any header.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kinds
import pytest
from story import MakeProject, Project, Site

from porch.facts import find_nginx

Headers = tuple[tuple[str, str], ...]

CLIENT = "203.0.113.9"
FORGED = "6.6.6.6"
MARKS = re.compile(r"forged|6\.6\.6\.6|\b666\b|6::6", re.IGNORECASE)
"""Stands in every forged value, and in no honest one."""
EMPTY = {"x-forwarded-ssl", "front-end-https", "x-url-scheme", "x-scheme", "x-forwarded-scheme", "cf-visitor"}
"""Headers whose usual values, such as `on`, carry no mark: they must have none at all."""


def same(names: str, value: str) -> list[Headers]:
    """One row for each name."""
    return [((name, value),) for name in names.split()]


FORGERIES: list[Headers] = [
    *same("X-Forwarded-For X-Real-IP X-Client-IP X-Cluster-Client-IP True-Client-IP CF-Connecting-IP", FORGED),
    *same("Client-IP Fastly-Client-IP X-Remote-Addr Remote-Addr X-Original-Forwarded-For Fly-Client-IP", FORGED),
    *same("X-Azure-ClientIP X-ProxyUser-Ip WL-Proxy-Client-IP X-AppEngine-User-IP", FORGED),
    *same("X-Forwarded-Proto X-Forwarded-Protocol X-Forwarded-Scheme X-Url-Scheme X-Scheme", "https"),
    *same("X-Forwarded-Ssl Front-End-Https", "on"),
    *same("X-Forwarded-Host X-Forwarded-Server X-Original-Host X-Host", "forged.example"),
    *same("X-Forwarded-Prefix X-Script-Name Script-Name X-Forwarded-Path X-Forwarded-Uri", "/forged"),
    *same("X-Original-URL X-Rewrite-URL X-Original-URI X-Envoy-Original-Path", "/forged"),
    *same(
        "Remote-User X-Remote-User X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups X-Forwarded-Access-Token",
        "forged",
    ),
    *same("X-Forwarded-Client-Cert X-Forwarded-Tls-Client-Cert X-Forwarded-By X-Forwarded", "forged"),
    *same("Proxy", "http://forged.example"),
    *same("X-Request-ID", "forged"),
    *same("X-Forwarded-Port", "666"),
    (("CF-Visitor", '{"scheme":"https"}'),),
    (("Forwarded", f"for={FORGED};proto=https;host=forged.example;by=forged"),),
    (("Forwarded", f"for={FORGED}"), ("Forwarded", 'for="[6::6]";proto=https')),
    # the same names with what a server could take for the dash
    *same("X_Forwarded_For X_Real_IP REMOTE_ADDR HTTP_X_FORWARDED_FOR X-Forwarded_For", FORGED),
    *same("X_Forwarded_Host X_Forwarded_Server HTTP_HOST SERVER_NAME", "forged.example"),
    *same("SCRIPT_NAME PATH_INFO REQUEST_URI X_Original_URL UWSGI_SCRIPT UWSGI_FILE", "/forged"),
    *same("REMOTE_USER X_Remote_User AUTH_TYPE REMOTE_IDENT UWSGI_MODULE", "forged"),
    *same("X_Forwarded_Port SERVER_PORT", "666"),
    *same("X.Forwarded.For X~Forwarded~For", FORGED),
    # cases and blanks
    (("x-forwarded-for", FORGED), ("X-FORWARDED-HOST", "forged.example"), ("x-ReAl-iP", FORGED)),
    (("X-Forwarded-For", f"  {FORGED}  "), ("X-Forwarded-Proto", " https ")),
    # several addresses, and what is none
    (("X-Forwarded-For", f"{FORGED}, 127.0.0.1"),),
    (("X-Forwarded-For", f"127.0.0.2, {FORGED}, 127.0.0.3"),),
    (("X-Forwarded-For", "127.0.0.2"),),
    (("X-Forwarded-For", f"{FORGED},,,{FORGED}"),),
    (("X-Forwarded-For", f"{FORGED}:80, [6::6]:443, unknown, _forged"),),
    (("X-Forwarded-For", "forged"), ("X-Forwarded-Proto", "javascript")),
    (("X-Forwarded-For", ", ".join([FORGED] * 200)),),
    (("X-Forwarded-For", FORGED), ("X-Forwarded-For", "6::6")),
    # several headers that agree
    (("X-Forwarded-For", FORGED), ("X-Real-IP", FORGED), ("Forwarded", f"for={FORGED}"), ("X-Client-IP", FORGED)),
    (("X-Forwarded-Host", "forged.example"), ("X-Forwarded-Port", "666"), ("X-Forwarded-Prefix", "/forged")),
    (("X-Forwarded-Ssl", "on"), ("Front-End-Https", "on"), ("X-Forwarded-Scheme", "https"), ("X-Url-Scheme", "https")),
    (("Script-Name", "/forged"), ("SCRIPT_NAME", "/forged"), ("X-Forwarded-Prefix", "/forged")),
    # named as hop-by-hop, so that something on the way might drop the true one
    (("Connection", "X-Forwarded-For, X-Real-IP, X-Forwarded-Proto"), ("X-Forwarded-For", FORGED)),
]


@dataclass(frozen=True)
class Way:
    """How a client reaches the site."""

    trusted: str
    """Networks that the site trusts."""
    peer: str
    """Who connects to the site."""
    between: tuple[str, ...] | None
    """What the proxies between saw, the first nearest to the client; None where the client itself connects."""
    seen: str
    scheme: str


PROXIES = "127.0.0.2/32 127.0.0.3/32"
WAYS = {
    "edge": Way("", "127.0.0.5", None, "127.0.0.5", "http"),
    "one trusted proxy": Way(PROXIES, "127.0.0.2", (CLIENT,), CLIENT, "https"),
    "two trusted proxies": Way(PROXIES, "127.0.0.2", (CLIENT, "127.0.0.3"), CLIENT, "https"),
    "an untrusted proxy": Way(PROXIES, "127.0.0.4", (CLIENT,), "127.0.0.4", "http"),
    "an untrusted proxy before a trusted one": Way(PROXIES, "127.0.0.3", (CLIENT, "127.0.0.4"), "127.0.0.4", "https"),
}


def passed_on(forgery: Headers, way: Way, *, own_line: bool = False) -> Headers:
    """The headers as the last proxy sends them: its own address book at the end, in the same line or another."""
    if way.between is None:
        return forgery
    saw, name = ", ".join(way.between), "x-forwarded-for"
    before = [value for key, value in forgery if key.lower() == name]
    rest = [(key, value) for key, value in forgery if key.lower() not in {name, "x-forwarded-proto"}]
    lines = [*before, saw] if own_line else [", ".join([*before, saw])]
    return (*rest, *(("X-Forwarded-For", line) for line in lines), ("X-Forwarded-Proto", "https"))


EMBEDDED = next(each.binary for each in find_nginx("auto") if each.embedded)
NEWEST = ("asgi", ("--server", "granian", "--nginx-binary", EMBEDDED))


@pytest.fixture(scope="module", params=[*kinds.every(), NEWEST], ids=[*kinds.names(), "the embedded nginx"])
def sites(request: pytest.FixtureRequest, shared_project: MakeProject) -> dict[str, Site]:
    """One server twice: as the edge, and behind proxies."""
    interface, words = request.param
    begun: dict[str, tuple[Project, Site]] = {}
    for trusted in ("", PROXIES):
        more = [word for network in trusted.split() for word in ("--trust", network)]
        made = shared_project(f"echo_{interface}")
        begun[trusted] = (made, made.run_later("app:app", *words, "--workers", "1", *more, "--log-access", "false"))
    return {trusted: made.add(site) for trusted, (made, site) in begun.items()}


def ask(connection: http.client.HTTPConnection, host: str, headers: Headers) -> dict[str, Any]:
    """What the app saw of a request with these headers."""
    connection.putrequest("GET", "/some/path", skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (headers, body)
    told: dict[str, Any] = json.loads(body)
    return told


def wrong(seen: dict[str, Any], way: Way, host: str) -> Iterator[str]:
    """Everything that is not the truth."""
    port = host.partition(":")[2] or {"http": "80", "https": "443"}[way.scheme]
    truth = {"remote": way.seen, "scheme": way.scheme, "host": host, "port": port, "prefix": "", "path": "/some/path"}
    yield from (f"{name} is {seen[name]!r}" for name, value in truth.items() if seen.get(name, value) != value)
    told = {
        "x-forwarded-for": way.seen,
        "x-real-ip": way.seen,
        "x-forwarded-proto": way.scheme,
        "x-forwarded-host": host,
        "x-forwarded-port": port,
        "host": host,
    }
    headers = seen["headers"]
    yield from (f"{name}: {headers.get(name)!r}" for name, value in told.items() if headers.get(name) != value)
    yield from (f"{name} arrived" for name in EMPTY if headers.get(name))
    if seen.get("user"):
        yield f"user is {seen['user']!r}"
    if not re.fullmatch("[0-9a-f]{32}", seen["request_id"]):
        yield f"request id is {seen['request_id']!r}"
    # The number of a process may be any, a forged one too.
    everything = {**{name: str(value) for name, value in seen.items() if name not in {"headers", "pid"}}, **headers}
    yield from (f"{name}: {value!r} is forged" for name, value in everything.items() if MARKS.search(value))
    yield from (f"{name} arrived" for name in headers if name.startswith("x-forwarded-") and name not in told)


def test_the_table_is_large_enough() -> None:
    """Each forgery once."""
    assert len(set(FORGERIES)) == len(FORGERIES) >= 40


@pytest.mark.parametrize("name", WAYS)
def test_no_forgery_reaches_the_app(sites: dict[str, Site], name: str) -> None:
    """Client, scheme, host, port, prefix, path, user and id are true, and no header carries what was forged."""
    way = WAYS[name]
    site = sites[way.trusted]
    host = f"shop.example:{site.port}" if way.between is None else "shop.example"
    if way.scheme == "http":
        host = f"shop.example:{site.port}"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30, source_address=(way.peer, 0))
    found: list[str] = []
    with_lines = [(each, own_line) for each in FORGERIES for own_line in ((False, True) if way.between else (False,))]
    for forgery, own_line in with_lines:
        seen = ask(connection, host, passed_on(forgery, way, own_line=own_line))
        found += [f"{forgery}: {what}" for what in wrong(seen, way, host)]
    connection.close()
    assert found == []


@pytest.mark.parametrize("proxy_says", ["", "http", "HTTPS", "https,http", "https, https", "wss", "https\t", "on"])
def test_a_proxys_scheme_is_one_of_two_words(sites: dict[str, Site], proxy_says: str) -> None:
    """Whatever is not http or https, in capitals or not, is taken for what the connection is."""
    site = sites[PROXIES]
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30, source_address=("127.0.0.2", 0))
    headers = (("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", proxy_says))
    seen = ask(connection, "shop.example", headers)
    connection.close()
    wanted = "https" if proxy_says.lower() == "https" else "http"
    assert (seen["scheme"], seen["headers"]["x-forwarded-proto"]) == (wanted, wanted)


UNREADABLE = ["", "unknown", "forged", "6.6.6", "6.6.6.6.6", "for=6.6.6.6", "6.6.6.6;", "::ffff:forged", "-"]


def test_an_address_that_is_none_leaves_the_proxys_own(sites: dict[str, Site]) -> None:
    """Where a trusted proxy names no address at the end of its list, the client is the proxy; nothing else is told."""
    site = sites[PROXIES]
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30, source_address=("127.0.0.2", 0))
    seen = {each: ask(connection, "shop.example", (("X-Forwarded-For", each),))["remote"] for each in UNREADABLE}
    connection.close()
    assert seen == dict.fromkeys(UNREADABLE, "127.0.0.2")
