"""The page for a save that does not run."""

from __future__ import annotations

from porch.cli.broken import page
from porch.errors import Problem

TRACE = """Traceback (most recent call last):
  File "/srv/shop/app.py", line 3, in <module>
    price("<b>")
    ~~~~~^^^^^^^
ValueError: <script>alert(1)</script>
"""


def test_it_tells_what_the_terminal_tells() -> None:
    """What, where, what to do, and the app's own traceback, in which no text is more than text."""
    text = page([Problem("the app raised", "/srv/shop/app.py:3", "correct it", detail=TRACE)])
    for told in ("the app raised", "/srv/shop/app.py:3", "correct it"):
        assert told in text
    assert '<span class="frame">  File &quot;/srv/shop/app.py&quot;, line 3, in &lt;module&gt;</span>\n' in text
    assert '<span class="last">ValueError: &lt;script&gt;alert(1)&lt;/script&gt;</span></pre>' in text
    assert "<script" not in text


def test_each_problem_is_told() -> None:
    """Several typos in the settings are shown together, and none needs a traceback."""
    text = page([Problem("no setting a"), Problem("no setting b")])
    assert text.count("<h1>") == 2
    assert "<pre>" not in text


def test_it_loads_nothing_and_asks_again() -> None:
    """There is no address in it, and the browser is told to look again."""
    text = page([Problem("x")])
    assert "http://" not in text
    assert "url(" not in text
    assert '<meta http-equiv="refresh" content="2">' in text
