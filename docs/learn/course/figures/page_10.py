"""Figures of page 10: what becomes of a signal in ten layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import clearprop as cp
from clearprop.explain.picture import Picture, Role
from course.plot import Plot

SIZES: Final[tuple[tuple[float, Role, str, float], ...]] = (
    (1.0, "orange", "1", 0),
    (0.1, "green", "1/√n", 11),
    (0.01, "blue", "0.01", 5),
)


def spreads(spread: Callable[[Any], list[float]]) -> Picture:
    """The standard deviation of a[l] in ten tanh layers of 100, for three standard deviations of the weights."""
    plot = Plot("Spread of the activations", (1, 10), (1e-11, 10), "$l$", "std a[l]", log_y=True)
    for size, colour, name, down in SIZES:
        found = spread(cp.Normal(size))
        plot.line(range(1, 11), found, colour)
        plot.text(10, found[-1], name, colour, dx=8, dy=down)
    return plot.picture
