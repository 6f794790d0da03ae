"""Figures of page 13: too little, about right, by heart."""

from __future__ import annotations

import numpy as np

import clearprop as cp
from clearprop.explain.picture import Picture
from clearprop.present.figure.plot import side_by_side
from course.plot import Plot

ENDS = (-1.8, 1.8)


def three_fits(line: cp.Network, four: cp.Network, wide: cp.Network, X: np.ndarray, y: np.ndarray) -> Picture:
    """What three networks answer over the square, with the training samples."""
    return side_by_side("Too little, about right, by heart", [_field(net, X, y) for net in (line, four, wide)], gap=8)


def _field(net: cp.Network, X: np.ndarray, y: np.ndarray) -> Picture:
    plot = Plot("What a network answers", ENDS, ENDS, "$x_1$", x_ticks=(-1, 0, 1), y_ticks=(-1, 0, 1), size=(225, 225))
    grid = np.linspace(*ENDS, 49)[:-1] + (ENDS[1] - ENDS[0]) / 96
    x1, x2 = np.meshgrid(grid, grid)
    plot.field(grid, grid, net.predict(np.stack([x1.ravel(), x2.ravel()], 1)).reshape(x1.shape))
    for target, colour in ((0, "orange"), (1, "blue")):
        plot.dots(*X[y == target].T, colour, radius=3.2)
    return plot.picture
