"""HTML: whatever a text holds, it stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porch.syntax.html import Style, element, render


class Read(HTMLParser):
    """What a reader of HTML makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.values: list[str | None] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Read:
    """A page with that text as an element's, and as an attribute's value."""
    return Read(render("en", (), (element("p", text, attributes={"title": text}),)))


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_text_is_read_back_as_it_is(text: str) -> None:
    """It opens no element, and loses nothing."""
    found = read(text)
    assert found.tags == ["html", "head", "meta", "body", "p"]
    assert text in found.values
    assert found.text.strip("\n") == text.strip("\n")


@pytest.mark.parametrize("text", ["</p><script>alert(1)</script>", '"><img src=x>', "<!--", "&lt;", "a < b & c"])
def test_no_text_becomes_an_element(text: str) -> None:
    """The marks of HTML itself are data too."""
    assert read(text).tags == ["html", "head", "meta", "body", "p"]
    assert read(text).text.strip("\n") == text


def test_what_no_page_may_hold_is_replaced() -> None:
    """NUL, escapes of terminals and halves of characters become a mark that says so."""
    assert (
        read("a\0b\x1b[1mc\ud800d\te").text.strip("\n")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[1mc\N{REPLACEMENT CHARACTER}d\te"
    )
    render("en", (), ("\ud800",)).encode()


@pytest.mark.parametrize("name", ["script", "style", "textarea", "template"])
def test_where_text_would_not_be_data_there_is_no_element(name: str) -> None:
    """A script cannot be said, and a style sheet only as a literal."""
    with pytest.raises(ValueError, match="would not be data"):
        element(name, "x")  # pyright: ignore[reportArgumentType]


def test_a_style_sheet_stands_as_it_is() -> None:
    """It is a literal of the source code."""
    assert "<style>p > b { color: red }</style>" in render("en", (Style("p > b { color: red }"),), ())
