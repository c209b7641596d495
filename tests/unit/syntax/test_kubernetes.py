"""Commands and variables reach a container as they were written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from porch.syntax.kubernetes import verbatim, words

VARIABLES = {"evil": "REPLACED", "HOME": "/root"}


def expanded(text: str) -> str:
    """What Kubernetes makes of it: `expansion.Expand`, which looks at what stands behind each dollar and no further."""
    found, at = "", 0
    while at < len(text):
        after = text[at + 1 : at + 2]
        end = text.find(")", at)
        if text[at] == "$" and after == "$":
            found, at = found + "$", at + 2
        elif text[at] == "$" and after == "(" and end > 0:
            name = text[at + 2 : end]
            found, at = found + VARIABLES.get(name, f"$({name})"), end + 1
        else:
            found, at = found + text[at], at + 1
    return found


@given(st.text(alphabet="$(){}evilHOME x"))
def test_what_is_written_is_what_arrives(text: str) -> None:
    """No variable takes its place, and no dollar is lost."""
    assert expanded(verbatim(text)) == text


def test_a_dollar_alone_stays_readable() -> None:
    """Only what Kubernetes would change is written otherwise."""
    assert words(("echo", "$HOME", "$(evil)", "5$$")) == ["echo", "$HOME", "$$(evil)", "5$$$$"]
    assert expanded("$(evil)") == "REPLACED"
