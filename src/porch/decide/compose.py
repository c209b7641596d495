"""What the services are: how many, where they are reached, what they may use.

Rule: nothing is decided from the machine that the file is rendered on; workers are counted when a service starts, from
what it may use there.
"""

from __future__ import annotations

from typing import Final, cast

from porch.decide.desk import Desk
from porch.errors import counted
from porch.plan import LimitsPlan
from porch.plan.chosen import AS_SET, Chosen
from porch.plan.image import ComposePlan, Topology
from porch.plan.run import named
from porch.values import show_size

KEPT: Final = ("acme", "self-signed")
"""Modes of TLS in which porch keeps keys and certificates of its own."""


def compose(desk: Desk, ports: tuple[int, ...], limits: LimitsPlan) -> ComposePlan:
    """Everything about the services; problems are noted."""
    told = desk.settings.compose
    single = told.topology == "single"
    decided = ComposePlan(
        topology=desk.chosen(
            "compose.topology",
            cast("Topology", told.topology),
            "one service, nginx and the app in it" if single else "nginx and the app in services of their own",
        ),
        publish=_publish(desk, ports),
        cpus=desk.chosen("compose.cpus", told.cpus, "workers are counted for that many cores"),
        memory=desk.chosen("compose.memory", told.memory, "a process that wants more than is left is ended"),
        pids=desk.chosen("compose.pids", told.pids, "processes and threads"),
    )
    if not single and desk.settings.mounts:
        desk.refuse("compose.topology", "several apps cannot be split into services of their own", "use single")
    if not single and desk.is_said("run.part"):
        desk.refuse("run.part", "the services of a split file say it themselves", "leave it out")
    host = desk.settings.run.address.rpartition(":")[0]
    if not single and not named(host):
        desk.refuse("run.address", f"{host} is no name of a service", "name it as the app's service, such as app:8000")
    if limits.body.value > decided.temporary:
        room, body = show_size(decided.temporary), show_size(limits.body.value)
        desk.warnings.append(
            f"a body may have {body} (limits.body), but waits in a /tmp of {room}, half of compose.memory: raise that"
        )
    if desk.settings.tls.mode in KEPT and not desk.is_said("tls.folder"):
        desk.warnings.append(
            f"tls.mode is {desk.settings.tls.mode}, and a service keeps what it fetches or makes in memory: each new "
            "container gets another certificate, of which authorities issue few a week; name a volume for "
            "tls.folder in compose.override.yaml, as docs/how-to/tls.md shows"
        )
    return decided


def _publish(desk: Desk, ports: tuple[int, ...]) -> Chosen[tuple[str, ...]]:
    key, wanted = "compose.publish", desk.settings.compose.publish
    if not wanted:
        return desk.chosen(key, tuple(f"127.0.0.1:{port}" for port in ports), "this machine only")
    if len(wanted) != len(ports):
        inside = ", ".join(map(str, ports)) or "none"
        told = counted(len(wanted), "address", "addresses")
        what = f"{told} for {counted(len(ports), 'port')} of the container ({inside})"
        desk.refuse(key, what, "name one for each, in their order")
    if any(each.startswith("unix:") for each in wanted):
        desk.refuse(key, "a container's port cannot be published at a unix socket", "for example 127.0.0.1:8080")
    whole = tuple(f"127.0.0.1:{each}" if each.isdigit() else each for each in wanted)
    return desk.chosen(key, whole, AS_SET)
