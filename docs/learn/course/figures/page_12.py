"""Figures of page 12: learning rates, and the ways of three optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from phrase import Phrase

import clearprop as cp
from clearprop.explain.picture import Picture, Role
from clearprop.messages import Language
from clearprop.present.figure.plot import side_by_side
from course.plot import Plot

Walk = Callable[[Any], np.ndarray]

RATES: Final[tuple[tuple[float, Role], ...]] = ((0.001, "blue"), (0.09, "green"), (0.19, "ink"), (0.21, "orange"))
OPTIMIZERS: Final[tuple[tuple[cp.GradientDescent | cp.SGD | cp.Adam, Role, Phrase], ...]] = (
    (cp.GradientDescent(0.18), "orange", Phrase("gradient descent, η = 0.18", "梯度下降，η = 0.18")),
    (cp.SGD(0.1, momentum=0.6), "blue", Phrase("momentum, η = 0.1, μ = 0.6", "动量法，η = 0.1，μ = 0.6")),
    (cp.Adam(0.3), "green", Phrase("Adam, η = 0.3", "Adam，η = 0.3")),
)


def height(way: np.ndarray) -> np.ndarray:
    """L = ¼ w₁² + 5 w₂² on the way."""
    return way[:, 0] ** 2 / 4 + 5 * way[:, 1] ** 2


def rates(walk: Walk) -> Picture:
    """The loss over forty steps of gradient descent, for four learning rates."""
    plot = Plot("Four learning rates", (0, 40), (1e-4, 1e5), "", "$L$", log_y=True)
    for rate, colour in RATES:
        plot.line(range(41), height(walk(cp.GradientDescent(rate))), colour, f"$\\eta = {rate:g}$")
    return plot.picture


def ways(walk: Walk, lang: Language = "en") -> Picture:
    """Forty steps of three optimizers over L = ¼ w₁² + 5 w₂²."""
    panels = [_way(walk, optimizer, colour, name(lang)) for optimizer, colour, name in OPTIMIZERS]
    return side_by_side("Ways through a narrow valley", panels, gap=16)


def _way(walk: Walk, optimizer: Any, colour: Role, name: str) -> Picture:
    plot = Plot(name, (-4.5, 2), (-1.3, 1.6), "$w_1$", "$w_2$", y_ticks=(-1, 0, 1), size=(230, 190))
    plot.text(-1.25, 1.6, name, anchor="middle", dy=-14)
    angle = np.linspace(0, 2 * np.pi, 100)
    for level in (0.05, 0.4, 1.4, 3.4, 6.7):
        w1, w2 = 2 * level**0.5 * np.cos(angle), (level / 5) ** 0.5 * np.sin(angle)
        plot.line(w1, np.where(abs(w1 + 1.25) < 3.25, w2, np.nan), "line", width=1)
    way = walk(optimizer)
    plot.line(*way.T, colour, width=1.4)
    plot.dots(*way.T, colour, radius=2.4)
    return plot.picture
