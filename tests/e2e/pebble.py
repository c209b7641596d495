"""pebble, Let's Encrypt's own small authority for tests, with a name server that knows every name as this machine.

Rule: both listen on loopback and on free ports; they end with the test.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

from ports import free_port
from story import own
from waiting import DEADLINE, until

from porch.certificates import making

PEBBLE, NAMES = shutil.which("pebble") or "", shutil.which("pebble-challtestsrv") or ""


class Authority:
    """A running pebble that asks at that port of plain HTTP."""

    def __init__(self, folder: Path, asks_at: int, life: int = 3600) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._port, self._management = free_port(), free_port()
        self.roots = folder / "authority.pem"
        above = making.authority("pebble")
        own = making.leaf(above, ("localhost", "127.0.0.1"))
        self.roots.write_text(above.certificate)
        (folder / "own.pem").write_text(own.certificate)
        (folder / "own-key.pem").write_text(own.key)
        self._config(asks_at, life)
        self._start()

    @property
    def directory(self) -> str:
        """Where its clients begin."""
        return f"https://localhost:{self._port}/dir"

    def root(self) -> Path:
        """The certificate that all it issues comes from; another at each of its starts."""
        path = self.folder / "issued-by.pem"
        path.write_bytes(self._ask(f"https://localhost:{self._management}/roots/0"))
        return path

    def stop(self) -> None:
        """End both."""
        for each in self._started:
            each.terminate()
            each.wait(DEADLINE)
        self._started = []

    def again(self) -> None:
        """Start it anew: it knows nothing of before."""
        self.stop()
        self._start()

    def _config(self, asks_at: int, life: int) -> None:
        told = {
            "listenAddress": f"127.0.0.1:{self._port}",
            "managementListenAddress": f"127.0.0.1:{self._management}",
            "certificate": str(self.folder / "own.pem"),
            "privateKey": str(self.folder / "own-key.pem"),
            "httpPort": asks_at,
            "tlsPort": free_port(),
            "certificateValidityPeriod": life,
        }
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": told}))

    def _start(self) -> None:
        names, control = free_port(), free_port()
        server = (NAMES, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{names}")
        others = ("-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{control}")
        authority = (PEBBLE, "-config", str(self.folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{names}")
        # Many nonces are refused, so that each order meets it; no waiting, and no trust in what was asked before.
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "30"}
        for words in ((*server, *others), authority):
            with (self.folder / f"{Path(words[0]).name}.log").open("ab") as log:
                self._started.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log))
                own(self._started[-1].pid)
        until(self._answers, lambda: f"pebble answers: {(self.folder / 'pebble.log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        try:
            return bool(self._ask(self.directory))
        except (OSError, http.client.HTTPException):  # not yet, or held up
            return False

    def _ask(self, url: str) -> bytes:
        with urllib.request.urlopen(
            url, context=ssl.create_default_context(cafile=str(self.roots)), timeout=DEADLINE
        ) as answer:
            return bytes(answer.read())
