"""Charts: marks in an SVG that stretches with the page, and words beside it in HTML, which do not.

So a chart is as wide as there is room, its letters stay legible on a phone, and its colours are the page's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from clearprop.present.figure.axis import Axis, tick_text


@dataclass(frozen=True)
class Plot:
    """Two axes, and marks and words at places in them."""

    x: Axis
    y: Axis

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str) -> str:
        """A line through points."""
        return f'<path class="line {colour}" d="M{" L".join(self._places(xs, ys))}"/>'

    def dots(self, xs: Sequence[float], ys: Sequence[float], colour: str) -> str:
        """A round dot for each point: a line of no length with round ends stays round however the chart stretches."""
        each = "".join(f'<path d="M{place}h0"/>' for place in self._places(xs, ys))
        return f'<g class="dots {colour}">{each}</g>'

    def columns(self, edges: Sequence[float], heights: Sequence[float], colour: str) -> str:
        """A histogram, from the low end of the y axis up."""
        tops = self._places(edges[:-1], heights)
        ends = (f"{100 * self.x.share(edge):.2f}" for edge in edges[1:])
        bars = "".join(
            f"M{top.split()[0]} 100V{top.split()[1]}H{end}V100z" for top, end in zip(tops, ends, strict=True)
        )
        return f'<path class="columns {colour}" d="{bars}"/>'

    def _places(self, xs: Sequence[float], ys: Sequence[float]) -> list[str]:
        points = ((x, y) for x, y in zip(xs, ys, strict=True) if isfinite(x) and isfinite(y))
        return [f"{100 * self.x.share(x):.2f} {100 - 100 * self.y.share(y):.2f}" for x, y in points]

    def figure(self, marks: Sequence[str], titles: tuple[str, str], says: str, words: Sequence[str] = ()) -> str:
        """The whole chart.

        Args:
            marks: of `line`, `dots` and `columns`, the last on top.
            titles: of the x and y axis, as HTML.
            says: the chart in a sentence, as plain text, for those who cannot see it.
            words: more spans, at places in percent.
        """
        xs, ys = ([(100 * axis.share(v), tick_text(v)) for v, _ in axis.ticks()] for axis in (self.x, self.y))
        rules = "".join(f"M0 {100 - place:.2f}h100" for place, _ in ys)
        x_ticks = "".join(f'<span class="x" style="left:{place:.2f}%">{text}</span>' for place, text in xs)
        y_ticks = "".join(f'<span class="y" style="bottom:{place:.2f}%">{text}</span>' for place, text in ys)
        return (
            f'<figure class="chart" role="img" aria-label="{escape(says)}">\n'
            f'<span class="title">{titles[1]}</span>\n'
            '<div class="plot"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
            f'<path class="rules" d="{rules}"/>{"".join(marks)}</svg>\n'
            f"{x_ticks}{y_ticks}{''.join(words)}</div>\n"
            f'<span class="title under">{titles[0]}</span>\n</figure>'
        )


def sketch(heights: ArrayLike, colour: str = "blue") -> str:
    """A histogram the size of a word, each bar as high as its share of the highest."""
    tall = np.asarray(heights, np.float64)
    tall = 20 * tall / (tall.max() or 1)
    width = 100 / len(tall)
    bars = "".join(f"M{i * width + 0.1 * width:.1f} 20v{-h:.1f}h{0.8 * width:.1f}v{h:.1f}z" for i, h in enumerate(tall))
    path = f'<path class="columns {colour}" d="{bars}"/>'
    return f'<svg class="sketch" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">{path}</svg>'
