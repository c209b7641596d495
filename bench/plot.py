"""Draws horizontal bars as SVG: one section a kind of app, one bar a row.

Rule: text is never laid over a bar or over other text: three columns (label, bar, figure) of fixed width, and a
label that does not fit its column is an error. The picture brings its own background, for light and for dark pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 880
MARGIN = 24
LABEL = 320
FIGURE = 100
BAR = WIDTH - 2 * MARGIN - LABEL - FIGURE
LINE = 24
THICK = 14
TITLE = 36
GLYPH = 7.2
"""Widest average letter of a 13 px sans-serif font, in px: measured generously, as the reader's font is unknown."""

STYLE = """
  svg { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
  .ground { fill: #ffffff } .text { fill: #24292f } .faint { fill: #59636e } .title { font-weight: 600 }
  .porch { fill: #1a7f64 } .other { fill: #aab4bf } .ours { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 }
    .porch { fill: #3fb68b } .other { fill: #57606a }
  }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the plot."""

    label: str
    value: float | None
    """None: it failed."""
    figure: str
    """The value as people read it."""
    ours: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Bars that share a scale."""

    title: str
    bars: Sequence[Bar]


def draw(title: str, note: str, sections: Sequence[Section]) -> str:
    """The whole picture; ValueError for a label or figure that does not fit."""
    body: list[str] = []
    y = MARGIN + 16
    body.append(_text(MARGIN, y, title, "text title"))
    y += 20
    body.append(_text(MARGIN, y, note, "faint", WIDTH - 2 * MARGIN))
    for section in sections:
        y += TITLE
        body.append(_text(MARGIN, y, section.title, "text title"))
        y += 8
        top = max((bar.value or 0.0 for bar in section.bars), default=0.0)
        for bar in section.bars:
            body.extend(_row(bar, y, top))
            y += LINE
    height = y + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    name = f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}"'
    ground = f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>'
    return "\n".join((f"{head} {name}>", f"<style>{STYLE}</style>", ground, *body, "</svg>", ""))


def _row(bar: Bar, y: int, top: float) -> Iterator[str]:
    weight = " ours" if bar.ours else ""
    yield _text(MARGIN, y + 16, bar.label, "text" + weight, LABEL)
    length = 0.0
    if bar.value is not None and top > 0:
        length = max(2.0, BAR * bar.value / top)
        kind = "porch" if bar.ours else "other"
        x, above = MARGIN + LABEL, y + (LINE - THICK) // 2
        yield f'<rect class="{kind}" x="{x}" y="{above}" width="{length:.1f}" height="{THICK}" rx="2"/>'
    yield _text(MARGIN + LABEL + round(length) + 8, y + 16, bar.figure, "faint" + weight, FIGURE - 8)


def _text(x: int, y: int, text: str, kind: str, room: int = WIDTH - 2 * MARGIN) -> str:
    if len(text) * GLYPH > room:
        raise ValueError(f"too long for its {room} px of the plot: {text}")
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'
