"""The one voice of the resident process: what it tells people, on standard error.

Rule: honours the log format; first the cause, then the place, then what to do next; the app's own words as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from porch.errors import Exit, Problem, counted
from porch.records import dataclass
from porch.runtime.lines import Format, encode, now


@dataclass(frozen=True, slots=True)
class Voice:
    """Writes messages in one log format."""

    form: Format
    write: Callable[[bytes], None]

    def info(self, message: str, **fields: object) -> None:
        """Something a person may want to know."""
        self._say("info", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something a person should look at when there is time."""
        self._say("warning", message, fields)

    def problem(self, problem: Problem) -> None:
        """Something a person must fix."""
        if self.form == "json":
            fields = {"where": problem.where, "fix": problem.fix, "detail": problem.detail, "exit": int(problem.exit)}
            self._say("error", problem.what, {name: value for name, value in fields.items() if value})
            return
        lines = [problem.detail.rstrip("\n")] if problem.detail.strip() else []
        lines.append(f"porch: error: {problem.what}")
        if problem.where:
            lines.append(f"  at:  {problem.where}")
        if problem.fix:
            lines.append(f"  fix: {problem.fix}")
        self.write(("\n".join(lines) + "\n").encode(errors="replace"))

    def fault(self, trace: str) -> None:
        """A fault of porch itself."""
        fix = "please report it, with the lines above, to the project"
        self.problem(Problem("a fault of porch itself", fix=fix, detail=trace, exit=Exit.FAULT))

    def _say(self, level: str, message: str, fields: dict[str, object]) -> None:
        if self.form == "json":
            self.write(encode({"time": now(), "source": "porch", "level": level, "message": message, **fields}))
        else:
            self.write(f"porch: {message}\n".encode(errors="replace"))


def lost(form: Format, count: int) -> bytes:
    """What stands in the place of lines that were dropped."""
    said: list[bytes] = []
    told = counted(count, "log line was", "log lines were")
    Voice(form, said.append).warning(f"{told} dropped: nobody read them in time", lines=count)
    return b"".join(said)
