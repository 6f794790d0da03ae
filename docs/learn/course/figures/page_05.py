"""Figures of page 5: bends, and the three activations with their slopes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clearprop.explain.picture import Picture
from course.plot import Plot, side_by_side


def bends(x: np.ndarray, relu: Callable[[np.ndarray], np.ndarray], lang: str) -> Picture:
    """x², the best line, and the best sum of two ReLUs that bend where they like."""
    some = x[::200]

    def best(*columns: np.ndarray) -> np.ndarray:
        A = np.stack([np.ones_like(some), *columns], axis=1)
        return A @ np.linalg.lstsq(A, some**2, rcond=None)[0]

    names = {"en": ("the best line", "two ReLUs"), "zh": ("最好的直线", "两个 ReLU")}[lang]
    misfit = {c: np.mean((best(relu(some - c), relu(-some - c)) - some**2) ** 2) for c in np.linspace(0, 0.9, 91)}
    c = min(misfit, key=misfit.__getitem__)
    plot = Plot("x² and two approximations", (-1, 1), (-0.1, 1.05), "$x$", size=(440, 260))
    plot.line(some, some**2, "soft", "$x^2$", width=3)
    plot.line(some, best(some), "orange", names[0], dashed=True)
    plot.line(some, best(relu(some - c), relu(-some - c)), "blue", names[1])
    return plot.picture


def three() -> Picture:
    """Sigmoid, tanh and ReLU, each with its slope."""
    z = np.linspace(-4, 4, 161)
    s, t = 1 / (1 + np.exp(-z)), np.tanh(z)
    curves = {
        r"$\\sigma$": (s, s * (1 - s), (-0.1, 1.1)),
        r"$\\tanh$": (t, 1 - t**2, (-1.1, 1.1)),
        "relu": (np.maximum(z, 0), (z > 0).astype(float), (-0.2, 2.2)),
    }
    made = []
    for name, (a, slope, ends) in curves.items():
        plot = Plot(name.strip("$\\"), (-4, 4), ends, "$z$", name.replace("\\\\", "\\"), size=(210, 170))
        inside = a <= ends[1]
        plot.line(z[inside], a[inside], "blue")
        plot.line(z, slope, "orange", dashed=True, width=1.6)
        made.append(plot.picture)
    return side_by_side("sigmoid, tanh and ReLU (blue) with their derivatives (orange, dashed)", made)
