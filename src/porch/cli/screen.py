"""What a person or a machine reads: problems, the banner, tables.

Rule: causes first, then the place, then what to do; colour only on a terminal that wants it; JSON where it was asked
for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from porch import __version__
from porch.errors import Problem

if TYPE_CHECKING:
    from porch.plan import MountPlan, Plan, ServerPlan

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def styled(text: str, style: str, stream: TextIO) -> str:
    """The text in that style where the stream is a terminal (https://no-color.org is honoured)."""
    wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if wanted else text


def problems(found: Sequence[Problem], *, as_json: bool = False) -> None:
    """Every problem, on standard error."""
    for problem in found:
        if as_json:
            told = {"what": problem.what, "where": problem.where, "fix": problem.fix, "detail": problem.detail}
            _json_line("error", problem.what, **{key: value for key, value in told.items() if value})
            continue
        if problem.detail:
            print(problem.detail.rstrip(), file=sys.stderr)
        print(f"porch: {styled('error:', 'red', sys.stderr)} {problem.what}", file=sys.stderr)
        if problem.where:
            print(f"  at:  {problem.where}", file=sys.stderr)
        if problem.fix:
            print(f"  fix: {problem.fix}", file=sys.stderr)


def banner(plan: Plan) -> None:
    """What was found, what serves what, how many and why; on standard error."""
    as_json = plan.log.format.value == "json"
    if as_json:
        for name, value, why in summary(plan):
            _json_line("info", f"{name}: {value}", reason=why)
    else:
        print(f"{styled('porch', 'bold', sys.stderr)} {__version__}  {plan.app.folder}", file=sys.stderr)
        for name, value, why in summary(plan):
            reason = styled(f"  {why}", "dim", sys.stderr) if why else ""
            print(f"  {styled(f'{name:<8}', 'cyan', sys.stderr)} {value}{reason}", file=sys.stderr)
    for warning in plan.warnings:
        warn(warning, as_json=as_json)


def note(text: str) -> None:
    """What is worth knowing beside what was asked for."""
    print(f"porch: {text}", file=sys.stderr)


def warn(text: str, *, as_json: bool = False) -> None:
    """One warning, on standard error."""
    if as_json:
        _json_line("warning", text)
    else:
        print(f"porch: {styled('warning:', 'yellow', sys.stderr)} {text}", file=sys.stderr)


def summary(plan: Plan) -> list[tuple[str, str, str]]:
    """(word, value, reason) of what a person wants to know at start."""
    app, server = plan.app, plan.server
    kind = f"{app.framework or 'app'}, {app.interface.value}"
    rows = [("app", f"{app.target.value} ({kind})", app.evidence[0] if app.evidence else app.target.reason)]
    part = plan.run.part.value
    if part != "nginx":
        name = f"{server.name.value} {server.version}"
        rows.append(("server", f"{name}{_class(server)}", server.name.reason))
        rows.append(("workers", _sizes(server), server.workers.reason))
    rows += _of_nginx(plan) if part != "app" else []
    if app.prestart.value and part != "nginx":
        rows.append(("before", " ".join(app.prestart.value), app.prestart.reason))
    if part == "app":
        rows.append(("listen", plan.run.bound, "for nginx, which runs elsewhere"))
    else:
        listen = plan.http.listen
        rows.append(("listen", " ".join(listen.value), f"{listen.reason}; {plan.http.domains.reason}"))
        rows += _tls(plan)
    user = plan.run.user
    whom = user.value or ("root" if plan.run.root else "")
    rows.append(("user", whom, user.reason) if whom else ("user", user.reason, ""))
    return rows


def _of_nginx(plan: Plan) -> list[tuple[str, str, str]]:
    app, nginx = plan.app, plan.nginx
    rows = [("nginx", f"{'.'.join(map(str, nginx.version))} {nginx.binary.value}", nginx.binary.reason)]
    rows += [("static", f"{each.url} from {each.path}", "nginx") for each in plan.static.value]
    where = "the app" if plan.run.part.value == "all" else f"the app, at {plan.run.address.value}"
    rows.append(("app at", " ".join(app.routes.value) or f"{app.mount.value}/", where))
    if plan.files.single_page.value:
        rows.append(("page", f"{plan.files.single_page.value} and the files beside it", "nginx, for all other URLs"))
    rows += [("app at", _mounted(each), each.server.workers.reason) for each in plan.mounts.value]
    return rows


def _tls(plan: Plan) -> list[tuple[str, str, str]]:
    tls = plan.tls
    if not tls.on:
        return []
    trusted = f"trusted by who trusts {tls.authority}" if tls.mode.value == "self-signed" else tls.certificate.reason
    rows = [("tls", f"{tls.mode.value}, for {' '.join(tls.names)}", trusted)]
    if tls.redirect.value:
        rows.append(("plain", " ".join(tls.redirect.value), tls.redirect.reason))
    return rows


def _mounted(each: MountPlan) -> str:
    app, server = each.app, each.server
    what = f"{app.target.value} ({app.framework or 'app'}, {app.interface.value})"
    whose = f"{server.name.value} {server.version}{_class(server)}"
    return f"{app.mount.value}/  {what} on {whose}, workers {_sizes(server)}"


def _class(server: ServerPlan) -> str:
    return f" ({server.worker_class.value} workers)" if server.worker_class.value else ""


def _sizes(server: ServerPlan) -> str:
    number = str(server.workers.value) if server.workers.value else "as your own file says"
    kept = f", {server.min_workers.value} when idle" if server.min_workers.value else ""
    threads = f" x {server.threads.value} threads" if server.threads.value else ""
    return f"{number}{kept}{threads}"


def _json_line(level: str, message: str, **more: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {"time": now, "source": "porch", "level": level, "message": message, **more}
    print(json.dumps(told, ensure_ascii=False, separators=(",", ":")), file=sys.stderr)


def table(rows: Iterable[Sequence[str]], head: Sequence[str]) -> None:
    """Columns as wide as they need to be, on standard output."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for number, line in enumerate(lines):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        print(styled(text, "bold", sys.stdout) if not number else text)
