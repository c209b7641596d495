"""How a refused nonce is met."""

from __future__ import annotations

from typing import Any

import acme.messages
import pytest
from acme import client

from porch.runtime.acme import NONCES, Network


class Authority:
    """Refuses as many times as told, in place of the library's sending."""

    def __init__(self, refusals: int, code: str = "badNonce") -> None:
        self.refusals = refusals
        self.code = code
        self.asked = 0

    def __call__(self, *_words: object, **_named: object) -> Any:
        self.asked += 1
        if self.asked > self.refusals:
            return "done"
        raise acme.messages.Error.with_code(self.code)


def ask(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Post once."""
    monkeypatch.setattr(client.ClientNetwork, "_post_once", authority)
    return Network().post("https://authority.test", None)


def test_refused_nonces_are_met_by_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as only the nonce is refused, the request is made anew, up to a bound."""
    assert ask(Authority(2 * NONCES - 1), monkeypatch) == "done"
    endless = Authority(100)
    with pytest.raises(acme.messages.Error, match="badNonce"):
        ask(endless, monkeypatch)
    assert endless.asked == 2 * NONCES


def test_any_other_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority that limits its rate is not asked again."""
    limited = Authority(1, "rateLimited")
    with pytest.raises(acme.messages.Error, match="rateLimited"):
        ask(limited, monkeypatch)
    assert limited.asked == 1
