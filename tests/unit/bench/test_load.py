"""What wrk says is understood, and its failures are never lost."""

from __future__ import annotations

from load import read

GOOD = """Running 3s test @ http://127.0.0.1:1/
  1 threads and 32 connections
  Latency Distribution
     50%  812.00us
     75%    1.20ms
     90%    2.41ms
     99%    1.10s
  24120 requests in 3.02s, 3.87MB read
Requests/sec:   7986.21
Transfer/sec:      1.28MB
"""


def test_the_figures_are_read_in_one_unit() -> None:
    """Rate, count and latencies are read, latencies in milliseconds whatever wrk's unit."""
    seen = read(GOOD)
    assert (seen.rate, seen.requests, seen.p50, seen.p99, seen.errors) == (7986.21, 24120, 0.812, 1100.0, 0)


def test_every_kind_of_failure_is_counted() -> None:
    """Socket errors of each kind and answers that are not 2xx add up."""
    bad = GOOD + "  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n"
    assert read(bad).errors == 54321
