"""Figures of page 11: the error on its way back through ten layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

import clearprop as cp
from clearprop.explain.picture import Picture, Role
from course.plot import Plot

NETWORKS: Final[tuple[tuple[str, Any, Role, str, float], ...]] = (
    ("relu", cp.Normal(0.6), "red", "ReLU, w × 3", -6),
    ("tanh", cp.Normal(0.56), "orange", "tanh, w × 4", -6),
    ("relu", "he", "green", "ReLU", -6),
    ("tanh", "lecun", "blue", "tanh", 14),
    ("sigmoid", "lecun", "ink", "sigmoid", 14),
)


def lengths_back(lengths: Callable[..., Any]) -> Picture:
    """‖δ[l]‖/‖δ[10]‖ in networks of ten layers of 50; the mean over five of each kind."""
    label = r"$‖\delta^{[l]}‖ / ‖\delta^{[10]}‖$"
    plot = Plot("Length of the error, layer by layer", (1, 10), (1e-6, 1e6), "$l$", label, log_y=True)
    for activation, init, colour, name, down in NETWORKS:
        mean = np.mean([lengths(activation, init, seed) for seed in range(5)], axis=0)
        plot.line(range(1, 11), mean, colour)
        plot.text(2, float(mean[1]), name, colour, dx=8, dy=down)
    return plot.picture
