"""Fetches a certificate from an authority that speaks ACME (RFC 8555), proving each name by HTTP-01 (section 8.3).

Rule: runs in a child process alone; the account's key is made once and kept; what
was put out for the authority to read is removed, whatever comes of it.
"""

from __future__ import annotations

import datetime
import json
import os
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import acme.messages
import josepy
import requests
from acme import challenges, client, errors
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from porch.certificates import Made, making
from porch.errors import Exit, Problem, Refused
from porch.records import dataclass
from porch.runtime import store

# The fields of their objects are made by a metaclass, which no checker follows.
messages, jose = cast("Any", acme.messages), cast("Any", josepy)
ACCOUNT, ACCOUNT_KEY = "account.json", "account.pem"
PATIENCE = 120
"""Seconds for the authority to look at all names and to issue."""
NETWORK = 30
"""Seconds for one answer of the authority."""
NONCES = 5
"""Times that a request is made anew because its nonce was refused, each twice."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be fetched, and from whom."""

    names: tuple[str, ...]
    directory: str
    """URL of the authority."""
    email: str
    roots: str
    """File of the certificates that the authority's own one must come from; empty for those of browsers."""
    challenges: str
    """Folder that nginx answers the authority from."""
    key: str = ""
    """The key to have it for; empty for a new one."""


class Network(client.ClientNetwork):
    """Asks again when a nonce is refused, more than the one time that the library does.

    An authority may forget nonces at any time, and a client should then retry with a new one (RFC 8555 section 6.5).
    pebble refuses one in twenty on purpose: two in a row met one order in about twenty.
    """

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and send again as long as it is but the nonce. Raises what the library raises."""
        for _ in range(NONCES - 1):
            try:
                return super().post(*args, **kwargs)
            except acme.messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)


def fetch(wanted: Wanted, folder: Path) -> Made:
    """The certificate with its chain, and its key; the account is kept in `folder`. Raises Refused."""
    try:
        return _fetch(wanted, folder)
    except errors.ValidationError as error:
        raise Refused(*(_not_proven(each) for each in error.failed_authzrs)) from None
    except errors.TimeoutError:
        raise _refused(wanted, f"it did not answer within {PATIENCE} s") from None
    except (errors.Error, acme.messages.Error) as error:
        raise _refused(wanted, str(error) or type(error).__name__) from None
    except requests.RequestException as error:
        raise _refused(wanted, _plain(error)) from None


def _fetch(wanted: Wanted, folder: Path) -> Made:
    asking = _account(wanted, folder)
    key = making.read_key(wanted.key) if wanted.key else making.new_key()
    names = x509.SubjectAlternativeName([making.general(name) for name in wanted.names])
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    order: Any = asking.new_order(request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    with ExitStack() as stack:
        for each in order.authorizations:
            if each.body.status != messages.STATUS_VALID:
                _answer(asking, each, wanted, stack)
        # The library compares with a time of this machine's zone.
        deadline = datetime.datetime.now() + datetime.timedelta(seconds=PATIENCE)  # as said
        done: Any = asking.poll_and_finalize(order, deadline)
    return Made(done.fullchain_pem, making.pem(key))


def _answer(asking: client.ClientV2, authorization: Any, wanted: Wanted, stack: ExitStack) -> None:
    """Put out what the authority will look for, and tell it to look."""
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            response, text = each.response_and_validation(asking.net.key)
            path = Path(wanted.challenges, each.chall.encode("token"))
            stack.callback(path.unlink, missing_ok=True)
            _put(path, text)
            asking.answer_challenge(each, response)
            return
    name = authorization.body.identifier.value
    raise _refused(wanted, f"it does not take an answer by plain HTTP (HTTP-01) for {name}")


def _put(path: Path, text: str) -> None:
    """For nginx, which is another user, to read; the folder is nobody's but ours to write to."""
    with suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o644)
        file.write(text)


def _account(wanted: Wanted, folder: Path) -> client.ClientV2:
    """The account of earlier times, or a new one."""
    if not store.read(folder / ACCOUNT_KEY):
        store.keep(folder / ACCOUNT_KEY, making.pem(making.new_key()))
    key = making.read_key(store.read(folder / ACCOUNT_KEY))
    network = Network(
        jose.JWKEC(key=jose.ComparableECKey(key)),
        alg=jose.ES256,
        verify_ssl=cast("bool", wanted.roots or True),  # handed on to requests, which takes a path too
        user_agent=f"porch/{version('porch')}",
        timeout=NETWORK,
    )
    asking = client.ClientV2(client.ClientV2.get_directory(wanted.directory, network), network)
    known = store.read(folder / ACCOUNT)
    if known:
        network.account = messages.RegistrationResource.from_json(json.loads(known))
        return asking
    contact = {"email": wanted.email} if wanted.email else {}
    asked = messages.NewRegistration.from_data(**contact, terms_of_service_agreed=True)
    try:
        made: Any = asking.new_account(asked)
    except errors.ConflictError as there:
        # The key is kept, and what was told of the account is lost.
        made = messages.RegistrationResource(body=messages.Registration(), uri=there.location)
        network.account = made
    store.keep(folder / ACCOUNT, json.dumps({"body": {}, "uri": made.uri}))
    return asking


def _not_proven(authorization: Any) -> Problem:
    """What the authority found in place of the answer."""
    name = authorization.body.identifier.value
    told = [str(each.error.detail) for each in authorization.body.challenges if each.error]
    what = f"the authority cannot see that {name} is this site: {' '.join(told)}"
    fix = f"port 80 of {name} must lead here from the whole internet; look at its DNS, and at firewalls"
    return Problem(what, name, fix, Exit.MACHINE)


def _refused(wanted: Wanted, why: str) -> Refused:
    what = f"no certificate for {' '.join(wanted.names)}: {why}"
    fix = "see what the authority says; it is asked again by itself"
    return Refused(Problem(what, wanted.directory, fix, Exit.MACHINE))


def _plain(error: requests.RequestException) -> str:
    """The cause without the library's own chain of names."""
    cause = error.args[0] if error.args else error
    return f"it cannot be reached: {getattr(cause, 'reason', None) or cause}"
