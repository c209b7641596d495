"""Which server runs the app, with how many processes and threads, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from decided import FOLDER, PYTHON, SERVERS, make_facts, make_finding, plan_of, problems_of
from porch.errors import Exit, Refused
from porch.facts import MIB, Facts
from porch.frameworks import Finding
from porch.frameworks.finding import Sockets
from porch.places import Place
from porch.plan.chosen import Chosen

GIB = 1024 * MIB
CONFIG = f"{FOLDER}/gunicorn.conf.py"


def told(chosen: Chosen[Any]) -> tuple[Any, str, str]:
    """Value, origin and reason."""
    return chosen.value, chosen.origin, chosen.reason


def with_config(text: str, **changes: Any) -> Facts:
    """Facts of a project that has a `gunicorn.conf.py`."""
    return make_facts({CONFIG: Place(True, text=text)}, **changes)


def with_servers(*names: str, **changes: Any) -> Facts:
    """Facts of an interpreter that has only these packages."""
    return make_facts(servers={name: SERVERS[name] for name in names}, **changes)


AUTO: list[tuple[str, tuple[str, ...], str, str]] = [
    ("wsgi", tuple(SERVERS), "granian", "first choice for wsgi of those installed"),
    ("asgi", tuple(SERVERS), "uvicorn", "first choice for asgi of those installed"),
    ("aiohttp", tuple(SERVERS), "gunicorn", "first choice for aiohttp of those installed"),
    ("wsgi", ("gunicorn", "pyuwsgi"), "gunicorn", "first choice for wsgi of those installed"),
    ("wsgi", ("pyuwsgi", "uvicorn"), "uwsgi", "first choice for wsgi of those installed"),
    ("asgi", ("granian", "uvicorn"), "granian", "first choice for asgi of those installed"),
]


@pytest.mark.parametrize(("interface", "installed", "name", "reason"), AUTO)
def test_auto_takes_the_fastest_that_can(interface: str, installed: tuple[str, ...], name: str, reason: str) -> None:
    """Left alone, the fastest installed server that speaks the app's interface is taken."""
    plan = plan_of(facts=with_servers(*installed), finding=make_finding(interface=interface))
    assert told(plan.server.name) == (name, "default", reason)


MEANT: list[tuple[dict[str, object], str, str]] = [
    ({"server.worker_class": "gevent"}, "gunicorn", "server.worker_class"),
    ({"server.min_workers": 1}, "uwsgi", "server.min_workers"),
    ({"server.config": "own.py"}, "gunicorn", "server.config"),
]


@pytest.mark.parametrize(("given", "name", "key"), MEANT)
def test_what_only_one_server_has_says_which_is_meant(given: dict[str, object], name: str, key: str) -> None:
    """A setting that the fastest server cannot honour leads to one that can, and that is the reason."""
    plan = plan_of(given, make_facts({f"{FOLDER}/own.py": Place(True)}))
    assert told(plan.server.name) == (name, "default", f"the fastest installed that can do what {key} says")
    assert plan.warnings == ()


def test_gunicorns_own_variable_means_gunicorn() -> None:
    """Words from gunicorn's variable are understood by gunicorn alone, so it is taken."""
    plan = plan_of({"server.args": "--preload"}, origins={"server.args": "$GUNICORN_CMD_ARGS"})
    reason = "the fastest installed that can do what $GUNICORN_CMD_ARGS says"
    assert told(plan.server.name) == ("gunicorn", "default", reason)
    assert plan.server.args.value == ("--preload",)


def test_gunicorns_words_are_not_given_to_another_server() -> None:
    """Where another server was asked for, they are left out, and that is said."""
    given = {"server.args": "--preload", "server.name": "granian"}
    plan = plan_of(given, origins={"server.args": "$GUNICORN_CMD_ARGS"})
    assert told(plan.server.args) == ((), "$GUNICORN_CMD_ARGS", "none that granian would understand")
    assert plan.warnings == ("$GUNICORN_CMD_ARGS is left out: --preload means nothing to granian",)


def test_words_for_the_server_that_was_named_are_its_own() -> None:
    """Words that stand in a file are given to whatever server runs."""
    assert plan_of({"server.args": ["--x", "a b"]}).server.args.value == ("--x", "a b")


def test_what_no_installed_server_can_do_changes_no_server() -> None:
    """Where the only server cannot honour a setting, it is taken all the same, and that is said."""
    plan = plan_of({"server.min_workers": 1}, with_servers("granian"))
    assert plan.server.name.value == "granian"
    warned = "granian cannot honour server.min_workers (porch.toml:1): all workers are kept, busy or idle"
    assert plan.warnings == (warned,)


def test_a_gunicorn_conf_beside_the_app_means_gunicorn() -> None:
    """The project's own file for gunicorn is evidence of what it is run by."""
    plan = plan_of(facts=with_config("workers = 5\n"))
    assert told(plan.server.name) == ("gunicorn", "detected", "the project has gunicorn.conf.py")
    assert told(plan.server.config) == (CONFIG, "detected", "gunicorn.conf.py is beside the app")


def test_a_gunicorn_conf_that_is_not_read_is_said() -> None:
    """Another server that was asked for does not read it, and that is said."""
    plan = plan_of({"server.name": "granian"}, with_config("workers = 5\n"))
    assert told(plan.server.name) == ("granian", "porch.toml:1", "as set")
    assert plan.server.config.value == ""
    assert plan.warnings == ("gunicorn.conf.py is beside the app, but granian does not read it",)


def test_a_server_that_cannot_run_the_app_is_refused() -> None:
    """It is refused with the ones that can."""
    (problem,) = problems_of({"server.name": "uwsgi"}, finding=make_finding(interface="asgi"))
    assert problem.what == "uwsgi cannot run asgi apps"
    assert (problem.where, problem.fix) == ("server.name from porch.toml:1", "use one of: uvicorn, granian, gunicorn")
    assert problem.exit is Exit.USAGE


@pytest.mark.parametrize(("name", "told"), [("uvicorn", True), ("uwsgi", False)])
def test_a_server_for_the_app_beside_it_is_told_of_that(name: str, told: bool) -> None:
    """uvicorn cannot run the WSGI app of a project, but the ASGI one beside it."""
    interface = "wsgi" if told else "asgi"
    finding = make_finding(interface=interface, twin=("shop.asgi:application", "asgi"))
    (problem,) = problems_of({"server.name": name}, finding=finding)
    assert problem.fix.endswith("; or run shop.asgi:application, which is asgi") is told


@pytest.mark.parametrize(("name", "package"), [("uwsgi", "pyuwsgi"), ("gunicorn", "gunicorn")])
def test_a_server_that_is_not_installed_is_refused(name: str, package: str) -> None:
    """It is refused with the command that installs it for the app's interpreter."""
    (problem,) = problems_of({"server.name": name}, with_servers("granian"))
    assert problem.what == f"{name} is not installed for {PYTHON} (the interpreter that runs porch)"
    assert problem.fix == f"{PYTHON} -m pip install {package}"
    assert problem.exit is Exit.MACHINE


def test_without_any_server_the_best_is_to_be_installed() -> None:
    """With none installed, the fastest for the app is what to install."""
    (problem,) = problems_of(facts=with_servers())
    assert problem.fix == f"{PYTHON} -m pip install granian"


CLASSES = [
    ("wsgi", "auto", "gthread", "for wsgi apps", "default"),
    ("wsgi", "gevent", "gevent", "as set", "porch.toml:1"),
    ("wsgi", "sync", "sync", "as set", "porch.toml:1"),
    ("asgi", "auto", "asgi", "for asgi apps", "default"),
    ("aiohttp", "aiohttp", "aiohttp", "as set", "porch.toml:1"),
]


@pytest.mark.parametrize(("interface", "wanted", "kind", "reason", "origin"), CLASSES)
def test_the_worker_class_fits_the_app(interface: str, wanted: str, kind: str, reason: str, origin: str) -> None:
    """gunicorn's kind of worker follows from the app unless it is said."""
    given = {"server.name": "gunicorn"} | ({} if wanted == "auto" else {"server.worker_class": wanted})
    plan = plan_of(given, finding=make_finding(interface=interface))
    assert told(plan.server.worker_class) == (kind, origin, reason)


def test_a_worker_class_for_other_apps_is_refused() -> None:
    """A kind of worker that cannot run the app is refused with those that can."""
    given = {"server.name": "gunicorn", "server.worker_class": "aiohttp"}
    (problem,) = problems_of(given)
    assert problem.what == "gunicorn's aiohttp workers cannot run wsgi apps, but these can: gthread, gevent, sync"
    assert problem.fix == "leave the setting out, and a fitting one is chosen"


@pytest.mark.parametrize(
    "facts", [with_servers("gunicorn"), with_config('worker_class = "gevent"', servers={"gunicorn": "27"})]
)
def test_a_worker_class_whose_package_is_missing_is_refused(facts: Facts) -> None:
    """gevent workers need gevent and packaging, whether porch.toml or the user's own file asks for them."""
    theirs = facts.places[CONFIG].exists
    (problem,) = problems_of({} if theirs else {"server.worker_class": "gevent"}, facts)
    assert problem.what == f"gevent and packaging are not installed for {PYTHON} (the interpreter that runs porch)"
    assert problem.where == f"server.worker_class from {'gunicorn.conf.py:1' if theirs else 'porch.toml:1'}"
    assert (problem.fix, problem.exit) == (f"{PYTHON} -m pip install gevent packaging", Exit.MACHINE)


SIZES: list[tuple[dict[str, Any], dict[str, object], int, str]] = [
    ({}, {}, 2, "2 cores (CPUs this process may use)"),
    ({"cores": 8}, {}, 8, "8 cores (CPUs this process may use)"),
    ({"cores": 1}, {}, 2, "1 core (CPUs this process may use)"),
    ({"cores": 1.5, "cores_from": "cgroup CPU quota"}, {}, 2, "1.5 cores (cgroup CPU quota)"),
    ({"cores": 0.25}, {}, 2, "0.25 cores (CPUs this process may use)"),
    ({"cores": 2.2}, {}, 3, "2.2 cores (CPUs this process may use)"),
    ({"cores": 3}, {"server.name": "uwsgi"}, 4, "3 cores (CPUs this process may use)"),
    (
        {"cores": 16, "memory": 512 * MIB, "memory_from": "cgroup memory limit"},
        {},
        5,
        "512M of memory (cgroup memory limit), 96M each",
    ),
    ({"cores": 4, "memory": 50 * MIB}, {}, 1, "50M of memory (memory of the machine), 96M each"),
    ({"cores": 8}, {"server.max_workers": 3}, 3, "8 cores (CPUs this process may use); at most 3"),
    ({"cores": 2}, {"server.max_workers": 9}, 2, "2 cores (CPUs this process may use)"),
    ({"cores": 4}, {"server.workers_per_core": 0.5}, 2, "0.5 for each of 4 cores"),
    ({"cores": 4}, {"server.workers_per_core": 3}, 12, "3 for each of 4 cores"),
    ({"cores": 1}, {"server.workers_per_core": 1}, 2, "1 for each of 1 core"),
    ({"cores": 1}, {"server.workers_per_core": 1, "server.max_workers": 1}, 1, "1 for each of 1 core; at most 1"),
    ({"cores": 64, "memory": 64 * MIB}, {"server.workers": 20}, 20, "as set"),
    ({}, {"server.workers": 1, "server.workers_per_core": 9, "server.max_workers": 9}, 1, "as set"),
]


@pytest.mark.parametrize(("machine", "given", "workers", "reason"), SIZES)
def test_workers_follow_from_what_may_be_used(
    machine: dict[str, Any], given: dict[str, object], workers: int, reason: str
) -> None:
    """Cores within the quota, memory within the limit, and what was said above both."""
    plan = plan_of(given, make_facts(**machine))
    assert (plan.server.workers.value, plan.server.workers.reason) == (workers, reason)


def test_what_bounds_the_workers_is_their_origin() -> None:
    """A ceiling or a number for each core that counted is where the number comes from; one that did not is not."""
    given = {"server.workers_per_core": 3, "server.max_workers": 4}
    origins = {"server.workers_per_core": "$WORKERS_PER_CORE", "server.max_workers": "$MAX_WORKERS"}
    assert plan_of(given, origins=origins).server.workers.origin == "$WORKERS_PER_CORE, $MAX_WORKERS"
    assert plan_of(given | {"server.max_workers": 9}, origins=origins).server.workers.origin == "$WORKERS_PER_CORE"
    assert plan_of({"server.max_workers": 9}).server.workers.origin == "default"


@pytest.mark.parametrize(("server", "threads"), [("granian", 64), ("gunicorn", 64), ("uwsgi", 64)])
def test_an_app_that_keeps_sessions_gets_one_worker(server: str, threads: int) -> None:
    """A client's next request must reach the process that knows it; each client holds a thread while it waits."""
    finding = replace(make_finding(), sessions="Socket.IO (app.py:4)")
    plan = plan_of({"server.name": server}, make_facts(cores=8), finding)
    assert plan.server.workers.value == 1
    assert plan.server.workers.reason == "Socket.IO (app.py:4) keeps what it knows of its clients in one process"
    assert plan.server.threads.value == threads
    assert plan.warnings == ()


def test_more_workers_than_one_are_warned_of_where_sessions_are_kept() -> None:
    """What the user says is done, and what comes of it is told."""
    finding = replace(make_finding(), sessions="Socket.IO (app.py:4)")
    plan = plan_of({"server.workers": 3, "server.threads": 9}, finding=finding)
    assert (plan.server.workers.value, plan.server.threads.value) == (3, 9)
    assert plan.warnings == (
        "server.workers is 3 (porch.toml:1), but Socket.IO (app.py:4) keeps what it knows of its clients "
        "in one process: its clients are not known to another worker",
    )


def with_sockets(*, gevent: bool = False, sessions: str = "") -> Finding:
    """A WSGI app that opens WebSockets."""
    return replace(make_finding(), sockets=Sockets("flask-sock (app.py:4)", gevent), sessions=sessions)


def test_a_wsgi_app_with_websockets_gets_the_server_that_hands_them_on() -> None:
    """A thread for each client, as each holds one; without such a library nothing is handed on."""
    server = plan_of(finding=with_sockets()).server
    assert told(server.name) == ("gunicorn", "detected", "WebSockets of a WSGI app: flask-sock (app.py:4)")
    assert (server.worker_class.value, server.threads.value, server.websockets) == ("gthread", 64, True)
    assert not plan_of({"server.name": "gunicorn"}).server.websockets


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"server.name": "granian"}, "granian has"),
        ({"server.name": "uwsgi"}, "uwsgi has"),
        ({"server.worker_class": "sync"}, "gunicorn's sync workers have"),
    ],
)
def test_a_server_that_hands_no_websockets_on_is_warned_of(given: dict[str, object], what: str) -> None:
    """What the user says is done, and no handshake reaches the app."""
    plan = plan_of(given, finding=with_sockets())
    assert not plan.server.websockets
    assert plan.warnings == (
        f"flask-sock (app.py:4) opens WebSockets, and {what} none for WSGI apps: "
        "take gunicorn, with gthread or gevent workers",
    )


def test_what_waits_in_gevents_way_gets_gevent_workers() -> None:
    """In threads its clients' messages were lost; where gevent is not installed, it waits in threads."""
    finding = with_sockets(gevent=True)
    kind = plan_of(facts=make_facts(servers=SERVERS | {"gevent": "26.9", "packaging": "26"}), finding=finding).server
    assert (kind.worker_class.value, kind.threads.value, kind.websockets) == ("gevent", 0, True)
    assert kind.worker_class.reason == "flask-sock (app.py:4) waits in gevent's way where that is installed"
    without = {name: version for name, version in SERVERS.items() if name != "gevent"}
    assert plan_of(facts=make_facts(servers=without), finding=finding).server.worker_class.value == "gthread"


def test_a_key_that_no_other_process_has_is_warned_of() -> None:
    """Who logs in reaches another worker with the next request."""
    plan = plan_of(finding=replace(make_finding(), fleeting_key="app.py:4"))
    assert plan.warnings == (
        "app.py:4 makes the secret key anew in each process: clients lose their sessions at a restart, "
        "and from one worker to the next; read it from the environment",
    )


THREADS: list[tuple[str, dict[str, object], int, tuple[str, ...]]] = [
    ("wsgi", {"server.name": "granian"}, 4, ()),
    ("wsgi", {"server.name": "gunicorn"}, 4, ()),
    ("wsgi", {"server.name": "gunicorn", "server.worker_class": "gevent"}, 0, ()),
    ("wsgi", {"server.name": "uwsgi"}, 2, ()),
    ("asgi", {"server.name": "granian"}, 0, ()),
    ("wsgi", {"server.name": "granian", "server.threads": 9}, 9, ()),
    (
        "wsgi",
        {"server.worker_class": "sync", "server.threads": 9},
        0,
        ("server.threads (porch.toml:1) changes nothing: gunicorn's sync workers use none for wsgi apps",),
    ),
    (
        "asgi",
        {"server.name": "granian", "server.threads": 9},
        0,
        ("server.threads (porch.toml:1) changes nothing: granian uses none for asgi apps",),
    ),
    (
        "asgi",
        {"server.name": "uvicorn", "server.threads": 9},
        0,
        ("uvicorn cannot honour server.threads (porch.toml:1): the app runs in one event loop a worker",),
    ),
]


@pytest.mark.parametrize(("interface", "given", "threads", "warnings"), THREADS)
def test_threads_are_used_where_there_are_any(
    interface: str, given: dict[str, object], threads: int, warnings: tuple[str, ...]
) -> None:
    """Threads follow from the kind of worker, and a number that changes nothing is said."""
    plan = plan_of(given, finding=make_finding(interface=interface))
    assert plan.server.threads.value == threads
    assert plan.warnings == warnings


CHEAPER = [(1, 1, "as set", ()), (0, 0, "all are kept", ())] + [
    (
        number,
        0,
        f"all are kept: {number} is not below 3",
        (f"server.min_workers is {number} (porch.toml:1), not below the 3 workers: all of them are kept",),
    )
    for number in (3, 9)
]


@pytest.mark.parametrize(("wanted", "kept", "reason", "warnings"), CHEAPER)
def test_fewer_workers_are_kept_only_below_all(wanted: int, kept: int, reason: str, warnings: tuple[str, ...]) -> None:
    """A number kept when idle that is not below all of them is none, and that is said."""
    plan = plan_of({"server.name": "uwsgi", "server.min_workers": wanted})
    assert told(plan.server.min_workers) == (kept, "porch.toml:1", reason)
    assert plan.warnings == warnings


@pytest.mark.parametrize(("wanted", "idle"), [(75, 1), (120, 1), (2, 1), (1, 0), (0, 0)])
def test_nginx_always_closes_first(wanted: int, idle: int) -> None:
    """nginx keeps an idle connection for less time than the app server, or not at all."""
    plan = plan_of({"server.keep_alive": wanted})
    assert plan.server.keep_alive.value == wanted
    assert told(plan.server.idle) == (idle, "porch.toml:1", "shorter than the app server's own")
    assert idle < wanted or idle == 0


def test_the_kernel_caps_the_backlog_and_it_is_said() -> None:
    """What the kernel would cut in silence is cut here with a warning."""
    plan = plan_of(facts=make_facts(somaxconn=128))
    assert plan.server.backlog.value == 128
    assert plan.warnings == ("server.backlog is 2048, but the kernel allows 128 (net.core.somaxconn)",)


THEIRS = """\
import os
workers = 5
threads = 8
worker_class = "gevent"
keepalive = 30
timeout = 120
graceful_timeout = 20
"""


def test_the_users_own_file_decides_what_it_says() -> None:
    """Each value is read from its line, and nginx's timeouts follow from it."""
    plan = plan_of(facts=with_config(THEIRS))
    server, limits = plan.server, plan.limits
    assert told(server.workers) == (5, "gunicorn.conf.py:2", "your own file decides")
    assert told(server.threads) == (8, "gunicorn.conf.py:3", "your own file decides")
    assert told(server.worker_class) == ("gevent", "gunicorn.conf.py:4", "your own file decides")
    assert told(server.keep_alive) == (30, "gunicorn.conf.py:5", "your own file decides")
    assert (limits.request.value, limits.request.origin, limits.read.value) == (120, "gunicorn.conf.py:6", 122)
    assert (limits.graceful.value, limits.graceful.origin, limits.stop.value) == (20, "gunicorn.conf.py:7", 25)
    assert plan.warnings == ()


def test_an_address_in_the_users_own_file_is_said_to_be_left_out() -> None:
    """nginx listens in gunicorn's place, so its `bind` does not count, and that is said with its line."""
    plan = plan_of(facts=with_config('workers = 2\nbind = "0.0.0.0:5000"\n'))
    assert plan.http.listen.value == ("127.0.0.1:8080",)
    told = "gunicorn.conf.py:2 says where to bind, but nginx listens in its place: use --listen"
    assert plan.warnings == (told,)


def test_what_is_said_stands_above_the_users_own_file() -> None:
    """A setting that was said wins over gunicorn.conf.py."""
    given = {"server.workers": 2, "server.threads": 3, "limits.request_timeout": 60, "server.worker_class": "gthread"}
    plan = plan_of(given, with_config(THEIRS))
    assert (plan.server.workers.value, plan.server.threads.value, plan.limits.request.value) == (2, 3, 60)
    assert told(plan.server.worker_class) == ("gthread", "porch.toml:1", "as set")


@pytest.mark.parametrize("workers", ["os.cpu_count() * 2 + 1", '"many"', "9999", "None", "-1"])
def test_what_only_gunicorn_can_tell_is_left_to_it(workers: str) -> None:
    """A value that is computed, or none that porch knows, is told as 0 with the line that decides."""
    plan = plan_of(facts=with_config(f"import os\nworkers = {workers}\n"))
    assert told(plan.server.workers) == (0, "gunicorn.conf.py:2", "your own file decides")


@pytest.mark.parametrize("timeout", ["int(os.environ['T'])", "0", '"long"'])
def test_a_timeout_that_cannot_be_read_is_said(timeout: str) -> None:
    """nginx needs the number, so the setting stands and the line is named."""
    plan = plan_of(facts=with_config(f"timeout = {timeout}\n"))
    assert (plan.limits.request.value, plan.limits.request.origin) == (30, "default")
    told = "gunicorn.conf.py:1 tells no number of seconds that can be read: limits.request_timeout is 30s"
    assert plan.warnings == (told,)


def test_a_named_config_is_read_by_its_own_name() -> None:
    """A file of another name is read too, and named in the origins."""
    facts = make_facts({f"{FOLDER}/conf/own.py": Place(True, text="workers = 7\n")})
    plan = plan_of({"server.config": "conf/own.py"}, facts)
    assert plan.server.name.value == "gunicorn"
    assert told(plan.server.workers) == (7, "own.py:1", "your own file decides")


def test_a_named_config_that_is_missing_is_refused() -> None:
    """A file that was named must be there."""
    (problem,) = problems_of({"server.config": "conf/own.py", "server.name": "gunicorn"})
    assert problem.what == "there is no file conf/own.py"
    assert problem.where == "server.config from porch.toml:1"


def test_a_config_that_is_switched_off_is_not_read() -> None:
    """An empty name says that the file beside the app is not meant."""
    plan = plan_of({"server.config": "", "server.name": "gunicorn"}, with_config("workers = 5\n"))
    assert plan.server.config.value == ""
    assert plan.server.workers.value == 2


CANNOT = [
    ("granian", "limits.request_timeout", "45s"),
    ("granian", "server.keep_alive", 70),
    ("granian", "limits.graceful_timeout", "31m"),
    ("gunicorn", "limits.request_timeout", "45s"),
    ("uwsgi", "log.level", "debug"),
    ("uwsgi", "server.keep_alive", 20),
]


@pytest.mark.parametrize(("name", "key", "value"), CANNOT)
def test_what_a_server_cannot_honour_is_said(name: str, key: str, value: object) -> None:
    """A setting that was said and that stands in the server's table is warned about with its place."""
    (warning,) = plan_of({"server.name": name, key: value}).warnings
    assert warning.startswith(f"{name} cannot honour {key} (porch.toml:1): ")


@pytest.mark.parametrize(("key", "value"), [("server.keep_alive", 60), ("limits.graceful_timeout", "30m")])
def test_what_a_server_can_do_up_to_an_end_is_not_warned_about(key: str, value: object) -> None:
    """granian honours these, but no greater ones."""
    assert plan_of({"server.name": "granian", key: value}).warnings == ()


def test_what_was_not_said_is_not_warned_about() -> None:
    """Defaults that a server cannot honour are no news."""
    assert plan_of({"server.name": "uwsgi"}).warnings == ()


def test_a_limit_of_memory_that_no_worker_could_keep_is_refused() -> None:
    """Python alone takes more, so it was a slip, such as bytes for megabytes."""
    with pytest.raises(Refused, match="a worker of 400 cannot be"):
        plan_of({"server.recycle_memory": 400})
