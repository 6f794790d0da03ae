"""Figures of page 3: before and after."""

from __future__ import annotations

import clearprop as cp
from clearprop.explain.picture import Picture


def both(y: cp.Node, x: cp.Node, lang: str) -> Picture:
    """Four nodes and one, at x = 0.5."""
    return cp.draw(y, {x: 0.5}, view="simplification", lang=lang)
