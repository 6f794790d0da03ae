"""Figures of page 0: a step and a sigmoid; x² with its tangent."""

from __future__ import annotations

import numpy as np
from phrase import Phrase

from clearprop.explain.picture import Picture
from clearprop.messages import Language
from course.plot import Plot

STEP_TITLE = Phrase("A step and the sigmoid", "阶跃函数与 sigmoid 函数")
TANGENT_TITLE = Phrase("x² and its tangent at 3", "x² 及其在 3 处的切线")
STEP, SMOOTH, SLOPE = Phrase("step", "阶跃"), Phrase("sigmoid", "sigmoid"), Phrase("slope 6", "斜率 6")


def step_and_sigmoid(lang: Language = "en") -> Picture:
    """All or nothing, and the smooth way from the one to the other."""
    plot = Plot(STEP_TITLE(lang), (-6, 6), (0, 1), "$z$", "$a$", y_ticks=(0, 0.5, 1), size=(360, 150))
    plot.line([-6, 0, 0, 6], [0, 0, 1, 1], "orange", dashed=True)
    z = np.linspace(-6, 6, 121)
    plot.line(z, 1 / (1 + np.exp(-z)), "blue")
    plot.text(0, 0.85, STEP(lang), "orange", anchor="end", dx=-8)
    plot.text(1.6, 0.7, SMOOTH(lang), "blue", dx=10)
    return plot.picture


def tangent(lang: Language = "en") -> Picture:
    """x², and the line through (3, 9) that is as steep as it is there."""
    plot = Plot(TANGENT_TITLE(lang), (0, 5), (0, 25), "$x$", "$x^2$", size=(320, 230))
    x = np.linspace(0, 5, 101)
    plot.line(x, x**2, "blue")
    plot.line([1.5, 5], [0, 21], "orange", dashed=True)
    plot.dots([3], [9], "ink")
    plot.text(4, 15, SLOPE(lang), "orange", dx=12, dy=18)
    return plot.picture
