"""What is so with most servers: one kind of worker, all said on the command line, nothing read from files or variables.

Rule: a server's own file says only what is otherwise with it; no server is known here by its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from porch.plan import Interface, Plan
from porch.records import dataclass
from porch.syntax.file import File

GOES_ON = (
    "nginx answers 504 in time, but only a worker that hangs is ended, by `porch run`; "
    "any other goes on with the request"
)
"""Of the request timeout, where the server itself ends no request."""


@dataclass(frozen=True)
class Usual:
    """The answers to what porch asks of a server, as most give them."""

    quick_with: tuple[str, ...] = ()
    protocol: Literal["http", "uwsgi"] = "http"
    config_name: str = ""
    drops: tuple[str, ...] = ()
    dozes: bool = False

    @property
    def cannot_alone(self) -> Mapping[str, str]:
        """Setting -> what happens instead where its files run without porch."""
        return {}

    @property
    def worker_packages(self) -> Mapping[str, tuple[str, ...]]:
        """It has one kind of worker."""
        return {}

    @property
    def most(self) -> Mapping[str, int]:
        """Setting -> the greatest number of it."""
        return {}

    @property
    def flags(self) -> Mapping[str, str]:
        """Option of its command line -> the setting that it carries."""
        return {}

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing to keep from it: where there are variables of its own, its command line stands above them."""
        return {}

    def taken_from(self, text: str) -> Mapping[str, tuple[object, int]]:  # noqa: ARG002  # no file of the user's
        """Nothing."""
        return {}

    def worker_class(self, interface: Interface, wanted: str, there: Collection[str]) -> str:  # noqa: ARG002  # it has one
        """None."""
        return ""

    def websockets(self, interface: Interface, worker_class: str) -> bool:  # noqa: ARG002  # it has one
        """WSGI knows none."""
        return interface != "wsgi"

    def auto_workers(self, cores: int) -> int:
        """One a core; two at least, so that one is there while another is replaced."""
        return max(2, cores)

    def auto_threads(self, interface: Interface, worker_class: str) -> int:  # noqa: ARG002  # it has none
        """None."""
        return 0

    def files(self, plan: Plan) -> list[File]:  # noqa: ARG002  # it has none
        """None: the command line says all."""
        return []
