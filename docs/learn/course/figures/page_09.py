"""Figures of page 9: what softmax does to three scores."""

from __future__ import annotations

from typing import Final

import numpy as np

from clearprop.explain.picture import Picture, Role
from clearprop.present.figure.plot import side_by_side
from clearprop.present.formula import number
from course.plot import Plot

COLOURS: Final[tuple[Role, ...]] = ("blue", "orange", "green")


def three_steps(z: np.ndarray) -> Picture:
    """Scores, their exponentials, and the shares of these in their sum."""
    e = np.exp(z)
    panels = (_bars(z, "$z_k$", (-2, 3)), _bars(e, "$e^z$", (0, 8)), _bars(e / e.sum(), "$p_k$", (0, 1)))
    return side_by_side("What softmax does to three scores", panels, gap=40)


def _bars(values: np.ndarray, name: str, y: tuple[float, float]) -> Picture:
    plot = Plot(name, (0.4, 3.6), y, "", name, x_ticks=(1, 2, 3), size=(170, 190))
    for k, (value, colour) in enumerate(zip(values, COLOURS, strict=True), 1):
        plot.area([k - 0.3, k + 0.3], 0, value, colour, opacity=0.85)
        plot.text(k, value, number(value, 3).text, anchor="middle", dy=-6 if value > 0 else 17)
    return plot.picture
