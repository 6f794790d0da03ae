"""Figures of page 5: what ReLUs make of a line, and the three activations with their slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from phrase import Phrase

from clearprop.explain.picture import Picture
from clearprop.messages import Language
from clearprop.present.figure.plot import side_by_side
from course.plot import Plot

LINE, AT_ZERO, FREE = Phrase("a line", "直线"), Phrase("bent at 0", "折点在 0"), Phrase("bent freely", "折点任选")


def bends(
    x: np.ndarray, best: Callable[..., Any], relu: Callable[[Any], Any], free: float, lang: Language = "en"
) -> Picture:
    """x² with the best line and the best sums of two ReLUs, bent at 0 and at ±free."""
    plot = Plot("x², a line, and sums of two ReLUs", (-1, 1), (-0.2, 1.05), "$x$", x_ticks=(-1, 0, 1))
    some = slice(None, None, 100)
    plot.line(x[some], x[some] ** 2, "soft", width=5)
    plot.text(-0.9, 0.81, "$x^2$", "soft", dx=8, dy=-4)
    fits = (((x,), "orange", LINE), ((relu(x), relu(-x)), "green", AT_ZERO))
    for columns, colour, name in (*fits, ((relu(x - free), relu(-x - free)), "blue", FREE)):
        fitted = best(*columns)
        plot.line(x[some], fitted[some], colour, dashed=colour != "blue")
        plot.text(x[-1], fitted[-1], name(lang), colour, dx=10, dy=-4 if colour == "blue" else 5)
    return plot.picture


def ramp(relu: Callable[[Any], Any]) -> Picture:
    """Two ReLUs, and their difference, which rises from 0 to 2 and stays there."""
    plot = Plot("relu(x + 1) − relu(x − 1)", (-3, 3), (-0.2, 4.2), "$x$", y_ticks=(0, 2, 4))
    x = np.linspace(-3, 3, 121)
    plot.line(x, relu(x + 1), "orange", "relu(x + 1)", dashed=True, width=1.6)
    plot.line(x, relu(x - 1), "green", "relu(x − 1)", dashed=True, width=1.6)
    plot.line(x, relu(x + 1) - relu(x - 1), "blue")
    plot.text(1, 2, "relu(x + 1) − relu(x − 1)", "blue", anchor="end", dx=-14, dy=-5)
    return plot.picture


def three(activations: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]) -> Picture:
    """Three activations (blue), each with its slope (orange)."""
    z = np.linspace(-4, 4, 160)  # without 0, where ReLU has no slope
    panels = []
    for name, (f, slope) in activations.items():
        plot = Plot(name, (-4, 4), (-1.1, 2.1), "$z$", name, x_ticks=(-4, 0, 4), y_ticks=(-1, 0, 1, 2), size=(200, 170))
        plot.line(z, f(z), "blue")
        for side in (z < 0, z > 0):
            plot.line(z[side], slope(z[side]), "orange", dashed=True, width=1.8)
        panels.append(plot.picture)
    return side_by_side("sigmoid, tanh and ReLU (blue) with their slopes (orange)", panels, gap=4)
