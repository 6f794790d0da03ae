"""Charts: marks in an SVG that stretches with the page, and words beside it in HTML, which do not.

So a chart is as wide as there is room, its letters stay legible on a phone, and its colours are the page's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Axis:
    """A range of values, and where in it a value stands, in percent."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def of(cls, values: ArrayLike, log: bool = False) -> Axis:
        """The range of some values, never empty."""
        there = np.asarray(values, np.float64)
        low, high = float(there.min()), float(there.max())
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1))
        return cls(low, high, log)

    def padded(self) -> Axis:
        """With a little room at both ends."""
        if self.log:
            room = (self.high / self.low) ** 0.05
            return Axis(self.low / room, self.high * room, True)
        room = 0.05 * (self.high - self.low)
        return Axis(self.low - room, self.high + room)

    def at(self, value: float) -> float:
        """0 at the low end, 100 at the high one."""
        low, high, value = (log10(v) if self.log else v for v in (self.low, self.high, value))
        return 100 * (value - low) / (high - low)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values in the range: 1, 2 or 5 times a power of ten."""
        if self.log:
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            every = [m * 10.0**p for p in powers for m in (1, 2, 5)]
            found = [v for v in every if self.low <= v <= self.high]
            tens = [v for v in found if round(log10(v), 9).is_integer()]
            return tens if len(tens) >= 3 else found if len(found) >= 2 else [self.low, self.high]
        power = 10.0 ** floor(log10((self.high - self.low) / about))
        step = next(power * m for m in (1, 2, 5, 10) if (self.high - self.low) / (power * m) <= about)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [k * step for k in range(first, last + 1)]


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
        ends = (f"{self.x.at(edge):.2f}" for edge in edges[1:])
        bars = "".join(
            f"M{top.split()[0]} 100V{top.split()[1]}H{end}V100z" for top, end in zip(tops, ends, strict=True)
        )
        return f'<path class="columns {colour}" d="{bars}"/>'

    def _places(self, xs: Sequence[float], ys: Sequence[float]) -> list[str]:
        points = ((x, y) for x, y in zip(xs, ys, strict=True) if isfinite(x) and isfinite(y))
        return [f"{self.x.at(x):.2f} {100 - self.y.at(y):.2f}" for x, y in points]

    def figure(self, marks: Sequence[str], titles: tuple[str, str], says: str, words: Sequence[str] = ()) -> str:
        """The whole chart.

        Args:
            marks: of `line`, `dots` and `columns`, the last on top.
            titles: of the x and y axis, as HTML.
            says: the chart in a sentence, as plain text, for those who cannot see it.
            words: more spans, at places in percent.
        """
        rules = "".join(f"M0 {100 - self.y.at(v):.2f}h100" for v in self.y.ticks())
        x_ticks = "".join(f'<span class="x" style="left:{self.x.at(v):.2f}%">{shown(v)}</span>' for v in self.x.ticks())
        y_ticks = "".join(
            f'<span class="y" style="bottom:{self.y.at(v):.2f}%">{shown(v)}</span>' for v in self.y.ticks()
        )
        return (
            f'<figure class="chart" role="img" aria-label="{escape(says)}">\n'
            f'<span class="title">{titles[1]}</span>\n'
            '<div class="plot"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
            f'<path class="rules" d="{rules}"/>{"".join(marks)}</svg>\n'
            f"{x_ticks}{y_ticks}{''.join(words)}</div>\n"
            f'<span class="title under">{titles[0]}</span>\n</figure>'
        )


def shown(value: float) -> str:
    """A round number as it stands at an axis, where there is little room.

    Example:
        >>> shown(0.1 + 0.2), shown(200000.0), shown(-1500000.0)
        ('0.3', '200k', '-1.5M')
    """
    size = abs(value)
    if 1e6 <= size < 1e9:
        return f"{value / 1e6:.10g}M"
    return f"{value / 1e3:.10g}k" if 1e4 <= size < 1e6 else f"{value:.10g}"


def sketch(heights: ArrayLike, colour: str = "blue") -> str:
    """A histogram the size of a word, each bar as high as its share of the highest."""
    tall = np.asarray(heights, np.float64)
    tall = 20 * tall / (tall.max() or 1)
    width = 100 / len(tall)
    bars = "".join(f"M{i * width + 0.1 * width:.1f} 20v{-h:.1f}h{0.8 * width:.1f}v{h:.1f}z" for i, h in enumerate(tall))
    path = f'<path class="columns {colour}" d="{bars}"/>'
    return f'<svg class="sketch" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">{path}</svg>'
