"""Where the values of a feature are cut for its piecewise linear encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_MOST_ROWS = 100_000  # that quantiles are found from
_NARROW = 1e-6  # of the whole range: narrower intervals are steps, and rounding would decide


def cuts_of(X: Array, pieces: int) -> list[Array]:
    """The cuts of each feature of X (N, n), increasing, about `pieces` + 1; none for a feature of two values or fewer.

    Where there are few values each is a cut. A value that many rows share (the 0 of an amount that most lack) takes the
    place of several quantiles and would leave few for the rest: it gets intervals of its own, to its two neighbours,
    and the other rows are cut at their quantiles.

    Example:
        >>> [c.tolist() for c in cuts_of(np.array([[0.0, 1], [0, 2], [0, 3], [8, 4]]), 4)]
        [[], [1.0, 2.0, 3.0, 4.0]]
    """
    every = max(1, -(-len(X) // _MOST_ROWS))
    return [_cuts(np.asarray(X[::every, j], np.float64), pieces) for j in range(X.shape[1])]


def _cuts(x: Array, pieces: int) -> Array:
    values, counts = np.unique(x, return_counts=True)
    if pieces == 0 or len(values) < 3:
        return np.empty(0)
    if len(values) > pieces + 1:
        heavy = np.flatnonzero(counts * pieces > len(x))
        beside = np.unique(np.clip(np.add.outer(heavy, [-1, 0, 1]).ravel(), 0, len(values) - 1))
        rest = x[~np.isin(x, values[heavy])]
        wanted = max(round(pieces * len(rest) / len(x)), pieces // 2)
        values = np.unique(np.concatenate([values[beside], np.quantile(rest, np.linspace(0, 1, wanted + 1))]))
    return _apart(values)


def _apart(t: Array) -> Array:
    """Without cuts that are too near to the one before."""
    kept = [t[0]]
    for cut in t[1:]:
        if cut - kept[-1] > _NARROW * (t[-1] - t[0]):
            kept.append(cut)
    return np.array(kept) if len(kept) > 1 else np.empty(0)
