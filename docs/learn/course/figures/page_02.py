"""Figures of page 2: the sigmoid as four nodes, in numbers and in letters."""

from __future__ import annotations

import clearprop as cp
from clearprop.explain.picture import Picture


def numbers(y: cp.Node, x: cp.Node, lang: str) -> Picture:
    """At x = 0.5."""
    return cp.draw(y, {x: 0.5}, lang=lang)


def letters(y: cp.Node, lang: str) -> Picture:
    """With any upstream gradient g."""
    return cp.draw(y, upstream="g", lang=lang)
