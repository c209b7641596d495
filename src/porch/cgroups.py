"""Reads the limits of the control groups that this process is in.

Rule: as the kernel says them, or not known; nothing here changes anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from porch.records import dataclass


@dataclass(frozen=True)
class Cgroups:
    """The limits of every control group that this process is in, v1 and v2.

    A limit binds on every level of the hierarchy, so the smallest of all levels counts
    (cgroup-v2 documentation, "Resource Distribution Models").
    """

    root: Path

    @cached_property
    def _paths(self) -> Mapping[str, str]:
        """Controller (empty for v2) -> path in the hierarchy, from /proc/self/cgroup."""
        found: dict[str, str] = {}
        for line in text(self.root / "proc/self/cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                found[controller] = path
        return found

    def _levels(self, controller: str) -> Iterable[Path]:
        """The group's folder and every one above it, as far as they are visible."""
        mounts = ("unified", "") if not controller else (controller, f"{controller},cpuacct", f"cpuacct,{controller}")
        path = Path(self._paths.get(controller, "/").lstrip("/"))
        for mount in mounts:
            base = self.root / "sys/fs/cgroup" / mount
            if base.is_dir():
                yield from (base / level for level in (path, *path.parents))

    def cores(self) -> float | None:
        """The CPU quota in cores; None when there is none."""
        found: list[float] = []
        for level in self._levels(""):
            words = text(level / "cpu.max").split()
            if len(words) == 2 and words[0].isdigit():
                found.append(int(words[0]) / int(words[1]))
        for level in self._levels("cpu"):
            quota, period = number(level / "cpu.cfs_quota_us"), number(level / "cpu.cfs_period_us")
            if quota and quota > 0 and period:
                found.append(quota / period)
        return min(found, default=None)

    def memory(self) -> int | None:
        """The memory limit in bytes; None when there is none."""
        files = [level / "memory.max" for level in self._levels("")]
        files += [level / "memory.limit_in_bytes" for level in self._levels("memory")]
        # v1 writes "no limit" as the largest page-aligned number, so what no machine has is none.
        found = [value for file in files if (value := number(file)) and 0 < value < 2**60]
        return min(found, default=None)

    def killed(self) -> int:
        """How many processes the kernel has ended because of a memory limit; 0 where it does not tell."""
        files = [level / "memory.events" for level in self._levels("")]
        files += [level / "memory.oom_control" for level in self._levels("memory")]
        counts = [re.search(r"^oom_kill (\d+)$", text(file), re.MULTILINE) for file in files]
        return max((int(count[1]) for count in counts if count), default=0)


def text(path: Path) -> str:
    """The file's text; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """The file's one number; None where there is none."""
    word = text(path).strip()
    return int(word) if re.fullmatch(r"-?\d+", word) else None
