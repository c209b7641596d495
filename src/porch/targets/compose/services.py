"""The services: what each runs, may use, and is asked for its health.

Rule: whatever a service says of time follows from the plan's one ladder; the app's service is found by its name, and
by no one but nginx where the two are apart.
"""

from __future__ import annotations

from typing import Final

from porch import settings
from porch.plan import Plan, ProcessPlan
from porch.plan.image import ComposePlan, ImagePlan
from porch.syntax import compose as language
from porch.syntax.file import Unwritable
from porch.syntax.yaml import Entry, Gap, Table, entry, gap, item, listing, table
from porch.targets.docker import tag
from porch.targets.docker.final import HEALTH, HEALTH_TIMES, MARGIN, grace
from porch.values import show_size

APP, FRONT, NETWORK = "app", "nginx", "web"
CODE: Final = "/app"
"""Where the project lies in the image."""
TEMPORARY: Final = "/tmp"  # noqa: S108  # of the container alone
FRONT_CPUS, FRONT_MEMORY = 0.5, 256 * 1024**2
"""Enough for thousands of connections, and for the bodies that wait in its /tmp."""
UNWATCHED: Final = (".git/", ".venv/", "venv/", "node_modules/", "**/__pycache__/")
RESTARTS: Final = {"always": "unless-stopped", "on-failure": "on-failure", "never": "no"}

Nodes = list[Entry | Gap]


def split(compose: ComposePlan) -> bool:
    """Whether nginx and the app are services of their own."""
    return compose.topology.value == "split"


def name_of(image: ImagePlan) -> str:
    """What the image is called that is built here, and in no registry."""
    return f"{tag(image)}:local"


def name_of_app(plan: Plan, compose: ComposePlan) -> str:
    """Where they are apart, nginx looks the app up by the name of its service."""
    return plan.run.address.value.rpartition(":")[0] if split(compose) else APP


def all_of(plan: Plan, image: ImagePlan, compose: ComposePlan) -> list[Entry]:
    """Every service, by its name."""
    setting, name = compose.topology.setting, name_of_app(plan, compose)
    if not split(compose):
        return [entry(name, _whole(plan, image, compose), setting=setting)]
    beside = [_beside(plan, image, compose, each) for each in plan.processes.value]
    return [
        entry(name, _app(plan, image, compose), setting=setting),
        *beside,
        entry(FRONT, _front(plan, image, compose), setting=setting),
    ]


def _whole(plan: Plan, image: ImagePlan, compose: ComposePlan) -> Table:
    """nginx, the app and porch over both."""
    return table(
        entry("build", "."),
        *_published(image, compose),
        *_variables(first=True),
        gap(),
        *_kept_up(plan, grace(plan), first=True),
        _health(HEALTH, "As in the image, for builders that leave it out there."),
        gap(),
        *_limits(compose, compose.cpus.value, compose.memory.value, first=True),
        gap(),
        *_hardened(compose.memory.value, first=True),
        gap(),
        _logging(first=True),
    )


def _app(plan: Plan, image: ImagePlan, compose: ComposePlan) -> Table:
    """The app server alone."""
    port = plan.run.address.value.rpartition(":")[2]
    return table(
        entry("build", "."),
        entry("image", name_of(image), "All services are made of it, so that static files always fit the code."),
        _part("app", "The app server alone; nginx finds it by this service's name."),
        *_variables(first=True),
        entry("init", True, "Collects what the app's own processes leave behind."),
        entry("networks", [NETWORK]),
        gap(),
        *_kept_up(plan, plan.limits.kill.value + MARGIN, first=True),
        _health((*HEALTH, f"127.0.0.1:{port}"), "A worker answers."),
        gap(),
        *_limits(compose, compose.cpus.value, compose.memory.value, first=True),
        gap(),
        *_hardened(compose.memory.value, first=True),
        gap(),
        _logging(first=True),
    )


def _front(plan: Plan, image: ImagePlan, compose: ComposePlan) -> Table:
    """nginx alone."""
    asked = [_health((*HEALTH, f"127.0.0.1:{port}"), "Through nginx to a worker.") for port in sorted(image.ports)[:1]]
    ready = {name_of_app(plan, compose): {"condition": "service_healthy"}}
    return table(
        entry("image", name_of(image), "The same, for its static files; nginx comes with it."),
        *_published(image, compose),
        _part("nginx", "nginx alone. It looks the app's address up every few seconds."),
        *_variables(),
        entry("networks", [NETWORK]),
        entry("depends_on", ready, "The first request finds an app that answers."),
        gap(),
        entry("stop_signal", "SIGQUIT", "What is in work is answered; TERM would cut it."),
        *_kept_up(plan, plan.limits.stop.value + MARGIN),
        *asked,
        gap(),
        *_limits(compose, min(FRONT_CPUS, compose.cpus.value), FRONT_MEMORY),
        gap(),
        *_hardened(FRONT_MEMORY),
        gap(),
        _logging(),
    )


def _beside(plan: Plan, image: ImagePlan, compose: ComposePlan, process: ProcessPlan) -> Entry:
    """A process beside the app, as a service of its own."""
    name, setting, limits = process.name.replace(".", "-"), plan.processes.setting, plan.limits
    if name in {name_of_app(plan, compose), FRONT}:
        raise Unwritable(f'a process cannot be called "{name}" where a service has that name', setting)
    told = {key: language.verbatim(value) for key, value in process.environment}
    body = table(
        entry("image", name_of(image)),
        entry("command", language.words(process.command)),
        *([entry("environment", told)] if told else []),
        *_variables(),
        entry("init", True),
        entry("networks", [NETWORK]),
        gap(),
        entry("restart", RESTARTS[process.restart]),
        entry("stop_signal", f"SIG{process.stop_signal}"),
        entry("stop_grace_period", f"{limits.kill.value + MARGIN}s", setting=limits.kill.setting),
        entry("healthcheck", {"disable": True}, "The image's asks the app."),
        gap(),
        *_limits(compose, compose.cpus.value, compose.memory.value),
        gap(),
        *_hardened(compose.memory.value),
        gap(),
        _logging(),
    )
    return entry(name, body, setting=setting)


def _published(image: ImagePlan, compose: ComposePlan) -> Nodes:
    publish = compose.publish
    pairs = zip(publish.value, image.ports, strict=True)
    items = [item(f"{outside}:{port}", setting=publish.setting) for outside, port in pairs]
    return [entry("ports", listing(*items), publish.note, publish.setting)] if items else []


def _part(part: str, why: str) -> Entry:
    spec = settings.spec("run.part")
    return entry("environment", {spec.variable: part}, why, spec.key)


def _variables(*, first: bool = False) -> Nodes:
    """What is secret, or differs between places, is in a file of its own."""
    why = "The app's variables and PORCH_* settings, one a line. The file is no part of the image."
    return [entry("env_file", listing(item({"path": ".env", "required": False})), why * first)]


def _kept_up(plan: Plan, seconds: int, *, first: bool = False) -> Nodes:
    why = f"Requests in work at a stop may take {plan.limits.graceful.value} s; then there is time to end in order."
    return [
        entry("restart", "unless-stopped"),
        entry("stop_grace_period", f"{seconds}s", why * first, plan.limits.kill.setting),
    ]


def _health(words: tuple[str, ...], why: str) -> Entry:
    times = {name.replace("-", "_"): int(value) if value.isdigit() else value for name, value in HEALTH_TIMES.items()}
    # Asked each second until it answers, so that who waits for it waits no longer than that.
    return entry("healthcheck", {"test": ["CMD", *words], **times, "start_interval": "1s"}, why)


def _limits(compose: ComposePlan, cpus: float, memory: int, *, first: bool = False) -> Nodes:
    whole = int(cpus) if cpus == int(cpus) else cpus
    return [
        entry("cpus", whole, "Workers are counted for these when it starts." * first, compose.cpus.setting),
        entry("mem_limit", show_size(memory).lower(), setting=compose.memory.setting),
        entry("pids_limit", compose.pids.value, setting=compose.pids.setting),
    ]


def _hardened(memory: int, *, first: bool = False) -> Nodes:
    return [
        entry("read_only", True, "Nothing is written but in /tmp, which is memory and gone at a stop." * first),
        entry("tmpfs", [f"{TEMPORARY}:mode=1777,size={show_size(memory // 2).lower()}"]),
        entry("cap_drop", ["ALL"], "No right of root's is needed, and none can be got." * first),
        entry("security_opt", ["no-new-privileges:true"]),
    ]


def _logging(*, first: bool = False) -> Entry:
    rotated = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
    return entry("logging", rotated, "Lines go to standard output; the engine keeps this much of them." * first)


def developed(image: ImagePlan) -> Table:
    """What differs for the app where code is written."""
    watch: list[object] = [{"action": "restart", "path": ".", "ignore": list(UNWATCHED)}]
    if image.lock.value:
        watch.insert(0, {"action": "rebuild", "path": image.lock.value})
    why = "The code of this folder; the service may read it, and no more."
    if image.collect:
        why += f" It hides the files that were collected in the image: run `{' '.join(image.collect)}` here too."
    return table(
        mounted(why),
        entry("develop", {"watch": watch}, "Other dependencies are a new image, other code is a restart."),
    )


def mounted(why: str = "") -> Entry:
    """The code of the project's folder in place of the image's."""
    return entry("volumes", [f".:{CODE}:ro"], why)
