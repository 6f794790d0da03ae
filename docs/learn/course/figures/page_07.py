"""Figure of page 7: XOR as the network has learned it."""

from __future__ import annotations

import numpy as np

import clearprop as cp
from clearprop.explain.picture import Picture
from course.plot import Plot


def xor(net: cp.Network, X: np.ndarray, y: np.ndarray) -> Picture:
    """The answers over the square of inputs, and the line z[1]ⱼ = 0 of each hidden neuron."""
    ends = (-0.5, 1.5)
    plot = Plot("XOR, learned by two hidden neurons", ends, ends, "$x_1$", "$x_2$", size=(330, 330))
    grid = np.linspace(*ends, 41)[:-1] + 0.025
    x1, x2 = np.meshgrid(grid, grid)
    plot.field(grid, grid, net.predict(np.stack([x1.ravel(), x2.ravel()], 1)).reshape(x1.shape))
    W, b, x = net.parameters["W1"], net.parameters["b1"], np.linspace(*ends, 200)
    for j in range(2):
        line = -(W[0, j] * x + b[j]) / W[1, j]
        plot.line(x, line, "ink", f"$z^{{[1]}}_{{{j + 1}}} = 0$", dashed=True, width=1.6)
    for target, colour in ((0, "orange"), (1, "blue")):
        plot.dots(*X[y == target].T, colour, radius=6)
    return plot.picture
