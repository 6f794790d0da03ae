"""Figures of page 6: an affine layer as a graph."""

from __future__ import annotations

import numpy as np

import clearprop as cp
from clearprop.explain.picture import Picture


def graph(X: np.ndarray, W: np.ndarray, B: np.ndarray, G: np.ndarray, lang: str = "en") -> Picture:
    """L = Σ G ⊙ (X·W + B), whose gradient by Y is G, with values above the edges and gradients below."""
    x, w, b, g = (cp.variable(name, v.shape) for name, v in (("x", X), ("W", W), ("B", B), ("G", G)))
    Y = x @ w + cp.broadcast(b, G.shape, [1])
    return cp.draw(cp.sum(Y * g), {x: X, w: W, b: B, g: G}, lang=lang)
