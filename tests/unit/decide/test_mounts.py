"""Several apps in one instance: each is decided for itself, and what is shared is shared."""

from __future__ import annotations

import pytest

from decided import FOLDER, make_facts, make_finding, make_said, plan_of, problems_of, static
from porch import decide
from porch.errors import Exit
from porch.places import Place
from porch.plan import MountPlan, Plan, Static

API = "/api app=api:app interface=asgi"


def mounted(plan: Plan) -> MountPlan:
    """The only further app."""
    (found,) = plan.mounts.value
    return found


def test_an_instance_has_one_app_unless_said() -> None:
    """Without a table there is no further app, and the main one has the whole machine."""
    plan = plan_of()
    assert plan.mounts.value == ()
    assert "shared" not in plan.server.workers.reason


def test_each_app_has_a_server_of_its_own() -> None:
    """The kind of app decides, not the main app's settings; what its table says wins."""
    given = {"server.name": "gunicorn", "server.args": "--x", "app.health": "/ok", "mounts": API}
    found = mounted(plan_of(given))
    assert (found.name, found.app.mount.value, found.app.interface.value) == ("api", "/api", "asgi")
    assert (found.server.name.value, found.server.args.value, found.app.health.value) == ("uvicorn", (), "")
    said = mounted(plan_of({"mounts": f"{API} server=granian workers=3 health=/well args=--y"}))
    assert (said.server.name.value, said.server.workers.value) == ("granian", 3)
    assert (said.server.args.value, said.app.health.value) == (("--y",), "/well")


def test_all_that_is_decided_for_it_stands_under_its_setting() -> None:
    """`explain mounts` finds it, and no decision of the main app is told in its place."""
    found = mounted(plan_of({"mounts": f"{API} timeout=1m"}, origins={"mounts": "porch.toml:4"}))
    assert {found.server.workers.setting, found.app.target.setting, found.limits.read.setting} == {"mounts"}
    assert found.limits.start.setting == "limits.start_timeout"


def test_the_machine_is_shared() -> None:
    """Workers that are left to porch are counted for an equal part, and the reason says so."""
    plan = plan_of({"mounts": API}, make_facts(cores=8))
    assert (plan.server.workers.value, mounted(plan).server.workers.value) == (4, 4)
    assert "shared by 2 apps" in plan.server.workers.reason
    assert plan.nginx.workers.value == 8
    little = plan_of({"mounts": API}, make_facts(cores=8, memory=600 * 1024**2))
    assert (little.server.workers.value, mounted(little).server.workers.value) == (3, 3)


def test_times_are_each_apps_own_and_the_stop_is_the_longest() -> None:
    """A long request of one app is not cut by a stop, and allows no other app as much."""
    plan = plan_of({"mounts": f"{API} timeout=10m", "path": "/api/report timeout=20m, /slow timeout=1m"})
    own = mounted(plan).limits
    assert (plan.limits.request.value, plan.limits.read.value) == (60, 32)
    assert (own.request.value, own.read.value) == (1200, 602)
    assert plan.limits.graceful.value == own.graceful.value == 1200


def test_the_main_apps_file_is_not_read_for_others() -> None:
    """A `gunicorn.conf.py` beside the main app decides nothing for an app without a folder of its own."""
    places = {f"{FOLDER}/gunicorn.conf.py": Place(True, text="workers = 9\n")}
    plan = plan_of({"mounts": "/api app=api:app server=gunicorn"}, make_facts(places))
    assert plan.server.config.value
    assert (mounted(plan).server.config.value, mounted(plan).server.workers.value) == ("", 2)
    places = {f"{FOLDER}/in/gunicorn.conf.py": Place(True, text="workers = 9\n")}
    plan = plan_of({"mounts": "/api folder=in app=api:app server=gunicorn"}, make_facts(places))
    assert mounted(plan).server.workers.value == 9


def test_a_script_beside_a_further_app_is_told_of() -> None:
    """It is not run, and one beside the main app, which is, is told of for nobody."""
    places = {f"{FOLDER}/in/prestart.sh": Place(True)}
    plan = plan_of({"mounts": "/api folder=in app=api:app"}, make_facts(places))
    assert [each for each in plan.warnings if "prestart" in each] == [
        f'mounts "/api": {FOLDER}/in/prestart.sh is not run: the instance\'s own command runs before all apps; '
        "call it from the main app's prestart"
    ]
    plan = plan_of({"mounts": "/api app=api:app"}, make_facts({f"{FOLDER}/prestart.sh": Place(True)}))
    assert not [each for each in plan.warnings if "prestart" in each]


def test_static_folders_move_with_their_app() -> None:
    """Those that were found are below the prefix; what the user names stands above them."""
    finding = make_finding(statics=(static("/static/", f"{FOLDER}/files"),))
    facts = make_facts({f"{FOLDER}/{name}": Place(True, folder=True) for name in ("files", "own")})
    plan = plan_of({"mounts": "/api app=api:app", "static": {"/api/static/": "own"}}, facts, finding)
    assert {each.url: each.path for each in plan.static.value} == {
        "/static/": f"{FOLDER}/files/",
        "/api/static/": f"{FOLDER}/own/",
    }


def test_one_rooted_url_of_two_apps_is_the_first_ones() -> None:
    """The main app's files are answered, and a warning names both folders, unless they are one."""
    said = make_said({"mounts": "/api app=api:app"})
    facts = make_facts({f"{FOLDER}/{name}": Place(True, folder=True) for name in ("files", "own")})
    for folder, warned in (("own", 1), ("files", 0)):
        main, further = (
            make_finding(statics=(static("/s/", f"{FOLDER}/{at}", rooted=True),)) for at in ("files", folder)
        )
        plan = decide.plan(said, facts, main, [decide.Beside("/api", facts, further)])
        assert plan.static.value == (Static("/s/", f"{FOLDER}/files/", of_app=True),)
        assert len([each for each in plan.warnings if f"{FOLDER}/own" in each]) == warned


@pytest.mark.parametrize(
    ("given", "what", "where"),
    [
        ({"mounts": f"{API} server=uwsgi"}, "uwsgi cannot run asgi apps", 'mounts "/api", server.name'),
        ({"mounts": "/shop app=a:b", "app.mount": "/shop"}, 'the main app is mounted at "/shop" itself', "mounts"),
        ({"mounts": API, "path": "/api/ body=1G"}, "that is a whole app", "path"),
        ({"mounts": API, "static": {"/api": "files"}}, "the whole app is mounted at /api", "static"),
        ({"mounts": f"/{'a' * 90} app=a:b"}, "too long for the system", "mounts"),
        ({"mounts": API, "run.part": "app"}, "several apps cannot be split", "mounts"),
        ({"mounts": f"{API} timeout=0"}, "nothing is done in less than a second", 'mounts "/api"'),
    ],
)
def test_what_cannot_be_is_told_with_its_place(given: dict[str, object], what: str, where: str) -> None:
    """A mistake in a table is told once, with the prefix of its app."""
    facts = make_facts({f"{FOLDER}/files": Place(True, folder=True)})
    found = [each for each in problems_of(given, facts) if what in each.what]
    assert len(found) == 1, found
    assert found[0].where.startswith(where)


def test_what_holds_for_all_is_told_once() -> None:
    """A problem of the whole site is not told again for each app."""
    problems = problems_of({"mounts": API, "limits.start_timeout": 0})
    assert [each.where for each in problems] == ["limits.start_timeout from porch.toml:1"]


def test_a_user_who_cannot_read_it_is_refused() -> None:
    """The folder of a further app must be readable for the user that all apps run as."""
    facts = make_facts(root=True, barred={"www-data": "", "nobody": ""})
    assert plan_of({"mounts": API}, facts).run.user.value == "www-data"
    problems = problems_of({"mounts": API, "run.user": "www-data"}, make_facts(root=True, barred={"www-data": "/root"}))
    assert problems[0].exit == Exit.MACHINE


def test_an_nginx_that_can_ask_one_app_only_will_not_do() -> None:
    """Readiness asks every app, for which nginx needs a module that few builds lack."""
    facts = make_facts()
    bare = tuple(type(each)(each.binary, each.version, each.modules - {"http_auth_request"}) for each in facts.nginx)
    problems = problems_of({"mounts": API}, make_facts(nginx=bare))
    assert ["http_auth_request" in each.what for each in problems] == [True]
    assert plan_of({}, make_facts(nginx=bare)).mounts.value == ()
