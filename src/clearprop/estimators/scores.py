"""How good predictions are, in the words of the task, and what the trivial answer would reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.table import ClassTarget, Target

Array = NDArray[Any]

_SMALLEST = np.finfo(np.float32).eps  # of a probability, so that its logarithm is finite
_MOST_CLASSES_FOR_AUC = 50


def scores_of(target: Target, y: Array, a: Array) -> dict[str, float]:
    """Scores by name.

    For classes accuracy, balanced accuracy (the mean recall of the classes), log loss, and the area under the ROC curve
    (of several classes the mean of each against the rest; NaN where only one is there). For numbers R², RMSE and MAE,
    the latter two in the target's unit.

    Args:
        target: how y is coded.
        y: coded targets (N,).
        a: outputs of the network (N, k).
    """
    return {name: float(values[0]) for name, values in weighted_scores(target, y, a, np.ones((1, len(y)))).items()}


def losses(target: Target, y: Array, a: Array) -> Array:
    """The squared error of each row, or its log loss, (N,)."""
    if isinstance(target, ClassTarget):
        p = class_probabilities(a).astype(np.float64)
        return np.asarray(-np.log(np.maximum(p[np.arange(len(y)), y], _SMALLEST)))
    truth, answers, _ = target.compared(y, a[:, 0])
    return np.asarray((truth - answers) ** 2)


def baseline_of(target: Target, y: Array) -> dict[str, float]:
    """Scores of the trivial answer, which looks at no column.

    That is the most frequent class of the training rows, with the classes' shares as probabilities, or the mean.
    """
    if isinstance(target, ClassTarget):
        shares = np.array(target.shares or [1 / len(target.classes)] * len(target.classes))
        return scores_of(target, y, np.tile(shares, (len(y), 1)))
    mean = np.zeros(len(y))
    truth, _, unit = target.compared(y, mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = _number_scores(truth, mean, np.ones((1, len(y))), unit)
    return {name: float(values[0]) for name, values in scores.items()}


def confusion_of(target: ClassTarget, y: Array, a: Array) -> NDArray[np.int64]:
    """Rows of each class (down) that were given each class (across), (k, k)."""
    k = len(target.classes)
    counts = np.bincount(y * k + class_probabilities(a).argmax(axis=1), minlength=k * k)
    return counts.reshape(k, k).astype(np.int64)


def class_probabilities(a: Array) -> Array:
    """One column per class, also where the network has one sigmoid output."""
    return a if a.shape[1] > 1 else np.concatenate([1 - a, a], axis=1)


def weighted_scores(target: Target, y: Array, a: Array, w: Array) -> dict[str, Array]:
    """Each score for many weightings of the rows, w (B, N): score → (B,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(target, ClassTarget):
            return _class_scores(y, class_probabilities(a).astype(np.float64), losses(target, y, a), w)
        truth, answers, unit = target.compared(y, a[:, 0])
        return _number_scores(truth, answers, w, unit)


def _class_scores(y: Array, p: Array, loss: Array, w: Array) -> dict[str, Array]:
    right = p.argmax(axis=1) == y
    order = np.argsort(y, kind="stable")
    starts = np.flatnonzero(np.diff(y[order], prepend=-1))  # of each class that is there
    per_class, rights = (np.add.reduceat(v[:, order], starts, axis=1) for v in (w, w * right))
    total = w.sum(axis=1)
    scores = {
        "accuracy": w @ right / total,
        "balanced_accuracy": _mean_there(rights / per_class),
        "log_loss": w @ loss / total,
    }
    if p.shape[1] == 2:
        scores["auc"] = _area(y == 1, p[:, 1], w)
    elif p.shape[1] <= _MOST_CLASSES_FOR_AUC:
        scores["auc"] = _mean_there(np.stack([_area(y == k, p[:, k], w) for k in range(p.shape[1])], axis=1))
    return scores


def _mean_there(values: Array) -> Array:
    """The mean of each row's finite entries."""
    there = np.isfinite(values)
    mean: Array = np.where(there, values, 0).sum(axis=1) / there.sum(axis=1)
    return mean


def _area(positive: Array, score: Array, w: Array) -> Array:
    """Area under the ROC curve: how often a positive row has the larger score, a tie counting half."""
    order = np.argsort(score, kind="stable")
    ties = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    up, down = (np.add.reduceat(w[:, order] * sign[order], ties, axis=1) for sign in (positive, ~positive))
    below = np.cumsum(down, axis=1) - down / 2
    area: Array = (up * below).sum(axis=1) / (up.sum(axis=1) * down.sum(axis=1))
    return area


def _number_scores(y: Array, a: Array, w: Array, unit: float) -> dict[str, Array]:
    total = w.sum(axis=1)
    square = w @ (y - a) ** 2 / total
    mean = w @ y / total
    variance = w @ y**2 / total - mean**2
    return {
        "r2": np.where(variance > 1e-12 * (1 + mean**2), 1 - square / variance, np.nan),
        "rmse": np.sqrt(square) * unit,
        "mae": w @ np.abs(y - a) / total * unit,
    }
