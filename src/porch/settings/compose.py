"""The settings of compose files: what `porch render compose` writes.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

from porch import values as v
from porch.records import dataclass
from porch.spec import setting


@dataclass(frozen=True, slots=True)
class Compose:
    """The services that `porch render compose` describes; nothing here changes an instance that runs."""

    topology: str = setting(
        v.choice("single", "split"),
        "single",
        "`single`: one service, as `docker run` would start it; `split`: nginx and the app in services of their own, "
        "both from the same image.",
        example="split",
        short=("--topology",),
    )
    publish: tuple[str, ...] = setting(
        v.ADDRESSES,
        (),
        "Addresses of this machine that lead to the ports of the container, in their order, with HTTPS that of HTTPS "
        "first; when none is set, the same ports on 127.0.0.1.",
        example="0.0.0.0:80",
    )
    cpus: float = setting(
        v.ratio(0.1, 512),
        2.0,
        "CPU time that the app may use, in cores; the workers are sized for it.",
        example="1.5",
    )
    memory: int = setting(
        v.size_between(64 * 1024**2, 1024**4),
        512 * 1024**2,
        "Memory that the app may use; the workers are sized for it.",
        example="1G",
    )
    pids: int = setting(
        v.count(20, 100_000),
        256,
        "Processes and threads that a service may have.",
        example="500",
    )
