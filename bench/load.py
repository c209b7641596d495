"""Runs wrk against one address and reads what it says.

Rule: an answer that is not 2xx, or a socket error, is a failure of the row, never a detail of it.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

THREADS = 1
CONNECTIONS = 32
PACE = 5000
"""Requests a second, about, where the load is held back: each of the connections pauses before each request."""
PAUSE = "function delay() return %d end\n"
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw."""

    rate: float
    """Requests a second."""
    requests: int
    p50: float
    """Milliseconds."""
    p99: float
    errors: int
    """Socket errors and answers that were not 2xx or 3xx."""


def run(wrk: str, url: str, seconds: int, paced: Path | None = None) -> Load:
    """Load the address for so many seconds; at `PACE` with a file that wrk's script may be written to."""
    words = (wrk, f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", url)
    if paced is not None:
        paced.write_text(PAUSE % (1000 * CONNECTIONS // PACE))
        words = (*words[:-1], "-s", str(paced), url)
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds + 30, check=True)
    return read(done.stdout)


def read(said: str) -> Load:
    """Understand wrk's report."""
    return Load(
        rate=float(_find(r"Requests/sec:\s+([\d.]+)", said, "0")),
        requests=int(_find(r"(\d+) requests in", said, "0")),
        p50=_latency(said, 50),
        p99=_latency(said, 99),
        errors=int(_find(r"Non-2xx or 3xx responses: (\d+)", said, "0")) + _socket_errors(said),
    )


def _socket_errors(said: str) -> int:
    line = _find(r"Socket errors: (.*)", said, "")
    return sum(int(number) for number in re.findall(r"\d+", line))


def _latency(said: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)$", said, re.MULTILINE)
    return float(found.group(1)) * UNITS[found.group(2)] if found else 0.0


def _find(pattern: str, said: str, otherwise: str) -> str:
    found = re.search(pattern, said)
    return found.group(1) if found else otherwise
