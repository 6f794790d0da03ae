"""Where a function of one number has a kink: the outcome of a comparison within it changes there, and its slope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clearprop.execute import Array

Outcomes = Callable[[Array], Array]  # (n,) places → (n, comparisons) truth values
_PLACES, _HALVINGS = 2001, 60
_NEAR = 1e-6  # of the range: how far left and right of a place the two sides are looked at


def turns(outcomes: Outcomes, low: float, high: float) -> list[float]:
    """Where the outcome of a comparison changes between two ends, found by halving, in ascending order."""
    z = np.linspace(low, high, _PLACES)
    seen = outcomes(z)
    at, which = np.nonzero(seen[1:] != seen[:-1])
    left, right, before = z[at], z[at + 1], seen[at, which]
    for _ in range(_HALVINGS if len(at) else 0):
        middle = (left + right) / 2
        is_before = outcomes(middle)[np.arange(len(at)), which] == before
        left, right = np.where(is_before, middle, left), np.where(is_before, right, middle)
    digits = 12 - int(np.ceil(np.log10(high - low)))
    found: list[float] = np.unique(np.round((left + right) / 2, digits) + 0.0).tolist()
    return [place for place in found if low < place < high]


def jumps(f: Callable[[Array], Array], places: list[float], span: float) -> list[tuple[float, float] | None]:
    """A function's limits from the left and from the right of each place, if they differ; None where it is continuous.

    Where nothing jumps, the difference of the two sides shrinks with their distance.
    """
    far, near = _NEAR * span, _NEAR * span / 10
    offsets = np.array([-far, -near, near, far])
    around = f((np.array(places)[:, None] + offsets).ravel()).reshape(-1, 4)
    found: list[tuple[float, float] | None] = []
    for a, b, c, d in around.tolist():
        scale = 1e-9 * max(1.0, *map(abs, (a, b, c, d)))
        found.append((b, c) if abs(c - b) > max(scale, 0.5 * abs(d - a)) else None)
    return found
