"""nginx.conf: secure by default, plain enough to be kept.

Rule: every header that tells who the client is, is set here or blanked here, so that none can be forged; what is set
for the app is set once, for all locations, and no location sets another (one `proxy_set_header` in a location drops
all inherited ones).
"""

from __future__ import annotations

from porch.plan import Plan
from porch.plan.apps import apps
from porch.servers import kept
from porch.syntax import words
from porch.syntax.file import File
from porch.syntax.nginx import Node, block, directive, gap, render
from porch.targets.nginx import (
    compression,
    errors,
    forwarding,
    instead,
    limits,
    locations,
    logs,
    mime,
    mounts,
    security,
    tls,
    upgrades,
    upstream,
)

NAME = "nginx.conf"


def file(plan: Plan) -> File:
    """The whole configuration of nginx."""
    nodes = (*_process(plan), _events(plan), _http(plan))
    return File(NAME, render(nodes, header=_header(plan)))


def _header(plan: Plan) -> str:
    text = (
        f"nginx in front of {', '.join(_served(each) for each in apps(plan))}.\n"
        "Written by porch; yours to keep. `porch explain` tells where each value comes from."
    )
    if plan.run.generation:
        return text
    return (
        f"{text} It runs without porch.\n\nBefore it starts, these folders must be there:\n{kept.making(plan)}\n"
        f"It is started with this, and stopped with QUIT:\n{kept.COMMAND}{words.show(argv(plan))}"
    )


def _served(plan: Plan) -> str:
    where = f" at {plan.app.mount.value}" if plan.run.mount else ""
    kind = plan.app.framework or plan.app.interface.value
    return f"{plan.app.target.value} ({kind}){where}, served by {plan.server.name.value}"


def argv(plan: Plan) -> tuple[str, ...]:
    """The command, where the files are kept and run without porch."""
    folder = plan.run.kept
    return (plan.nginx.binary.value, "-e", "stderr", "-p", plan.run.folder.value, "-c", f"{folder}/{NAME}")


def _process(plan: Plan) -> list[Node]:
    nginx, limits = plan.nginx, plan.limits
    nodes: list[Node] = [
        directive("daemon", False, note="Stays in the foreground: a supervisor watches it."),
        directive("worker_processes", nginx.workers.value, note=nginx.workers.note, setting=nginx.workers.setting),
        directive(
            "worker_rlimit_nofile",
            nginx.open_files.value,
            note=nginx.open_files.note,
            setting=nginx.open_files.setting,
        ),
        directive(
            "worker_shutdown_timeout",
            f"{limits.graceful.value}s",
            note="At a stop, requests in work may take this long; then their connections are closed.",
            setting=limits.graceful.setting,
        ),
        directive("pid", f"{plan.run.nginx}/nginx.pid", setting=plan.run.folder.setting),
        directive("error_log", "stderr", "warn"),
    ]
    nodes += _user(plan)
    if "pcre_jit" in nginx.modules:
        nodes.append(directive("pcre_jit", True))
    return nodes


def _user(plan: Plan) -> list[Node]:
    """Whose nginx's workers are; without a word of it they would be another user's, who may not enter the run folder.

    porch's supervisor starts nginx as that user, but by itself nginx starts as root, for ports below 1024.
    """
    user = plan.run.user
    if not plan.run.root or (user.value and plan.run.generation):
        return []
    return [directive("user", user.value or "root", note=user.note, setting=user.setting)]


def _events(plan: Plan) -> Node:
    each = plan.nginx.connections
    return block(
        "events",
        children=[directive("worker_connections", each.value, note=each.note, setting=each.setting)],
    )


def _http(plan: Plan) -> Node:
    return block(
        "http",
        children=[
            *mime.nodes(),
            gap(),
            *_temporary(plan),
            gap(),
            *logs.nodes(plan),
            gap(),
            *_hygiene(),
            gap(),
            *_sending(),
            gap(),
            *tls.everywhere(plan),
            gap(),
            *limits.sizes(plan),
            gap(),
            *compression.everywhere(plan),
            gap(),
            *forwarding.client(plan),
            *limits.clients(plan),
            *forwarding.maps(plan),
            *tls.maps(plan),
            *security.maps(plan),
            *errors.maps(plan),
            *instead.maps(plan),
            gap(),
            *security.added(plan),
            gap(),
            *_errors(plan),
            gap(),
            *upstream.nodes(plan),
            gap(),
            *_spoken(plan),
            *locations.servers(plan),
        ],
    )


def _errors(plan: Plan) -> list[Node]:
    """What nginx answers by itself, and what only looks like it."""
    return [*errors.pages(), *instead.led(plan), *upgrades.everywhere(plan)]


def _temporary(plan: Plan) -> list[Node]:
    """All five, because nginx makes the folder of each at start, used or not."""
    folder, setting = plan.run.nginx, plan.run.folder.setting
    nodes: list[Node] = [
        directive("client_body_temp_path", f"{folder}/temp-body", note="Private to this instance.", setting=setting),
        directive("proxy_temp_path", f"{folder}/temp-proxy", setting=setting),
        directive("fastcgi_temp_path", f"{folder}/temp-fastcgi", setting=setting),
        directive("uwsgi_temp_path", f"{folder}/temp-uwsgi", setting=setting),
        directive("scgi_temp_path", f"{folder}/temp-scgi", setting=setting),
    ]
    return nodes


def _hygiene() -> list[Node]:
    return [
        directive("server_tokens", False, note="Said outright, so that no include changes them unseen."),
        directive("autoindex", False),
        directive("absolute_redirect", False),
        directive("port_in_redirect", False),
        directive("server_name_in_redirect", False),
        directive("underscores_in_headers", False, note="X_Forwarded_For must not pass for X-Forwarded-For."),
        directive("ignore_invalid_headers", True),
        directive("merge_slashes", True),
    ]


def _sending() -> list[Node]:
    return [
        directive("sendfile", True),
        directive("tcp_nopush", True),
        directive(
            "open_file_cache",
            "max=2000",
            "inactive=30s",
            note="Static files stay open between requests; a changed or new one is seen within 5 s.",
        ),
        directive("open_file_cache_valid", "5s"),
        directive("open_file_cache_errors", True, note="That no file.gz lies beside a file is asked once in 5 s too."),
    ]


def _spoken(plan: Plan) -> list[Node]:
    """How each protocol that an app's server has is spoken."""
    nodes: list[Node] = []
    for each in mounts.of_each_protocol(plan):
        nodes += [gap()] * bool(nodes)
        nodes += forwarding.upstream_timing(each)
        nodes += forwarding.headers(plan, each.server.protocol)
    return nodes
