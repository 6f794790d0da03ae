"""Figure of page 5: what ReLUs make of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from phrase import Phrase

from clearprop.explain.picture import Picture
from clearprop.messages import Language
from course.plot import Plot

TITLE = Phrase("x², a line, and sums of two ReLUs", "x²、直线与两个 ReLU 之和")
LINE, AT_ZERO, FREE = Phrase("a line", "直线"), Phrase("bent at 0", "折点在 0"), Phrase("bent freely", "折点任选")


def bends(
    x: np.ndarray, best: Callable[..., Any], relu: Callable[[Any], Any], free: float, lang: Language = "en"
) -> Picture:
    """x² with the best line and the best sums of two ReLUs, bent at 0 and at ±free."""
    plot = Plot(TITLE(lang), (-1, 1), (-0.2, 1.05), "$x$", x_ticks=(-1, 0, 1))
    some = slice(None, None, 100)
    plot.line(x[some], x[some] ** 2, "soft", width=5)
    plot.text(-0.9, 0.81, "$x^2$", "soft", dx=8, dy=-4)
    fits = (((x,), "orange", LINE), ((relu(x), relu(-x)), "green", AT_ZERO))
    for columns, colour, name in (*fits, ((relu(x - free), relu(-x - free)), "blue", FREE)):
        fitted = best(*columns)
        plot.line(x[some], fitted[some], colour, dashed=colour != "blue")
        plot.text(x[-1], fitted[-1], name(lang), colour, dx=10, dy=-4 if colour == "blue" else 5)
    return plot.picture
