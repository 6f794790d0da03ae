"""Figures of page 2: the sigmoid as four nodes, in numbers and in letters; a value that goes two ways."""

from __future__ import annotations

import clearprop as cp
from clearprop.explain.picture import Picture


def numbers(y: cp.Node, x: cp.Node, at: float, lang: str) -> Picture:
    """Values above, gradients below."""
    return cp.draw(y, {x: at}, lang=lang)


def letters(y: cp.Node, lang: str) -> Picture:
    """With any upstream gradient g."""
    return cp.draw(y, upstream="g", lang=lang)


def two_ways(x: cp.Node, lang: str) -> Picture:
    """x·e⁻ˣ, where two gradients meet in x."""
    return cp.draw(x * cp.exp(-x), {x: 0.25}, lang=lang)
