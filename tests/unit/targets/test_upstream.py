"""Where nginx passes requests to, when the app server is a part of its own."""

from __future__ import annotations

from typing import Any

import pytest

from plans import make_plan
from porch.syntax import nginx
from porch.syntax.nginx import directive
from porch.targets.nginx import upstream


def rendered(**changes: Any) -> str:
    """What is said of the app's place, without notes, on one line."""
    told = {"run__part": "nginx", "nginx__resolvers": ("127.0.0.11",), **changes}
    plan = make_plan(**told)
    nodes = [*upstream.nodes(plan), directive("proxy_pass", upstream.url(plan))]
    lines = (line.text.strip() for line in nginx.render(nodes))
    return " ".join(line for line in lines if not line.startswith("#"))


def test_a_new_nginx_looks_a_name_up_in_its_upstream() -> None:
    """From 1.27.3 on an upstream can be looked up again and again, and keeps its connections."""
    told = rendered(nginx__version=(1, 27, 3))
    assert told.startswith("resolver 127.0.0.11 valid=5s; resolver_timeout 2s;")
    assert told.count("server app:8000 resolve max_fails=0;") == 2
    assert "zone app 64k;" in told
    assert "keepalive 32;" in told
    assert told.endswith("proxy_pass http://app;")


def test_an_older_nginx_looks_a_name_up_in_a_variable() -> None:
    """Before, only what stands in a variable is looked up more than once."""
    assert " ".join(rendered(nginx__version=(1, 27, 2)).split()) == (
        "resolver 127.0.0.11 valid=5s; resolver_timeout 2s; "
        'map "" $app_address { default app:8000; } proxy_pass http://$app_address;'
    )


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "[::1]:8000"])
def test_an_address_is_not_looked_up(address: str) -> None:
    """It stands in the upstream, twice as a socket does."""
    told = rendered(run__address=address)
    assert told.count(f"server {address} max_fails=0;") == 2
    assert "resolve" not in told
