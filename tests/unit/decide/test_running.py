"""Where the instance lives, as whom it runs, what it logs, and what runs before the app."""

from __future__ import annotations

from typing import Any

import pytest

from decided import FOLDER, PYTHON, make_facts, make_finding, plan_of, problems_of
from porch.errors import Exit
from porch.facts import Facts
from porch.places import Place

FORMATS = [
    ("auto", True, "text", "standard output is a terminal"),
    ("auto", False, "json", "standard output is no terminal"),
    ("text", False, "text", "as set"),
    ("json", True, "json", "as set"),
]


@pytest.mark.parametrize(("wanted", "terminal", "form", "reason"), FORMATS)
def test_people_get_text_and_machines_json(wanted: str, terminal: bool, form: str, reason: str) -> None:
    """Left alone, the format follows from where standard output leads."""
    given: dict[str, object] = {} if wanted == "auto" else {"log.format": wanted}
    log = plan_of(given, make_facts(terminal=terminal)).log
    assert (log.format.value, log.format.reason) == (form, reason)


@pytest.mark.parametrize(("wanted", "reason"), [(True, "a line for each request"), (False, "no request lines")])
def test_requests_are_logged_unless_told_otherwise(wanted: bool, reason: str) -> None:
    """The reason says what is written."""
    access = plan_of({"log.access": wanted}).log.access
    assert (access.value, access.reason) == (wanted, reason)


@pytest.mark.parametrize(
    ("given", "folder"), [({}, "/run/porch/app"), ({"run.dir": "here"}, f"{FOLDER}/here"), ({"run.dir": "/x"}, "/x")]
)
def test_the_run_folder(given: dict[str, object], folder: str) -> None:
    """One for each project, or the one that was named, relative to the project."""
    assert plan_of(given).run.folder.value == folder


def test_a_run_folder_too_deep_for_sockets_is_refused() -> None:
    """A socket's path has an end, and the folder leaves room for it."""
    assert plan_of({"run.dir": "/" + "x" * 84}).run.folder.value
    (problem,) = problems_of({"run.dir": "/" + "x" * 85})
    assert problem.what == f"the run folder's path is too long for sockets: /{'x' * 85}"


def test_anyone_but_root_runs_it_as_themselves() -> None:
    """Without root the caller's own name changes nothing."""
    for given in ({}, {"run.user": "ada"}):
        run = plan_of(given).run
        assert (run.user.value, run.user.reason, run.root) == ("", "ada, who started porch", False)


def test_only_root_can_run_it_as_another() -> None:
    """Another user's name is refused with what to do."""
    (problem,) = problems_of({"run.user": "nobody"})
    assert (problem.what, problem.exit) == ("only root can run the app as nobody", Exit.MACHINE)
    assert problem.fix == "start porch as root, or leave the setting out to run as ada"


def as_root(**changes: Any) -> Facts:
    """Facts of a machine where porch was started by root."""
    return make_facts(root=True, home_user="root", **changes)


def test_started_by_root_it_runs_unprivileged() -> None:
    """The first of the known users that nothing bars is taken."""
    run = plan_of(facts=as_root()).run
    assert (run.user.value, run.user.reason) == ("www-data", "started by root, so the app runs unprivileged")
    assert plan_of(facts=as_root(barred={"www-data": "/root", "nobody": ""})).run.user.value == "nobody"


BARRED = [
    ({"users": ("www-data",), "barred": {"www-data": "/root"}}, "www-data cannot read /root"),
    ({"users": (), "barred": {}}, "the machine has neither www-data nor nobody"),
]


@pytest.mark.parametrize(("changes", "why"), BARRED)
def test_where_no_user_can_it_runs_as_root_and_says_so(changes: dict[str, Any], why: str) -> None:
    """The cause and the fix are said."""
    plan = plan_of(facts=as_root(**changes))
    assert (plan.run.user.value, plan.run.user.reason, plan.run.root) == ("", f"as root: {why}", True)
    (warning,) = plan.warnings
    assert warning.startswith(f"the app runs as root, because {why}; fix: install the interpreter and the app where")


def test_root_may_be_meant() -> None:
    """Said outright, root is no warning."""
    plan = plan_of({"run.user": "root"}, as_root())
    assert (plan.run.user.value, plan.run.user.reason, plan.warnings) == ("", "as root, as set", ())


def test_a_named_user_is_taken() -> None:
    """Root can run the app as any user that the machine has."""
    run = plan_of({"run.user": "nobody"}, as_root()).run
    assert (run.user.value, run.user.origin, run.user.reason) == ("nobody", "porch.toml:1", "as set")


@pytest.mark.parametrize(("users", "fix"), [(("www-data", "nobody"), "www-data or nobody"), ((), "root")])
def test_a_user_that_is_not_there_is_refused(users: tuple[str, ...], fix: str) -> None:
    """The users that there are, are named."""
    (problem,) = problems_of({"run.user": "bob"}, as_root(users=users))
    assert (problem.what, problem.fix) == ('there is no user "bob" on this machine', f"create it, or use {fix}")


def test_a_user_that_cannot_read_the_app_is_refused() -> None:
    """The place that bars the way is named, with the command that opens it."""
    (problem,) = problems_of({"run.user": "nobody"}, as_root(barred={"nobody": "/root"}))
    assert (problem.what, problem.exit) == ("nobody cannot read /root, which the app needs", Exit.MACHINE)
    assert problem.fix.startswith("chmod o+rx /root, or install the interpreter and the app where nobody can read them")


def test_nothing_runs_before_the_app_unless_it_is_there() -> None:
    """Without a word and without a script nothing runs first."""
    prestart = plan_of().app.prestart
    assert (prestart.value, prestart.reason) == ((), "nothing runs before the app")


def test_a_prestart_script_beside_the_app_is_found() -> None:
    """It is run by sh, so it need not be executable."""
    prestart = plan_of(facts=make_facts({f"{FOLDER}/prestart.sh": Place(True)})).app.prestart
    assert (prestart.value, prestart.origin) == (("sh", "prestart.sh"), "detected")


def test_a_command_that_was_said_stands_above_the_script() -> None:
    """What the user says is run in place of the script that is there."""
    facts = make_facts({f"{FOLDER}/prestart.sh": Place(True)})
    assert plan_of({"app.prestart": "python manage.py migrate"}, facts).app.prestart.value[:1] == ("python",)


def test_a_script_that_is_named_must_be_there() -> None:
    """From a file or a flag a missing script is refused; from an image's variable it is said, as the image did."""
    (problem,) = problems_of({"app.prestart": "sh first.sh"})
    assert problem.what == "there is no script first.sh"
    plan = plan_of({"app.prestart": "sh first.sh"}, origins={"app.prestart": "$PRE_START_PATH"})
    assert plan.app.prestart.value == ()
    assert plan.warnings == ("$PRE_START_PATH names first.sh, which does not exist: nothing runs before the app",)


def test_what_detection_found_is_in_the_plan() -> None:
    """Target, interface, framework and evidence are the finding's, with their origin."""
    app = plan_of(finding=make_finding(interface="asgi", framework="starlette", import_from=f"{FOLDER}/src")).app
    assert (app.target.value, app.target.origin, app.target.reason) == (
        "shop:app",
        "detected",
        "found by reading the project",
    )
    assert (app.interface.value, app.interface.origin, app.interface.reason) == (
        "asgi",
        "detected",
        "it is a starlette app",
    )
    assert (app.framework, app.import_from, app.evidence) == (
        "starlette",
        f"{FOLDER}/src",
        ("shop.py:3 app = Flask(__name__)",),
    )


def test_what_was_said_of_the_app_is_as_set() -> None:
    """A target and an interface that were said have their place as origin."""
    app = plan_of({"app.target": "x:y", "app.interface": "asgi"}, finding=make_finding(target="x:y")).app
    assert (app.target.origin, app.target.reason) == ("porch.toml:1", "as set")
    assert (app.interface.value, app.interface.origin, app.interface.reason) == ("asgi", "porch.toml:1", "as set")


def test_an_interpreter_that_may_not_be_read_is_told_with_the_user() -> None:
    """It is there, so that to install it would be wrong advice."""
    python = "/srv/app/.venv/bin/python"
    facts = make_facts({python: Place(False, barred=True)}, python=python, servers={}, nginx=())
    (problem,) = problems_of({}, facts)
    assert problem.what == f"{facts.home_user}, who started porch, may not use the interpreter {python}"
    assert "a Python that this user may read" in problem.fix


def test_an_interpreter_that_is_not_there_is_the_only_problem() -> None:
    """Without it nothing else can be told, so nothing else is."""
    facts = make_facts(python="/none/python", servers={}, nginx=())
    (problem,) = problems_of({"app.python": "/none/python"}, facts)
    assert (problem.what, problem.exit) == ("there is no interpreter /none/python", Exit.MACHINE)
    assert problem.where == "app.python from porch.toml:1"
    assert plan_of().app.python.value == PYTHON


def test_all_problems_are_told_at_once() -> None:
    """Every decision is made before anything is refused, and the first one's exit code counts."""
    given = {"static": {"/s/": "none"}, "files.home_page": "none", "limits.request_timeout": 0, "nginx.open_files": 64}
    told = [problem.where for problem in problems_of({**given, "run.user": "bob"}, make_facts(nginx=()))]
    keys = ("limits.request_timeout", "static", "files.home_page", "run.user")
    assert told == [
        *(f"{key} from porch.toml:1" for key in keys),
        "nginx.binary",
        "nginx.open_files from porch.toml:1",
    ]


def test_the_notes_on_variables_are_warnings() -> None:
    """What must be said of other tools' variables is said with the rest, once."""
    from dataclasses import replace

    from decided import make_said
    from porch import decide

    said = replace(make_said({}), notes=("one", "one"))
    assert decide.plan(said, make_facts(), make_finding()).warnings == ("one",)


def test_all_of_the_stack_runs_unless_a_part_is_named() -> None:
    """Where nothing is said, the app server listens on a socket of this machine."""
    run = plan_of().run
    assert (run.part.value, run.bound) == ("all", "")


@pytest.mark.parametrize(
    ("address", "bound"),
    [("app:8000", "0.0.0.0:8000"), ("127.0.0.1:9000", "127.0.0.1:9000"), ("[::1]:9000", "[::1]:9000")],
)
def test_the_app_alone_listens_where_nginx_looks_for_it(address: str, bound: str) -> None:
    """An address is listened on as it is; for a name, every address of the container is."""
    assert plan_of({"run.part": "app", "run.address": address}).run.bound == bound


@pytest.mark.parametrize("address", ["app", "app:0", "app:70000", "a$b:80", ":80", "http://app:80", "-a:80"])
def test_an_address_has_a_host_and_a_port(address: str) -> None:
    """What could not be found is refused, with an example."""
    (problem,) = problems_of({"run.part": "app", "run.address": address})
    assert problem.what == f'"{address}" is no HOST:PORT'


def test_the_protocol_of_uwsgi_stays_on_one_machine() -> None:
    """As a part of its own uWSGI speaks HTTP, of which it keeps no connection."""
    alone = plan_of({"server.name": "uwsgi", "run.part": "app"}).server
    assert (alone.protocol, alone.idle.value) == ("http", 0)
    assert plan_of({"server.name": "uwsgi"}).server.protocol == "uwsgi"


def test_a_part_is_not_reloaded() -> None:
    """Watching for changes needs the supervisor, which a part has not."""
    (problem,) = problems_of({"run.part": "app", "run.watch": True})
    assert problem.what == "a part of the stack cannot be reloaded, only the whole of it"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, ()),
        ({"run.part": "app"}, ()),
        ({"run.part": "nginx", "run.address": "127.0.0.1:80"}, ()),
        ({"run.part": "nginx"}, ("10.0.0.2",)),
        ({"run.part": "nginx", "nginx.resolvers": "::1 127.0.0.11"}, ("[::1]", "127.0.0.11")),
    ],
)
def test_nginx_alone_looks_the_app_up(given: dict[str, object], asked: tuple[str, ...]) -> None:
    """It asks the machine's name servers, or those that were set; an address needs no asking."""
    assert plan_of(given, make_facts(resolvers=("10.0.0.2",))).nginx.resolvers.value == asked


def test_a_name_needs_a_name_server() -> None:
    """Without one nginx would never find the app."""
    (problem,) = problems_of({"run.part": "nginx"})
    assert problem.what == "nothing tells whom to ask where app is"
