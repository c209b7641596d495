"""What a child says at its end is found among what it printed."""

from __future__ import annotations

import pytest

from porch.runtime.verdict import verdict


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ('{"ok": true, "kind": "wsgi"}\n', {"ok": True, "kind": "wsgi"}),
        ('hello from the app\n{"ok": false, "what": "no"}\n', {"ok": False, "what": "no"}),
        ('{"ok": true, "turn": 1}\n{"ok": true, "turn": 2}\nbye\n', {"ok": True, "turn": 2}),
        ('{"ok": true}\n{"level": "info"}\n[1, 2]\n{broken\n', {"ok": True}),
        ("Segmentation fault\n", {}),
        ("", {}),
    ],
)
def test_the_last_line_with_a_verdict_is_it(printed: str, expected: dict[str, object]) -> None:
    """Lines of the app's own, of other JSON and of none are passed over."""
    assert verdict(printed) == expected
