r"""Plots as clearprop draws its pictures: same colours, light and dark, text that stays text.

    plot = Plot("The sigmoid", x=(-6, 6), y=(0, 1), x_label="$z$")
    plot.line(z, a, "blue", label="$\sigma(z)$")
    return plot.picture

A text between $ signs is a formula in LaTeX, every other text is words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10
from typing import Any, Literal

import numpy as np

from clearprop.explain.picture import Circle, Group, Label, Mark, Picture, Rect, Role, Stroke
from clearprop.present.formula import number, parse, runs

Range = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


def label(x: float, y: float, text: str, colour: Role = "ink", anchor: Anchor = "start", size: float = 14) -> Label:
    """Words, or a $formula$."""
    if text.startswith("$") and text.endswith("$"):
        return Label(x, y, tuple(runs(parse(text[1:-1]))), size + 1, colour, anchor, "math")
    return Label(x, y, ((text, "normal", False),), size - 1, colour, anchor, "words")


class Plot:
    """Curves and points over a pair of axes.

    Args:
        title: what it shows, read out to those who cannot see it.
        x, y: the range of each axis.
        x_label, y_label: under the x axis; above the y axis.
        x_ticks, y_ticks: where numbers stand; without them, round numbers.
        size: of the part between the axes, in pixels.
        log_x, log_y: a logarithmic scale; ticks are powers of ten.
    """

    def __init__(
        self,
        title: str,
        x: Range,
        y: Range,
        x_label: str = "",
        y_label: str = "",
        x_ticks: Sequence[float] | None = None,
        y_ticks: Sequence[float] | None = None,
        size: tuple[float, float] = (440, 260),
        log_x: bool = False,
        log_y: bool = False,
    ) -> None:
        self.title, self.x, self.y, self.size = title, x, y, size
        self.log_x, self.log_y = log_x, log_y
        self.left, self.top = 58.0, 34.0 if y_label else 16.0
        self.marks: list[Mark] = []
        self._axes(x_label, y_label, x_ticks, y_ticks)

    # --- from numbers to pixels

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point."""
        across = _share(x, self.x, self.log_x)
        up = _share(y, self.y, self.log_y)
        return self.left + across * self.size[0], self.top + (1 - up) * self.size[1]

    def _axes(
        self, x_label: str, y_label: str, x_ticks: Sequence[float] | None, y_ticks: Sequence[float] | None
    ) -> None:
        (x0, y0), (x1, y1) = self.at(self.x[0], self.y[0]), self.at(self.x[1], self.y[1])
        for value in ticks(*self.y, self.log_y) if y_ticks is None else y_ticks:
            _, py = self.at(self.x[0], value)
            self.marks += [Stroke(((x0, py), (x1, py)), "line", 1), _tick(x0 - 8, py + 4.5, value, self.log_y, "end")]
        for value in ticks(*self.x, self.log_x) if x_ticks is None else x_ticks:
            px, _ = self.at(value, self.y[0])
            self.marks += [Stroke(((px, y0), (px, y0 + 5)), "soft", 1), _tick(px, y0 + 20, value, self.log_x, "middle")]
        self.marks.append(Stroke(((x0, y0), (x1, y0)), "soft", 1.2))
        if x_label:
            self.marks.append(label((x0 + x1) / 2, y0 + 40, x_label, anchor="middle"))
        if y_label:
            self.marks.append(label(x0 - 8, y1 - 14, y_label))

    # --- what is drawn

    def line(
        self, x: Any, y: Any, colour: Role = "blue", label: str = "", dashed: bool = False, width: float = 2.2
    ) -> None:
        """A curve; where it leaves the range of y it is not drawn. The label stands at its right end."""
        piece: list[tuple[float, float]] = []
        inside = (np.asarray(y) >= self.y[0] - 1e-9) & (np.asarray(y) <= self.y[1] + 1e-9)
        for a, b, seen in zip(np.asarray(x, float), np.asarray(y, float), inside, strict=True):
            if seen:
                piece.append(self.at(a, b))
            elif piece:
                self._stroke(piece, colour, width, dashed)
                piece = []
        self._stroke(piece, colour, width, dashed)
        if label:
            last = np.flatnonzero(inside)[-1]
            self.text(np.asarray(x)[last], np.asarray(y)[last], label, colour, dx=8, dy=5)

    def _stroke(self, points: list[tuple[float, float]], colour: Role, width: float, dashed: bool) -> None:
        if len(points) > 1:
            self.marks.append(Stroke(tuple(points), colour, width, dashed=dashed))

    def dots(self, x: Any, y: Any, colour: Role = "blue", radius: float = 4, hollow: bool = False) -> None:
        """A point for each pair; hollow ones are rings."""
        fill: Role = "paper" if hollow else colour
        for a, b in zip(np.ravel(x), np.ravel(y), strict=True):
            self.marks.append(
                Circle(*self.at(a, b), radius, fill, colour if hollow else "paper", 1.4 if hollow else 0.6)
            )

    def area(self, x: Any, low: Any, high: Any, colour: Role = "blue", opacity: float = 0.15) -> None:
        """The area between two curves."""
        low, high = np.broadcast_to(low, np.shape(x)), np.broadcast_to(high, np.shape(x))
        low, high = np.clip(low, *self.y), np.clip(high, *self.y)
        edge = [self.at(a, b) for a, b in zip(x, high, strict=True)]
        edge += [self.at(a, b) for a, b in zip(x[::-1], low[::-1], strict=True)]
        self.marks.append(Stroke(tuple(edge), "none", 0, colour, closed=True, opacity=opacity))

    def field(self, x: Any, y: Any, values: Any, below: Role = "orange", above: Role = "blue") -> None:
        """Cells coloured by values from 0 (`below`) over 0.5 (paper) to 1 (`above`); values (len(y), len(x))."""
        left, top = self.at(x[0] - (x[1] - x[0]) / 2, y[0] + (y[1] - y[0]) / 2)
        width = self.at(x[1], y[0])[0] - self.at(x[0], y[0])[0]
        height = self.at(x[0], y[0])[1] - self.at(x[0], y[1])[1]
        # Whole pixels: cells neither overlap nor leave a gap, which would show as a grid.
        across, up = np.round(left + width * np.arange(len(x) + 1)), np.round(top - height * np.arange(-1, len(y)))
        for i, j in np.ndindex(*np.shape(values)):
            strength = round(abs(2 * values[i][j] - 1) * 0.35, 2)
            colour = above if values[i][j] > 0.5 else below
            if strength:
                cell = (across[j], up[i + 1], across[j + 1] - across[j], up[i] - up[i + 1])
                self.marks.append(Rect(*map(float, cell), colour, opacity=strength))

    def rule(self, x: float | None = None, y: float | None = None, colour: Role = "soft") -> None:
        """A dashed line through x or y."""
        a = self.at(self.x[0] if x is None else x, self.y[0] if y is None else y)
        b = self.at(self.x[1] if x is None else x, self.y[1] if y is None else y)
        self.marks.append(Stroke((a, b), colour, 1.2, dashed=True))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: Role = "ink",
        anchor: Anchor = "start",
        dx: float = 0,
        dy: float = 0,
    ) -> None:
        """Words or a $formula$ at a point, moved by pixels (dy downwards)."""
        px, py = self.at(x, y)
        self.marks.append(label(px + dx, py + dy, text, colour, anchor))

    @property
    def picture(self) -> Picture:
        """The finished plot; on the right there is room for labels of curves."""
        widest = max([_right_end(mark) for mark in self.marks], default=0)
        width = max(self.left + self.size[0] + 16, widest + 10)
        return Picture(self.title, width, self.top + self.size[1] + 52, tuple(self.marks))


def side_by_side(title: str, pictures: Iterable[Picture], gap: float = 24) -> Picture:
    """Pictures in a row, as one."""
    x, height, groups = 0.0, 0.0, []
    for picture in pictures:
        groups.append(Group(picture.marks, x, 0))
        x += picture.width + gap
        height = max(height, picture.height)
    return Picture(title, x - gap, height, tuple(groups))


def ticks(low: float, high: float, log: bool = False) -> list[float]:
    """Round numbers from low to high, about five of them; on a logarithmic scale, powers of ten."""
    if log:
        powers = range(ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9) + 1)
        return [10.0**p for p in powers][:: max(1, ceil(len(powers) / 6))]
    rough = (high - low) / 5
    unit = 10.0 ** floor(log10(rough))
    step = min((s * unit for s in (1, 2, 2.5, 5, 10)), key=lambda s: abs(s - rough))
    return [round(k * step, 12) for k in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _share(value: float, ends: Range, log: bool) -> float:
    low, high, value = (log10(v) for v in (*ends, value)) if log else (*ends, value)
    return float((value - low) / (high - low))


def _tick(x: float, y: float, value: float, log: bool, anchor: Anchor) -> Label:
    text = f"$10^{{{round(log10(value))}}}$" if log else number(value).text
    return label(x, y, text, "soft", anchor, 13)


def _right_end(mark: Mark) -> float:
    from clearprop.present.figure.text import runs_width

    if isinstance(mark, Label):
        width = runs_width(mark.runs, mark.size, mark.face)
        return mark.x + {"start": 1, "middle": 0.5, "end": 0}[mark.anchor] * width
    return 0.0
