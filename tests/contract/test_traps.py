"""The traps that tutorials and images of this field fall into, one by one, and what keeps porch out of each.

Rule: a trap is judged on what the reader of each format finds, never on the text; what would fall into it is shown as
well, and must be seen. Where it takes a running site to tell, the test that asks one is named, and is there.
"""

from __future__ import annotations

import ast
import configparser
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from supervisor.options import UnhosedConfigParser

import nginx_rules
from decided import DEBIAN, FOLDER, WHEEL, image_plan_of, make_facts, make_finding, plan_of
from nginx_rules import Found
from porch import decide, servers
from porch.places import Place
from porch.plan import Plan
from porch.targets import by_name, nginx

TESTS = Path(__file__).parents[1]
PUBLIC = {
    f"{FOLDER}/static": Place(True, folder=True),
    f"{FOLDER}/media": Place(True, folder=True),
    f"{FOLDER}/icon.ico": Place(True),
}
Texts = Mapping[str, str]


def _plan(given: dict[str, object], interface: str = "wsgi", **machine: Any) -> Plan:
    said = {"static": {"/static/": "static", "/media/": "media", "/favicon.ico": "icon.ico"}} | given
    return plan_of(said, make_facts(PUBLIC, **machine), make_finding(interface=interface))


def _own(given: dict[str, object], interface: str = "wsgi") -> str:
    """The file of that server, or the words of its command, one a line."""
    plan = _plan(given, interface)
    server = servers.by_name(plan.server.name.value)
    files = server.files(plan)
    return files[0].text if files else "\n".join(server.argv(plan))


@functools.cache
def texts() -> Texts:
    """What is written, by a name for each."""
    part: dict[str, object] = {"run.part": "nginx", "run.address": "app:8000"}
    image = image_plan_of({}, make_facts(), make_finding())
    alone = decide.kept(plan_of({"server.name": "gunicorn"}), "/srv/deploy")
    made = {
        "edge": nginx.file(_plan({})).text,
        "named": nginx.file(_plan({"http.domains": "shop.org", "tls.mode": "self-signed"})).text,
        "balanced": nginx.file(_plan({"proxy.trusted": "10.0.0.0/8"})).text,
        "asgi": nginx.file(_plan({}, "asgi")).text,
        "uwsgi edge": nginx.file(_plan({"server.name": "uwsgi"})).text,
        "apart": nginx.file(_plan(part, resolvers=("127.0.0.11",), nginx=(DEBIAN,))).text,
        "apart, newest": nginx.file(_plan(part, resolvers=("127.0.0.11",), nginx=(WHEEL,))).text,
        "gunicorn": _own({"server.name": "gunicorn"}),
        "uwsgi": _own({"server.name": "uwsgi"}),
        "granian": _own({"server.name": "granian"}),
        "uvicorn": _own({"server.name": "uvicorn"}, "asgi"),
    }
    of_image = {file.path: file.text for name in ("docker", "compose") for file in _files(name, image)}
    kept = {file.path: file.text for file in _files("supervisord", alone) if not file.aside}
    return made | of_image | {"supervisord": kept["supervisord.conf"]}


def _files(name: str, plan: Plan) -> list[Any]:
    target = by_name(name)
    assert target
    return target.files(plan)


@functools.lru_cache(500)
def conf(text: str) -> tuple[Found, ...]:
    """Every directive."""
    return tuple(nginx_rules.parse(text))


def said(text: str, name: str) -> list[str]:
    """The words of each directive of that name."""
    return [" ".join(each.args) for each in conf(text) if each.name == name]


def places(text: str, *names: str) -> list[Found]:
    """Locations that have one of these directives."""
    return [each for each in conf(text) if each.name == "location" and any(each.all(name) for name in names)]


def assigned(text: str) -> dict[str, Any]:
    """What gunicorn's file sets to a plain value."""
    found: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found[ast.unparse(node.targets[0])] = node.value.value
    return found


def ini(text: str) -> Mapping[str, str]:
    """uWSGI's options."""
    parser = configparser.RawConfigParser(strict=False)  # each hook of a name is run
    parser.read_string(text)
    return dict(parser["uwsgi"])


def words(text: str, flag: str) -> str:
    """What stands behind a flag, or the flag itself where it stands alone."""
    listed = text.split("\n")
    return listed[listed.index(flag) + 1] if flag in listed else ""


def supervised(text: str, program: str) -> Mapping[str, str]:
    """The options of a program."""
    parser = UnhosedConfigParser()
    parser.read_string(text)
    return dict(parser.items(f"program:{program}"))


def service(text: str) -> dict[str, Any]:
    """The service of the image."""
    found: dict[str, Any] = yaml.safe_load(text)["services"]["app"]
    return found


def seconds(text: str) -> int:
    """`30s`."""
    return int(text.removesuffix("s"))


def slashes(all_: Texts) -> bool:
    """Folders are published with both slashes, and by a prefix that no regex is asked after."""
    found = [(each.args, each.all("alias")[0].args[0]) for each in places(all_["edge"], "alias")]
    folders = [(args[-1], path) for args, path in found if args[0] == "^~"]
    return len(folders) == 2 and all(url.endswith("/") and path.endswith("/") for url, path in folders)


def single_files(all_: Texts) -> bool:
    """A single file is one URL, and no beginning of others."""
    found = [each.args for each in places(all_["edge"], "alias") if each.args[0] != "^~"]
    return found == [("=", "/favicon.ico")]


def client(all_: Texts) -> bool:
    """The client's address is nginx's own knowledge; a balancer's word counts from its network alone."""
    told = [each for each in said(all_["edge"], "proxy_set_header") if each.startswith("X-Forwarded-For ")]
    balancer = [said(all_["balanced"], name) for name in ("set_real_ip_from", "real_ip_header", "real_ip_recursive")]
    return told == ["X-Forwarded-For $remote_addr"] and balancer == [["10.0.0.0/8"], ["X-Forwarded-For"], ["on"]]


def app_headers(all_: Texts) -> bool:
    """No location sets a header for the app, which would drop all others."""
    inside = [each.inside[-1].name for each in conf(all_["edge"]) if each.name == "proxy_set_header"]
    return len(inside) > 10 and set(inside) == {"http"}


def added_headers(all_: Texts) -> bool:
    """Where a location adds a header it adds all."""
    everywhere = {each.args[0] for each in conf(all_["edge"]) if each.name == "add_header" and len(each.inside) == 1}
    found = [each for each in conf(all_["edge"]) if each.name == "location" and each.all("add_header")]
    return bool(everywhere) and all(everywhere <= {one.args[0] for one in each.all("add_header")} for each in found)


def kept_alive(all_: Texts) -> bool:
    """HTTP/1.1 to the app with connections that are kept, and a server that keeps them."""
    connection = [each for each in said(all_["edge"], "proxy_set_header") if each.startswith("Connection ")]
    rows = [each for each in conf(all_["edge"]) if each.name == "map" and each.args[1] == "$upstream_connection"]
    usual = [row.args for each in rows for row in each.all("default")]
    kept = (said(all_["edge"], "proxy_http_version"), said(all_["edge"], "keepalive"), connection, usual)
    return kept == (["1.1"], ["32"], ["Connection $upstream_connection"], [("",)]) and kind(all_) == "gthread"


def kind(all_: Texts) -> str:
    """gunicorn's worker class."""
    return str(assigned(all_["gunicorn"])["worker_class"])


def closes_first(all_: Texts) -> bool:
    """nginx closes an idle connection long before the app server does, and asks nothing twice that may not be."""
    idle = [seconds(each) for each in said(all_["edge"], "keepalive_timeout")]
    least = min(assigned(all_["gunicorn"])["keepalive"], int(words(all_["uvicorn"], "--timeout-keep-alive")))
    return idle[-1] < least and said(all_["edge"], "proxy_next_upstream") == ["error timeout"]


def looked_up(all_: Texts) -> bool:
    """A name is looked up again and again; on one machine there is none."""
    newest = [each for each in said(all_["apart, newest"], "server") if "resolve" in each.split()]
    passed = said(all_["apart"], "proxy_pass")
    socket = [each for each in said(all_["edge"], "server") if each.startswith("unix:")]
    return len(newest) == 2 and bool(passed) and set(passed) == {"http://$app_address"} and len(socket) == 2


def generations(all_: Texts) -> bool:
    """nginx connects to a link that a reload points elsewhere; each server listens in its generation's own folder."""
    link = {each.split()[0] for each in said(all_["edge"], "server") if each.startswith("unix:")}
    own = assigned(all_["gunicorn"])["bind"], words(all_["granian"], "--uds"), words(all_["uvicorn"], "--uds")
    return link == {"unix:/run/porch/app/app.sock"} and all(each.endswith("/app-1/app.sock") for each in own)


def stopped(all_: Texts) -> bool:
    """nginx is told to finish: QUIT from supervisord, TERM to porch in an image, which passes it on as that."""
    image = [each.split()[1] for each in all_["Dockerfile"].splitlines() if each.startswith("STOPSIGNAL")]
    return supervised(all_["supervisord"], "nginx")["stopsignal"] == "QUIT" and image == ["SIGTERM"]


def gracefully(all_: Texts) -> bool:
    """TERM ends uWSGI when the requests in work are done."""
    found = ini(all_["uwsgi"])
    wanted = ("unix_signal:15 gracefully_kill_them_all", "true", "true")
    return (found.get("hook-master-start"), found.get("die-on-term"), found.get("master")) == wanted


def first_process(all_: Texts) -> bool:
    """No shell is process 1, and the container is given longer than a request."""
    commands = [each for each in all_["Dockerfile"].splitlines() if each.startswith(("CMD", "ENTRYPOINT"))]
    given = seconds(service(all_["compose.yaml"])["stop_grace_period"])
    return commands == ['CMD ["porch", "run"]'] and given > assigned(all_["gunicorn"])["graceful_timeout"]


def heartbeat(all_: Texts) -> bool:
    """gunicorn's timeout is above nginx's, and its heartbeat lies in memory."""
    found, read = assigned(all_["gunicorn"]), seconds(said(all_["edge"], "proxy_read_timeout")[0])
    return found["timeout"] > read and found["worker_tmp_dir"] == "/dev/shm"  # not written to here


def streams(all_: Texts) -> bool:
    """No event stream is compressed, and no header of the app's on buffering is ignored."""
    ignored = {word for each in said(all_["edge"], "proxy_ignore_headers") for word in each.split()}
    return "text/event-stream" not in said(all_["edge"], "gzip_types")[0].split() and ignored == {"X-Accel-Redirect"}


def sockets(all_: Texts) -> bool:
    """A handshake, and nothing else, upgrades; silence has its own time; uWSGI's protocol has no such place."""
    told = {each.args[0]: each.args[1] for each in conf(all_["asgi"]) if each.name == "proxy_set_header"}
    times = [
        each.all("proxy_read_timeout") for each in places(all_["asgi"], "proxy_pass") if each.args[0] == "@websocket"
    ]
    upgrade = (told["Upgrade"], told["Connection"]) == ("$upgrade", "$upstream_connection")
    return (
        upgrade
        and [one.args[0] for each in times for one in each] == ["3600s"]
        and "@websocket" not in all_["uwsgi edge"]
    )


def leaves(all_: Texts) -> bool:
    """Old workers of nginx go after a bounded time."""
    return [seconds(each) for each in said(all_["edge"], "worker_shutdown_timeout")] == [30]


def bodies(all_: Texts) -> bool:
    """A body has a size, and waits in a folder of the instance."""
    folder = said(all_["edge"], "client_body_temp_path")
    # The first is everybody's; the others stand where nginx leads to a page of its own.
    return said(all_["edge"], "client_max_body_size")[0] == "10m" and folder == ["/run/porch/app/nginx/temp-body"]


def doors(all_: Texts) -> bool:
    """The socket is for owner and group."""
    masks = (assigned(all_["gunicorn"])["umask"], ini(all_["uwsgi"])["chmod-socket"], ini(all_["uwsgi"])["vacuum"])
    return masks == (0o007, "660", "true") and words(all_["granian"], "--uds-permissions") == "0o660"


def long_headers(all_: Texts) -> bool:
    """All headers that nginx takes fit into what each server reads."""
    number, longest = said(all_["edge"], "large_client_header_buffers")[0].split()
    most = int(number) * int(longest.removesuffix("k")) * 1024
    answers = (said(all_["edge"], "proxy_buffer_size"), said(all_["uwsgi edge"], "uwsgi_buffer_size"))
    return int(ini(all_["uwsgi"])["buffer-size"]) > most and answers == (["16k"], ["16k"])


def tables(all_: Texts) -> bool:
    """uWSGI's tables are of a known size."""
    return ini(all_["uwsgi"])["max-fd"] == "65536"


def cores(all_: Texts) -> bool:
    """What may be used is counted, not what the host has; nothing is left to a program that counts the host's."""
    found = [_plan({}, cores=each).nginx.workers.value for each in (0.5, 1.5, 64)]
    return found == [1, 2, 64] and said(all_["edge"], "worker_processes") == ["2"]


def control_socket(all_: Texts) -> bool:
    """gunicorn opens none."""
    return assigned(all_["gunicorn"])["control_socket_disable"] is True


def unprivileged(all_: Texts) -> bool:
    """nginx writes to its own folder alone, and names a user only as root."""
    names = ("pid", *(f"{each}_temp_path" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")))
    told = [said(all_["edge"], name) for name in names]
    private = all(len(each) == 1 and each[0].startswith("/run/porch/app/nginx/") for each in told)
    return private and said(all_["edge"], "error_log") == ["stderr warn"] and not said(all_["edge"], "user")


def lines(all_: Texts) -> bool:
    """No line waits in a buffer, and none is cut off by a size of a file."""
    logs = [each for each in said(all_["edge"], "access_log") if "buffer" in each or "gzip" in each]
    app = supervised(all_["supervisord"], "app")
    variables = servers.environment(_plan({}))
    return not logs and app["stdout_logfile_maxbytes"] == "0" and variables["PYTHONUNBUFFERED"] == "1"


def harakiri(all_: Texts) -> bool:
    """uWSGI's last resort is told of, a body does not count, threads run, and no connection is inherited."""
    found, names = (
        ini(all_["uwsgi"]),
        ("harakiri-verbose", "enable-threads", "lazy-apps", "single-interpreter", "need-app"),
    )
    known = all(found.get(name) == "true" for name in (*names, "strict"))
    return known and int(found["post-buffering"]) > 0 and int(found["harakiri"]) > 32


def uwsgi_inside(all_: Texts) -> bool:
    """The protocol that runs code is spoken on a socket of this machine, never on a port."""
    found = ini(all_["uwsgi"])
    return found["socket"].startswith("/") and not {"http-socket", "puwsgi-socket", "http"} & set(found)


def backlog(all_: Texts) -> bool:
    """The queue is what the kernel allows, and less is said."""
    plan = _plan({"server.name": "uwsgi"}, somaxconn=128)
    told = any("kernel allows 128" in each for each in plan.warnings)
    return plan.server.backlog.value == 128 and told and ini(all_["uwsgi"])["listen"] == "2048"


def scheme(all_: Texts) -> bool:
    """The app is told the scheme as the client used it, in each protocol; a balancer's word is one of two."""
    http = [each for each in said(all_["edge"], "proxy_set_header") if each.startswith("X-Forwarded-Proto ")]
    params = [each.split()[0] for each in said(all_["uwsgi edge"], "uwsgi_param")]
    rows = [each.children for each in conf(all_["balanced"]) if each.args[-1:] == ("$client_scheme",)]
    words_ = {row.name for children in rows for row in children}
    return (
        http == ["X-Forwarded-Proto $scheme"]
        and "REQUEST_SCHEME" in params
        and words_ == {"default", "1:https", "1:http"}
    )


def underscores(all_: Texts) -> bool:
    """A header with an underscore passes for no other; what names the user or the prefix is blank."""
    blank = {each.strip() for each in said(all_["edge"], "proxy_set_header") if each.endswith(" ")}
    found = assigned(all_["gunicorn"])
    dropped = (found["header_map"], found["forwarder_headers"], said(all_["edge"], "underscores_in_headers"))
    return {"Script-Name", "Remote-User"} <= blank and dropped == ("drop", "", ["off"])


def volumes(all_: Texts) -> bool:
    """The image's files are the image's: no volume lies over them."""
    return "volumes" not in service(all_["compose.yaml"]) and "volumes" not in yaml.safe_load(all_["compose.yaml"])


def once(all_: Texts) -> bool:
    """What runs before the app can be held by one of several, and does not run for another command in the image."""
    plan = plan_of({"app.prestart": "python manage.py migrate", "app.prestart_lock": "$DATABASE_URL"})
    return plan.app.prestart_lock.value == "$DATABASE_URL" and "migrate" not in all_["Dockerfile"]


def templates(all_: Texts) -> bool:
    """nginx's variables are whole: nothing replaces them on the way."""
    found = [each for each in said(all_["edge"], "proxy_set_header") if each.startswith("Host ")]
    return found == ["Host $host$host_port"] and "envsubst" not in all_["Dockerfile"]


def together(all_: Texts) -> bool:
    """No server ends its own workers after so many requests: a new generation takes over instead."""
    recycled = _own({"server.name": "gunicorn", "server.recycle_requests": 1000})
    ended = {"max_requests", "max_requests_jitter"} & set(assigned(recycled))
    return not ended and "max-requests" not in ini(all_["uwsgi"]) and "--workers-lifetime" not in all_["granian"]


def hosts(all_: Texts) -> bool:
    """Where the names are known, another one is refused, and so is its handshake."""
    defaults = [
        each for each in conf(all_["named"]) if each.name == "server" and "default_server" in str(each.all("listen"))
    ]
    codes = [one.args[0] for each in defaults for place in each.all("location") for one in place.all("return")]
    return "421" in codes and said(all_["named"], "ssl_reject_handshake") == ["on"]


def wrappers(all_: Texts) -> bool:
    """supervisord starts no shell, ends whole groups, and waits longer than a request."""
    app = supervised(all_["supervisord"], "app")
    shells = [each for each in app["command"].split() if re.search(r"(^|/)(ba|da)?sh$", each)]
    return not shells and app["killasgroup"] == "true" and int(app["stopwaitsecs"]) > 30


def over_http(all_: Texts) -> bool:
    """Only who names uWSGI gets its protocol."""
    auto = plan_of({}, make_facts(servers={"pyuwsgi": "2.0.30", "granian": "2.8.7"}))
    return (
        auto.server.protocol == "http"
        and not said(all_["edge"], "uwsgi_pass")
        and bool(said(all_["uwsgi edge"], "uwsgi_pass"))
    )


@dataclass(frozen=True)
class Trap:
    """One of them."""

    number: int
    holds: Callable[[Texts], bool]
    file: str
    right: str
    wrong: str
    """In that file: who writes this in place of the right one falls into it."""


TRAPS = (
    Trap(1, slashes, "edge", "alias /srv/app/static/;", "alias /srv/app/static;"),
    Trap(2, single_files, "edge", "location = /favicon.ico {", "location /favicon.ico {"),
    Trap(3, client, "edge", "X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for"),
    Trap(4, app_headers, "edge", "location / {", "location / { proxy_set_header X-Own 1;"),
    Trap(5, added_headers, "edge", "location / {", "location / { add_header X-Own 1;"),
    Trap(6, kept_alive, "edge", "proxy_http_version 1.1", "proxy_http_version 1.0"),
    Trap(7, closes_first, "gunicorn", "keepalive = 75", "keepalive = 1"),
    Trap(8, looked_up, "apart", "proxy_pass http://$app_address", "proxy_pass http://app:8000"),
    Trap(9, generations, "gunicorn", "/app-1/app.sock", "/app.sock"),
    Trap(10, stopped, "supervisord", "stopsignal = QUIT", "stopsignal = TERM"),
    Trap(11, gracefully, "uwsgi", "hook-master-start = unix_signal:15 gracefully_kill_them_all", ""),
    Trap(12, first_process, "Dockerfile", 'CMD ["porch", "run"]', "CMD porch run"),
    Trap(13, heartbeat, "gunicorn", "timeout = 37", "timeout = 30"),
    Trap(14, streams, "edge", "text/csv", "text/event-stream"),
    Trap(15, sockets, "asgi", "Connection $upstream_connection", "Connection upgrade"),
    Trap(16, leaves, "edge", "worker_shutdown_timeout 30s;", ""),
    Trap(17, bodies, "edge", "client_max_body_size 10m", "client_max_body_size 0"),
    Trap(18, doors, "uwsgi", "chmod-socket = 660", "chmod-socket = 777"),
    Trap(19, long_headers, "uwsgi", "buffer-size = 65535", "buffer-size = 4096"),
    Trap(20, tables, "uwsgi", "max-fd = 65536", "max-fd = 1073741816"),
    Trap(21, cores, "edge", "worker_processes 2", "worker_processes auto"),
    Trap(22, control_socket, "gunicorn", "control_socket_disable = True", "control_socket_disable = False"),
    Trap(23, unprivileged, "edge", "pid /run/porch/app/nginx/nginx.pid", "pid /var/run/nginx.pid"),
    Trap(24, lines, "supervisord", "stdout_logfile_maxbytes = 0", "stdout_logfile_maxbytes = 50MB"),
    Trap(25, harakiri, "uwsgi", "harakiri-verbose = true", ""),
    Trap(26, uwsgi_inside, "uwsgi", "socket = /run", "socket = 0.0.0.0:3031 /run"),
    Trap(27, backlog, "uwsgi", "listen = 2048", "listen = 100"),
    Trap(28, scheme, "edge", "X-Forwarded-Proto $scheme", "X-Forwarded-Proto http"),
    Trap(29, underscores, "gunicorn", 'header_map = "drop"', 'header_map = "dangerous"'),
    Trap(30, volumes, "compose.yaml", "    restart:", "    volumes: [static:/app/static]\n    restart:"),
    Trap(31, once, "Dockerfile", 'CMD ["porch", "run"]', "CMD python manage.py migrate && porch run"),
    Trap(32, templates, "edge", "Host $host$host_port", 'Host ""'),
    Trap(33, together, "uwsgi", "vacuum = true", "vacuum = true\nmax-requests = 1000"),
    Trap(34, hosts, "named", "ssl_reject_handshake on", "ssl_reject_handshake off"),
    Trap(
        36,
        wrappers,
        "supervisord",
        "/srv/venv/bin/python -m porch_worker.begin",
        "sh -c /srv/venv/bin/python -m porch_worker.begin",
    ),
    Trap(37, over_http, "uwsgi edge", "uwsgi_pass app", "proxy_pass http://app"),
)
LIVE = {
    "e2e/test_path_variants.py::test_no_way_to_write_a_path_leaks": (1, 2),
    "e2e/test_forging.py::test_no_forgery_reaches_the_app": (3, 29),
    "e2e/test_seen_by_app.py::test_client_scheme_host_and_prefix_are_the_clients": (4,),
    "e2e/test_edge.py::test_security_headers_stand_once_on_every_answer": (5,),
    "e2e/test_streaming.py::test_each_part_arrives_when_it_is_made": (6, 14),
    "e2e/test_reload.py::test_no_request_is_lost": (9,),
    "e2e/test_endings.py::test_a_stop_cuts_nothing": (10, 11),
    "e2e/test_first_process.py::test_a_thousand_orphans_are_reaped": (12,),
    "e2e/test_stuck.py::test_a_worker_that_is_only_slow_is_left_alone": (13,),
    "e2e/test_streaming.py::test_a_websocket_may_be_silent_for_longer_than_a_request_may_take": (15,),
    "e2e/test_edge.py::test_a_path_has_its_own_body_and_time": (17,),
    "e2e/test_owner.py::test_everybody_else_is_kept_out": (18, 23),
    "e2e/test_log_pressure.py::test_a_stop_in_a_flood_loses_no_line": (24,),
    "e2e/test_stuck.py::test_a_worker_that_hangs_is_replaced": (25,),
    "e2e/test_forging.py::test_a_proxys_scheme_is_one_of_two_words": (28,),
    "e2e/test_prestart_database.py::test_one_runs_at_a_time": (31,),
    "e2e/test_recycling.py::test_by_requests_none_is_lost": (33,),
    "e2e/test_edge.py::test_only_the_sites_own_names_are_answered": (34,),
    "e2e/test_mounts.py::test_supervisord_runs_them_without_porch": (36,),
}
"""The test that asks a running site -> traps that it would fall into."""
NOT_KEPT = {35: "PROMETHEUS_MULTIPROC_DIR is the app's own; docs/how-to/processes.md shows a prestart that empties it"}


def test_every_trap_is_named() -> None:
    """All 37, each once; one is left to the app, and it is said why."""
    assert sorted([each.number for each in TRAPS] + list(NOT_KEPT)) == list(range(1, 38))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.number}-{trap.holds.__name__}")
def test_no_trap_is_fallen_into(trap: Trap) -> None:
    """What is written keeps out of it; with the wrong words in one place it would be seen."""
    assert trap.holds(texts()), trap.holds.__doc__
    text = texts()[trap.file]
    assert trap.right in text
    assert not trap.holds({**texts(), trap.file: text.replace(trap.right, trap.wrong)})


@pytest.mark.parametrize("live", LIVE)
def test_a_running_site_is_asked_as_well(live: str) -> None:
    """The test that is named is there."""
    path, _, name = live.partition("::")
    tree = ast.parse((TESTS / path).read_text())
    assert set(LIVE[live]) <= {each.number for each in TRAPS}
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
