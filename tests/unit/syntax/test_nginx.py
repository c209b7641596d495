"""What nginx's language looks like on the page, and what it refuses."""

from __future__ import annotations

import pytest

from porch.syntax import nginx
from porch.syntax.file import Unwritable
from porch.syntax.nginx import Expr, block, comment, directive, entry, gap, join


def text(*nodes: nginx.Node, header: str = "") -> str:
    """The rendered file as one string."""
    return "\n".join(line.text for line in nginx.render(nodes, header))


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("plain", "plain"),
        ("/srv/app/static/", "/srv/app/static/"),
        ("[::1]:8443", "[::1]:8443"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a;b", '"a;b"'),
        ("a{b}", '"a{b}"'),
        ("}", '"}"'),
        ("#a", '"#a"'),
        ("a\\b", '"a\\\\b"'),
        ("it's", '"it\'s"'),
        ('say "hi"', "'say \"hi\"'"),
        ("'\"", '"\'\\""'),
        ("a\u00a0b", '"a\u00a0b"'),
        (404, "404"),
        (True, "on"),
        (False, "off"),
    ],
)
def test_quotes_only_where_needed(value: str | int, source: str) -> None:
    """A value is quoted only when nginx or a reader would otherwise misread it."""
    assert text(directive("x", value)) == f"x {source};"


@pytest.mark.parametrize("value", ["$host", "a$", "${x}", "a\nb", "a\rb", "a\tb", "\0", "\x7f", "\x85", "\udc80"])
def test_what_cannot_be_written_is_refused_with_its_setting(value: str) -> None:
    """What nginx would expand or cannot carry raises Unwritable, which names the setting and shows the value."""
    with pytest.raises(Unwritable, match="nginx cannot hold") as refused:
        directive("x", value, setting="static.folder")
    assert refused.value.setting == "static.folder"
    assert repr(value) in str(refused.value)


def test_a_word_longer_than_the_buffer_is_refused() -> None:
    """nginx reads words of up to 4093 bytes, escapes included, and one more is refused."""
    assert text(directive("x", "é" * 2046 + "b")) == "x " + "é" * 2046 + "b;"
    with pytest.raises(Unwritable, match="4093 bytes"):
        directive("x", "é" * 2047)
    with pytest.raises(Unwritable, match="4093 bytes"):
        directive("x", "\\" * 2047)


@pytest.mark.parametrize(
    ("arg", "source"),
    [
        (join("unix:", "/run/app.sock"), "unix:/run/app.sock"),
        (join("unix:", "/run/my app.sock"), '"unix:/run/my app.sock"'),
        (join("http://", Expr("$host"), ":", 8443), "http://$host:8443"),
        (join(Expr("$scheme"), "s"), '"${scheme}s"'),
        (join(Expr("$scheme"), "", "s"), '"${scheme}s"'),
        (join(Expr("$scheme"), Expr("$host")), "$scheme$host"),
        (join(Expr("$1"), "0"), "$10"),
        (join(Expr("$scheme"), "{"), '"$scheme{"'),
        (join(Expr('say "'), Expr("$host"), '"'), "'say \"$host\"'"),
        (join(Expr('say "'), "it's"), '"say \\"it\'s"'),
        (join(Expr(r"\."), "py"), r"\.py"),
        (join(join("a", Expr("$b")), " c"), '"a$b c"'),
        (join(), '""'),
        (join(""), '""'),
    ],
)
def test_join_quotes_the_whole_once(arg: nginx.Arg, source: str) -> None:
    """Data and expressions become one word, and data never extends the name of a variable before it."""
    assert text(directive("x", arg)) == f"x {source};"


def test_join_refuses_data_that_a_dollar_would_swallow() -> None:
    """Source that ends in a bare dollar, followed by data, would turn the data into a variable."""
    with pytest.raises(ValueError, match="would swallow"):
        directive("x", join(Expr("~ a$"), "host"))
    with pytest.raises(Unwritable):
        directive("x", join("a", "$host"))


@pytest.mark.parametrize("source", ["", "a\nb", "a\\", "\\\\\\"])
def test_an_expression_is_one_whole_line(source: str) -> None:
    """An expression that is empty, holds a line end or would eat what follows is a fault of porch itself."""
    with pytest.raises(ValueError, match="not one line"):
        Expr(source)  # pyright: ignore[reportArgumentType]  # the type checker's own refusal is not what is tested


def test_an_entry_takes_data_as_its_first_word() -> None:
    """The key of a map or geo line may be data, but not a word that nginx takes as an instruction there."""
    assert text(entry("a b", "c")) == '"a b" c;'
    assert text(entry(Expr("default"), 0)) == "default 0;"
    with pytest.raises(Unwritable, match='"include"') as refused:
        entry("include", "/etc/shadow", setting="proxy.trusted")
    assert refused.value.setting == "proxy.trusted"


def test_a_hostile_note_stays_a_comment() -> None:
    """Every kind of line end in a note starts another comment line, and other control characters vanish."""
    rendered = text(directive("x", note="one\ntwo; }\r\nthree\u2028four\x0bfive\x85six\0seven"))
    assert rendered == "# one\n# two; }\n# three\n# four\n# five\n# six seven\nx;"


def test_notes_are_wrapped_within_their_indent() -> None:
    """No comment line is wider than 100 columns, however deep it stands."""
    lines = nginx.render([block("a", children=[directive("x", note="some words " * 40)])])
    assert max(len(line.text) for line in lines) <= 100
    assert sum(line.text.startswith("    # ") for line in lines) > 4


def test_layout_looks_written_by_hand() -> None:
    """Blocks are indented by four and parted by one empty line; asked-for gaps are never doubled nor at an edge."""
    rendered = text(
        gap(),
        directive("worker_processes", 2, note="one a core"),
        block("events", children=[]),
        gap(),
        block(
            "http",
            children=[
                gap(),
                directive("server_tokens", False),
                gap(),
                gap(),
                directive("autoindex", False),
                comment("The app"),
                block("location", Expr("~"), Expr(r"/\."), children=[directive("return", 404), gap()]),
                gap(),
            ],
        ),
        header="Written by porch.",
    )
    assert rendered == (
        "# Written by porch.\n\n# one a core\nworker_processes 2;\n\nevents {}\n\nhttp {\n    server_tokens off;\n\n"
        "    autoindex off;\n    # The app\n    location ~ /\\. {\n        return 404;\n    }\n}"
    )


def test_a_long_directive_goes_on_below() -> None:
    """A directive wider than 120 columns continues on indented lines, each of which belongs to the setting."""
    lines = nginx.render(
        [directive("server_name", *(f"shop-{n}.example.com" for n in range(12)), setting="http.domains")]
    )
    assert len(lines) == 3
    assert all(len(line.text) <= 120 for line in lines)
    assert [line.text.startswith("    ") for line in lines] == [False, True, True]
    assert {line.setting for line in lines} == {"http.domains"}


def test_only_the_directive_belongs_to_its_setting() -> None:
    """The note, the block's children and its closing brace do not count as lines of the block's setting."""
    lines = nginx.render([block("a", children=[directive("b", setting="s.b")], note="why", setting="s.a")])
    assert [(line.text, line.setting) for line in lines] == [
        ("# why", ""),
        ("a {", "s.a"),
        ("    b;", "s.b"),
        ("}", ""),
    ]
