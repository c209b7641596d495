"""What one client may take, and what its answers carry."""

from __future__ import annotations

import pytest

from decided import plan_of, problems_of


@pytest.mark.parametrize(
    ("given", "number", "private"),
    [({}, 256, False), ({"limits.connections": 256}, 256, True), ({"limits.connections": 0}, 0, True)],
)
def test_private_addresses_are_counted_only_where_it_was_asked_for(
    given: dict[str, object], number: int, private: bool
) -> None:
    """One private address may be a proxy that stands for many, and nobody said that it is not."""
    clients = plan_of(given).clients
    assert (clients.connections.value, clients.private_counted) == (number, private)


def test_no_rate_is_held_unasked() -> None:
    """A limit by time is for the user to set, and keeps its origin."""
    assert plan_of().clients.rate.value == ""
    rate = plan_of({"limits.rate": "10/s"}).clients.rate
    assert (rate.value, rate.origin) == ("10/s", "porch.toml:1")


@pytest.mark.parametrize("key", ["limits.header_timeout", "limits.body_timeout", "limits.websocket_idle"])
def test_no_time_at_all_is_refused(key: str) -> None:
    """0 would be no time, or no limit: neither is meant."""
    (problem,) = problems_of({key: 0})
    assert problem.what == f"{key} is 0, but nothing arrives in less than a second"


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, "all"),
        ({"proxy.trusted": "10.0.0.0/8"}, "files"),
        ({"proxy.trusted": "10.0.0.0/8", "answers.compression": "off"}, "off"),
        ({"answers.compression": "files"}, "files"),
    ],
)
def test_answers_of_the_app_are_not_compressed_over_tls(given: dict[str, object], chosen: str) -> None:
    """Where a proxy in front may speak TLS, only files are compressed unless more was asked for."""
    plan = plan_of(given)
    assert plan.answers.compression.value == chosen
    assert [text for text in plan.warnings if "BREACH" in text] == []


def test_compression_over_tls_is_warned_about_where_it_was_asked_for() -> None:
    """The user's word counts, and what it costs is said with its place."""
    plan = plan_of({"proxy.trusted": "10.0.0.0/8", "answers.compression": "all"})
    assert plan.answers.compression.value == "all"
    (told,) = [text for text in plan.warnings if "BREACH" in text]
    assert told.startswith("answers.compression is all (porch.toml:1): over TLS")


@pytest.mark.parametrize("wanted", ["safe", "strict", "off"])
def test_security_headers_are_those_that_were_said(wanted: str) -> None:
    """The safe set is the default."""
    assert plan_of().answers.security.value == "safe"
    assert plan_of({"answers.security": wanted}).answers.security.value == wanted
