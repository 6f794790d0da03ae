"""Whether the trend in a date says something about times that were not learned, or only about those that were."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.messages import Message
from clearprop.table.target import ClassTarget, Target

Array = NDArray[Any]

FEWEST_ROWS, _MOST_ROWS, _MOST_FEATURES = 100, 20_000, 200
_BLOCKS = 5
_HELPS = 0.05  # of the error, which the trend must remove
_RIDGE = 1e-3


def idle_trend(target: Target, column: str, X: Array, y: Array, time: Array, trend: int) -> Message | None:
    """What is said of a date's trend that does not help on stretches of time held out; None where it does.

    Each fifth of the time is held out in turn, the ends included, and answered by a linear model of the other rows,
    with the trend and without it. A network is no judge here: it bends the trend around every stretch that it has seen.

    Args:
        target: how y is coded.
        column: the date.
        X: features of the training rows (N, n).
        y: their coded targets (N,).
        time: of each row (N,).
        trend: number of the feature that holds the trend.
    """
    rows = np.argsort(time, kind="stable")[-_MOST_ROWS:]
    if len(rows) < FEWEST_ROWS or X.shape[1] < 2:
        return None
    Y = np.eye(len(target.classes))[y[rows]] if isinstance(target, ClassTarget) else y[rows, None]
    X = X[rows]
    others = _telling(np.delete(X, trend, axis=1), Y)
    with_it = np.column_stack([others, X[:, trend]])
    share = 1 - _error_on_blocks(with_it, Y) / _error_on_blocks(others, Y)
    return None if share >= _HELPS else Message("trend.unused", column=column, share=max(share, 0.0))


def _telling(X: Array, Y: Array) -> Array:
    """The features that go along with the target most, if there are very many."""
    X = X.astype(np.float64)
    if X.shape[1] <= _MOST_FEATURES:
        return X
    Z = (X - X.mean(0)) / np.maximum(X.std(0), 1e-12)
    strength = np.abs(Z.T @ (Y - Y.mean(0))).max(1)
    return X[:, np.sort(np.argsort(-strength)[:_MOST_FEATURES])]


def _error_on_blocks(X: Array, Y: Array) -> float:
    """The squared error of a linear model on each fifth of the rows, which the others taught."""
    A, n = np.column_stack([X, np.ones(len(X))]), len(X)
    gram, moment = A.T @ A, A.T @ Y
    total = 0.0
    for block in np.array_split(np.arange(n), _BLOCKS):
        B = A[block]
        seen = gram - B.T @ B + _RIDGE * n * np.eye(A.shape[1])
        total += float(np.sum((Y[block] - B @ np.linalg.solve(seen, moment - B.T @ Y[block])) ** 2))
    return total
