"""Figures of page 4: a two-layer network."""

from __future__ import annotations

import clearprop as cp
from clearprop.explain.picture import Picture


def circles(net: cp.Network, lang: str) -> Picture:
    """3-4-1 as circles and lines."""
    return cp.draw(net, lang=lang)
