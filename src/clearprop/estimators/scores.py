"""How good predictions are, in the words of the task."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.table import ClassTarget, Target
from clearprop.train import accuracy, mae, r2, rmse

Array = NDArray[Any]


def scores_of(target: Target, y: Array, a: Array) -> dict[str, float]:
    """Accuracy and log loss for classes; R², RMSE and MAE, in the target's unit, for numbers.

    Args:
        target: how y is coded.
        y: coded targets (N,).
        a: outputs of the network (N, k).
    """
    if isinstance(target, ClassTarget):
        return {"accuracy": accuracy(y, a), "log_loss": log_loss(y, class_probabilities(a))}
    return {
        "r2": r2(y[:, None], a),
        "rmse": rmse(y[:, None], a) * target.std,
        "mae": mae(y[:, None], a) * target.std,
    }


def log_loss(y: Array, p: Array) -> float:
    """The mean of −ln p of the right class; probabilities of 0 count as float32's smallest step below 1."""
    right = p[np.arange(len(y)), y].astype(np.float64)
    return float(np.mean(-np.log(np.maximum(right, np.finfo(np.float32).eps))))


def class_probabilities(a: Array) -> Array:
    """One column per class, also where the network has one sigmoid output."""
    return a if a.shape[1] > 1 else np.concatenate([1 - a, a], axis=1)
