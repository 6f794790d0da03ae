r"""The plots of the course, drawn by clearprop's own: same colours, light and dark, text that stays text.

    plot = Plot("The sigmoid", x=(-6, 6), y=(0, 1), x_label="$z$")
    plot.line(z, a, "blue", label="$\sigma(z)$")
    return plot.picture

A text between $ signs is a formula in LaTeX, every other text is words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.present import figure
from clearprop.present.figure import Axis, Band, Dots, Heat, Line, Note, Picture, Role
from clearprop.present.figure.axis import Text, tick_text
from clearprop.present.figure.plot import Anchor, Drawn
from clearprop.present.formula import parse

Range = tuple[float, float]
_TICKS = 7  # numbers along an axis, about


class Plot:
    """Curves and points over a pair of axes.

    Args:
        title: what it shows, read out to those who cannot see it.
        x, y: the range of each axis.
        x_label, y_label: under the x axis; above the y axis.
        x_ticks, y_ticks: where numbers stand; without them, round numbers.
        size: of the part between the axes, in pixels.
        log_y: a logarithmic scale; ticks are powers of ten.
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
        log_y: bool = False,
    ) -> None:
        self.title, self.size = title, size
        self.x, self.y = _axis(x, x_ticks), _axis(y, y_ticks, log_y)
        self.titles = _written(x_label), _written(y_label)
        self.marks: list[Drawn] = []

    @property
    def picture(self) -> Picture:
        """The finished plot."""
        return figure.Plot(self.title, self.x, self.y, tuple(self.marks), self.titles, *self.size).picture()

    def line(
        self, x: Any, y: Any, colour: Role = "blue", label: str = "", dashed: bool = False, width: float = 2.2
    ) -> None:
        """A curve; where it leaves the axes it is not drawn. The label stands at its right end."""
        self.marks.append(Line(x, y, colour, _written(label), dashed, width))

    def dots(self, x: Any, y: Any, colour: Role = "blue", radius: float = 4, hollow: bool = False) -> None:
        """A point for each pair; hollow ones are rings."""
        self.marks.append(Dots(x, y, colour, radius, hollow))

    def area(self, x: Any, low: Any, high: Any, colour: Role = "blue", opacity: float = 0.15) -> None:
        """The area between two curves."""
        self.marks.append(Band(x, low, high, colour, opacity))

    def field(self, x: Any, y: Any, values: Any, strength: float = 0.35) -> None:
        """Cells coloured by values from 0 (orange) over 0.5 (paper) to 1 (blue), around x and y; (len(y), len(x))."""
        across, up = (np.append(at, 2 * at[-1] - at[-2]) - (at[1] - at[0]) / 2 for at in (x, y))
        self.marks.append(Heat(2 * values - 1, across, up, strength=strength))

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
        self.marks.append(Note(x, y, _written(text), colour, anchor, dx, dy))


def _axis(ends: Range, at: Sequence[float] | None, log: bool = False) -> Axis:
    """An axis with a textbook's minus before its numbers."""
    ticks = Axis(*ends, log=log).ticks(_TICKS) if at is None else [(value, tick_text(value)) for value in at]
    return Axis(*ends, log=log, given=tuple((value, str(text).replace("-", "−")) for value, text in ticks))


def _written(text: str) -> Text:
    return parse(text[1:-1]) if text.startswith("$") and text.endswith("$") else text
