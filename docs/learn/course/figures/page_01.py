"""Figures of page 1: the sigmoid; logistic regression on two columns of iris."""

from __future__ import annotations

import numpy as np

from clearprop.explain.picture import Picture
from course.plot import Plot


def sigmoid() -> Picture:
    """From 0 through one half to 1."""
    z = np.linspace(-6, 6, 121)
    plot = Plot("The sigmoid", (-6, 6), (0, 1), "$z$", r"$\sigma(z)$", y_ticks=(0, 0.5, 1), size=(360, 130))
    plot.line(z, 1 / (1 + np.exp(-z)))
    return plot.picture


def the_line(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: float) -> Picture:
    """Two kinds of flowers, and the line where the neuron is undecided: w₁x₁ + w₂x₂ + b = 0."""
    plot = Plot("Two kinds of iris, and the line z = 0", (-2.5, 2.6), (-2.6, 2.6), "$x_1$", "$x_2$", size=(420, 320))
    x = np.linspace(-2.5, 2.6, 60)
    edge = -(w[0] * x + b) / w[1]
    plot.area(x, edge, 2.6, "blue")
    plot.area(x, -2.6, edge, "orange")
    plot.line(x, edge, "ink", "$z = 0$")
    for kind, colour in ((0, "orange"), (1, "blue")):
        plot.dots(*X[y == kind].T, colour, hollow=kind == 0)
    return plot.picture
