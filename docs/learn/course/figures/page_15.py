"""Figure of page 15: digits that were read wrongly."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from clearprop.explain.picture import Picture
from clearprop.present.figure.plot import side_by_side
from course.plot import Plot


def misread(images: np.ndarray, truths: Iterable[int], answers: Iterable[int]) -> Picture:
    """Digits of 8 × 8 pixels, each with what it is → what the network answered."""
    named = zip(images, truths, answers, strict=True)
    return side_by_side("Digits read wrongly", [_tile(0.5 + i / 2, f"{t} → {a}") for i, t, a in named], gap=14)


def _tile(values: np.ndarray, name: str) -> Picture:
    plot = Plot(name, (0, 8), (0, 8), "", name, x_ticks=(), y_ticks=(), size=(74, 74))
    at = np.arange(8) + 0.5
    plot.field(at, at, values.reshape(8, 8)[::-1], strength=0.9)
    return plot.picture
