"""The last stage: what is run. Either the system as it is, or from scratch with only the files that run.

Rule: code is copied last, so that a change of it makes one layer; nothing is set that would hide a variable given at
`docker run -e`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from porch import settings
from porch.plan import Plan
from porch.plan.image import ImagePlan
from porch.syntax.dockerfile import (
    Expr,
    Instruction,
    Step,
    argument,
    begin,
    check,
    command,
    copy,
    expose,
    gap,
    pairs,
    run,
    word,
)
from porch.syntax.nodes import Comment, Gap, comment
from porch.targets.docker.layers import USER

Node = Instruction | Comment | Gap

HEALTH: Final = ("python", "-m", "porch.runtime.healthy")
"""Asks the instance of the container, through nginx, whether a worker answers."""
HEALTH_TIMES: Final[Mapping[str, str]] = {"interval": "10s", "timeout": "5s", "start-period": "60s", "retries": "3"}
COMMAND: Final = ("porch", "run")
PROGRAMS: Final = "/venv/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin"
BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
MARGIN: Final = 5
"""Seconds between the longest stop and the moment when the engine kills."""

GATHERED: Final = (
    Expr('stdlib="$(python3 -c \'import sysconfig; print(sysconfig.get_path("stdlib"))\')"'),
    Expr("mkdir -p /slim/run && mkdir -m 1777 /slim/tmp && cp -a /bin /lib* /sbin /slim"),
    Expr(
        "find /usr/bin /usr/local/bin -name 'python3*' ! -name '*-config' -exec cp -a --parents {} /slim \\;\n"
        '&& cp -a --parents "$stdlib" /usr/sbin/nginx /etc/passwd /etc/group /etc/nsswitch.conf /etc/os-release\n'
        "/usr/lib/os-release /etc/ld.so.conf* /usr/share/zoneinfo /etc/ssl/certs/ca-certificates.crt /slim"
    ),
    Expr(
        'cd "/slim$stdlib" && rm -rf config-* idlelib pydoc_data site-packages test tkinter turtledemo\n'
        "lib-dynload/*test* && cd /"
    ),
    Expr(
        "find /venv /slim '(' -name '*.so*' -o -path '/slim/usr/bin/*' ')' -type f\n"
        '-exec ldd /usr/sbin/nginx "$(readlink -f /venv/bin/python3)" {} +\n'
        "| awk '$(NF-1) ~ \"^/(usr/local/)?lib\" { print $(NF-1) }' | sed 's|^/lib|/usr/lib|' | sort -u > /libraries"
    ),
    Expr("xargs cp -L --parents -t /slim < /libraries && cp -L --parents /usr/lib/*/libgcc_s.so.1 /slim"),
    Expr("ldconfig -r /slim && rm -rf /slim/var && find /slim -exec touch -hd @0 {} +"),
)

PACKAGED: Final = (
    Expr(
        "grep -Ev '^/usr/share/(bug|doc|doc-base|info|lintian|locale|man)/' /packages | sed 's|^/lib|/usr/lib|'\n"
        "| while read -r file; do\n"
        'if [ -L "$file" ] || [ -f "$file" ]; then cp -a --parents "$file" /slim || exit; fi;\ndone'
    ),
    Expr("cp -a --parents /usr/sbin/ldconfig /slim && { [ ! -d /etc/fonts ] || cp -a /etc/fonts /slim/etc; }"),
)
"""The packages that were asked for, whole: what a library is opened by its name for, ldd does not tell."""


def grace(plan: Plan) -> int:
    """Seconds that the engine must wait at a stop before it kills."""
    return plan.run.drain_delay.value + plan.limits.kill.value + MARGIN


def nodes(plan: Plan, image: ImagePlan) -> Iterator[Node]:
    """The stage, and before it the one that gathers, where the last is to hold nothing else."""
    if image.slim.value:
        yield from _gathered(image)
    yield gap()
    yield comment("---- What runs.")
    if image.slim.value:
        yield begin("scratch", setting=image.slim.setting)
        yield copy(["/slim"], "/", "slim")
    else:
        yield begin("system")
    yield copy(["/layer"], "/", "dependencies")
    yield copy(["/layer"], "/", "code", "Last, so that a change of the code makes this one layer anew.")
    yield word("WORKDIR", "/app")
    yield from _environment(plan, image)
    yield word("USER", f"{USER}:{USER}", "Nobody's number. Any other does as well: nothing belongs to this user.")
    yield from _running(plan, image)
    yield from _labels(image)


def _gathered(image: ImagePlan) -> Iterator[Node]:
    yield gap()
    yield comment("---- Only what runs: Python, its standard library, nginx, and the shared libraries that these load.")
    yield begin("system", "slim")
    yield copy(["/layer"], "/", "dependencies")
    packaged = PACKAGED if image.packages.value else ()
    steps: list[Step] = [(each,) for each in (*GATHERED[:4], *packaged, *GATHERED[4:])]
    whole = "Of packages that were asked for all files come along, as libraries are opened by name too. "
    yield run(
        steps,
        f"{whole if packaged else ''}Time zones and certificates come along; what only developers use of the standard "
        "library does not. libgcc_s is loaded by the C library when a thread ends. ldd may fail on a file that loads "
        "nothing.\n"
        "hadolint ignore=DL3003,DL4006",
    )


def _environment(plan: Plan, image: ImagePlan) -> Iterator[Node]:
    programs = PROGRAMS if image.slim.value else "/venv/bin:$PATH"
    yield gap()
    yield pairs(
        "ENV",
        {
            "PATH": programs,
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
            "container": "oci",
            **({"SSL_CERT_FILE": BUNDLE} if image.slim.value else {}),
            settings.spec(plan.app.python.setting).variable: plan.app.python.value,
        },
        "What is printed is seen at once, a crash in C leaves its traceback in the log, and programs know that they "
        "are in a container, whatever runs it. A folder that is mounted on /app may hold an environment of another "
        "machine: the app's is this one.",
        expanded=("PATH",),
    )
    if image.environment:
        why = "What was asked for when this file was rendered; `docker run -e` still has the last word."
        yield pairs("ENV", dict(image.environment), why)


def _running(plan: Plan, image: ImagePlan) -> Iterator[Node]:
    if image.ports:
        yield expose(image.ports, setting=plan.http.listen.setting)
    yield word(
        "STOPSIGNAL",
        "SIGTERM",
        f"porch then finishes what is in work, which may take {grace(plan) - MARGIN} s: Docker must wait longer than "
        f"its 10 s, with --stop-timeout {grace(plan)}.",
    )
    yield check(HEALTH, HEALTH_TIMES, "Through nginx to a worker, as a client would.")
    yield command("CMD", COMMAND, "As process 1: it hears the signals, and reaps what dies.")


def _labels(image: ImagePlan) -> Iterator[Node]:
    yield gap()
    yield comment("Told by who builds, with --build-arg; last, because they differ each time.")
    for name in ("VERSION", "REVISION", "CREATED"):
        yield argument(name, "")
    prefix = "org.opencontainers.image"
    name, _, digest = image.base.value.partition("@")
    yield pairs(
        "LABEL",
        {
            f"{prefix}.title": image.title,
            f"{prefix}.base.name": name,
            **({f"{prefix}.base.digest": digest} if digest else {}),
            f"{prefix}.version": "$VERSION",
            f"{prefix}.revision": "$REVISION",
            f"{prefix}.created": "$CREATED",
        },
        expanded=(f"{prefix}.version", f"{prefix}.revision", f"{prefix}.created"),
    )
