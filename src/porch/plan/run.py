"""The part of the Plan about where the instance lives: its folders, sockets and the files in them.

Rule: as in the whole: frozen data, and no behaviour beyond names of paths.
"""

from __future__ import annotations

from typing import Literal

from porch.plan.chosen import Chosen
from porch.records import dataclass

WRAPPER = "wrapper"
"""Folder beside kept files: the package around the app, and nothing that could stand in for another module."""

Part = Literal["all", "app", "nginx"]


def named(host: str) -> bool:
    """Whether it is a name, which has to be looked up, and no address."""
    return not (host.startswith("[") or host.replace(".", "").isdigit())


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Where the instance keeps its sockets and files, and as whom it runs."""

    folder: Chosen[str]
    user: Chosen[str]
    """Empty: as the caller."""
    root: bool
    """The caller is root."""
    container: bool
    watch: Chosen[bool]
    """Reload when code changes."""
    drain_delay: Chosen[int]
    """Seconds that a stop goes on serving while readiness is refused."""
    part: Chosen[Part]
    address: Chosen[str]
    """`host:port` of the app server, as nginx reaches it where each is a part of its own."""
    generation: int = 1
    """0: files that are kept and run without porch, one set of paths for ever."""
    kept: str = ""
    """The folder that such files are kept in, absolute."""
    mount: str = ""
    """Name of the further app that these paths are of; empty: of the main app."""

    @property
    def program(self) -> str:
        """`app`, or `app-api` for a further app: the name of its program, upstream, link and folder."""
        return f"app-{self.mount}" if self.mount else "app"

    @property
    def inside(self) -> str:
        """Folder of a further app's own files below those that are kept; empty for the main app's."""
        return f"{self.program}/" if self.mount else ""

    @property
    def home(self) -> str:
        """The folder of the app server's files: of this generation's, or of all that are kept."""
        if self.generation:
            return f"{self.folder.value}/app-{self.generation}" + (f"-{self.mount}" if self.mount else "")
        return f"{self.kept}/{self.inside}".rstrip("/")

    @property
    def wrapper(self) -> str:
        """Beside files that are kept, the folder of the package around the app: a folder with nothing else in it."""
        return f"{self.kept}/{WRAPPER}"

    @property
    def socket(self) -> str:
        """Where this generation listens: in a folder that belongs to whom the app runs as."""
        return f"{self.home}/app.sock" if self.generation else f"{self.folder.value}/{self.program}/app.sock"

    @property
    def bound(self) -> str:
        """`host:port` that the app server listens on as a part of its own; empty where that is `socket`."""
        if self.part.value == "all":
            return ""
        host, _, port = self.address.value.rpartition(":")
        return f"0.0.0.0:{port}" if named(host) else f"{host}:{port}"

    @property
    def upstream(self) -> str:
        """Where nginx connects: a link to the socket of the generation in service, or the one socket there is."""
        return f"{self.folder.value}/{self.program}.sock" if self.generation else self.socket

    @property
    def nginx(self) -> str:
        """The folder that nginx, which is not the owner of the run folder, writes to."""
        return f"{self.folder.value}/nginx"

    @property
    def certificate(self) -> str:
        """Where nginx reads the certificate: there only while it does."""
        return f"{self.nginx}/certificate.pem"

    @property
    def key(self) -> str:
        """Where nginx reads the certificate's key: there only while it does."""
        return f"{self.nginx}/key.pem"

    @property
    def challenges(self) -> str:
        """Where nginx answers from, when an authority asks whether a name is this site's (ACME)."""
        return f"{self.folder.value}/acme"

    @property
    def draining(self) -> str:
        """While this file exists, readiness is refused."""
        return f"{self.folder.value}/draining"

    @property
    def maintenance(self) -> str:
        """While this file exists, the app is not asked, and the page for that is the answer."""
        return f"{self.folder.value}/maintenance"

    @property
    def broken(self) -> str:
        """While this file exists, it is shown in the browser of who works on the code."""
        return f"{self.folder.value}/broken.html"
