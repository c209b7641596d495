"""The certificate and its key as files of the instance: read once, so that all that follows is about the same two.

Rule: runs in the command's process only; what is returned is for the run folder, and for nobody but porch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.plan import Plan
from porch.runtime import authority
from porch.syntax.file import File, plain

CERTIFICATE, KEY = "certificate.pem", "key.pem"


def handed(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The certificate and its key: in the run folder for porch alone, and in nginx's while it reads them."""
    if not plan.tls.on:
        return ()
    folder, run = plan.run.folder.value, plan.run
    return ((f"{folder}/{CERTIFICATE}", run.certificate), (f"{folder}/{KEY}", run.key))


def files(plan: Plan) -> Mapping[str, File]:
    """Absolute path -> file, for the run folder; raises Refused."""
    if not plan.tls.on:
        return {}
    found = zip((CERTIFICATE, KEY), _pair(plan), strict=True)
    return {f"{plan.run.folder.value}/{name}": replace(plain(name, text), private=True) for name, text in found}


def sources(plan: Plan) -> tuple[str, ...]:
    """The files that they come from: the two, or the authority that vouches for what is made."""
    tls = plan.tls
    if tls.mode.value == "self-signed":
        return (tls.authority,)
    return (tls.certificate.value, tls.key.value) if tls.on else ()


def _pair(plan: Plan) -> tuple[str, str]:
    found = sources(plan)
    if plan.tls.mode.value == "self-signed":
        return authority.pair(found[0], plan.tls.names)
    return _read(found[0]), _read(found[1])


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        fix = "check the path, and that this user may read it"
        raise Refused(Problem(f"cannot read {path}: {error.strerror}", path, fix, Exit.MACHINE)) from None
