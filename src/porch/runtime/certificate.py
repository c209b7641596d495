"""The certificate and its key as files of the instance: read once, so that all that follows is about the same two.

Rule: runs in the command's process only; what is returned is for the run folder, and for nobody but porch.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from porch.errors import Exit, Problem, Refused
from porch.plan import Plan
from porch.runtime import authority, certify, store
from porch.runtime.launch import Program
from porch.syntax.file import File, plain

CERTIFICATE, KEY = store.CERTIFICATE, store.KEY


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
    if tls.mode.value == "acme":
        own = certify.kept(tls.folder.value, tls.acme_directory.value, tls.names)
        return (str(own / store.CERTIFICATE), str(own / store.KEY))
    return (tls.certificate.value, tls.key.value) if tls.on else ()


def _pair(plan: Plan) -> tuple[str, str]:
    found = sources(plan)
    if plan.tls.mode.value == "self-signed":
        return authority.pair(found[0], plan.tls.names)
    if plan.tls.mode.value == "acme":
        return _fetched(plan)
    return _read(found[0]), _read(found[1])


def _fetched(plan: Plan) -> tuple[str, str]:
    """What was fetched before, while it is good; else one that nobody trusts, for the same key, until there is one."""
    from porch.certificates import making, reading

    tls = plan.tls
    own = certify.kept(tls.folder.value, tls.acme_directory.value, tls.names)
    with store.locked(tls.folder.value, *own.relative_to(tls.folder.value).parts):
        certificate, key = store.read(own / store.CERTIFICATE), store.read(own / store.KEY)
        found = reading.judge(certificate.encode(), key.encode(), store.CERTIFICATE, store.KEY)
        if not found.problem:
            return certificate, key
        if not key:
            key = making.pem(making.new_key())
            store.keep(own / store.KEY, key)
    made = making.leaf(making.authority("until one is issued"), tls.names, key)
    return made.certificate, made.key


def program(plan: Plan) -> Program | None:
    """What looks whether the certificate is due, and fetches it; None where it comes from elsewhere."""
    tls = plan.tls
    if tls.mode.value != "acme":
        return None
    own, key = (source for source, _ in handed(plan))
    order = certify.Order(
        names=tls.names,
        directory=tls.acme_directory.value,
        email=tls.acme_email.value,
        roots=tls.acme_roots.value,
        state=tls.folder.value,
        challenges=plan.run.challenges,
        live=(own, key),
        same_key=plan.renews_by_file,
    )
    words = (sys.executable, "-P", "-W", "ignore", "-m", "porch.cli.certify", order.to_json())
    return Program("certify", words, plan.app.folder)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        fix = "check the path, and that this user may read it"
        raise Refused(Problem(f"cannot read {path}: {error.strerror}", path, fix, Exit.MACHINE)) from None
