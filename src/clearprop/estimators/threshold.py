"""Which class to answer to which probabilities, so that a score is best on rows that were not learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.scores import class_probabilities
from clearprop.messages import Message
from clearprop.table.target import ClassTarget, Decision, Target
from clearprop.visible import shown_name

Array = NDArray[Any]

METRICS = {name: Message(f"threshold.metrics.{name}") for name in ("f1", "balanced_accuracy", "accuracy")}
_PARTS = {name: Message(f"threshold.parts.{name}") for name in ("train", "validation", "held_out")}


def decision_of(target: ClassTarget) -> Message:
    """Which class is answered to which probabilities, in words, where it is not the most probable one."""
    decision, positive = target.decision, target.positive
    if decision is None:
        return Message("threshold.most_probable")
    metric = METRICS[decision.metric]
    if positive is None:
        return Message("threshold.by_share", metric=metric)
    threshold, label = f"{decision.cuts[positive] / sum(decision.cuts):.3g}", shown_name(target.classes[positive])
    return Message("threshold.from", label=label, threshold=threshold, metric=metric, part=_PARTS[decision.part])


def require_optimizable(metric: str | None, target: Target) -> None:
    """Refuse, before anything is trained, a score for which nothing can be chosen.

    Raises:
        InvalidValueError: for numbers, and for several classes where it is not balanced accuracy.
    """
    if metric is None:
        return
    if not isinstance(target, ClassTarget):
        raise InvalidValueError(f"a threshold for {metric} with a target of numbers", "a target of classes")
    if len(target.classes) > 2 and metric != "balanced_accuracy":
        raise InvalidValueError(
            f"a threshold for {metric} of {len(target.classes)} classes", "balanced_accuracy, or two classes"
        )


def choose(
    metric: str, target: ClassTarget, y: Array, a: Array, weights: Array | None, mass: Array, part: str
) -> Decision:
    """The decision that makes a score best.

    Of two classes the threshold is chosen on the rows given: between two neighbouring probabilities, and of several
    that are as good the one nearest to ½. Of several classes the balanced accuracy is best where a class is answered by
    p_k/(its share of what was learned from), whatever the rows.

    Args:
        metric: "f1" (of the rarer class), "balanced_accuracy" or "accuracy".
        target: of two classes, or of several for balanced accuracy.
        y: coded targets (N,).
        a: outputs of the network (N, k).
        weights: of the rows (N,), or None.
        mass: how much each class counted in training (k,).
        part: which rows these are.
    """
    positive = target.positive
    if positive is None:
        cuts = np.maximum(mass, mass[mass > 0].min()) / mass.sum()
        return Decision(tuple(cuts.tolist()), metric, part)
    p = class_probabilities(a)[:, positive].astype(np.float64)
    threshold = _best_threshold(metric, y == positive, p, np.ones(len(y)) if weights is None else weights)
    cuts = (1 - threshold, threshold) if positive else (threshold, 1 - threshold)
    return Decision(cuts, metric, part)


def _best_threshold(metric: str, positive: Array, p: Array, w: Array) -> float:
    """The p from which on the positive class is answered."""
    order = np.argsort(p, kind="stable")
    p, positive, w = p[order], positive[order], w[order]
    # Threshold i has the rows from i on above it; those that would part equal probabilities fall out.
    true, false = (np.concatenate([np.cumsum(v[::-1])[::-1], [0.0]]) for v in (w * positive, w * ~positive))
    levels = np.concatenate([[0.0], p, [1.0]])
    thresholds, possible = (levels[1:] + levels[:-1]) / 2, np.diff(levels) > 0
    possible &= (thresholds > 0) & (thresholds < 1)
    values = np.where(possible, _SCORES[metric](true, false, true[0], false[0]), -np.inf)
    best = np.flatnonzero(values >= values.max() - 1e-12)
    return float(thresholds[best[np.abs(thresholds[best] - 0.5).argmin()]])


def _f1(true: Array, false: Array, positives: float, negatives: float) -> Array:
    return 2 * true / np.maximum(true + false + positives, 1e-300)


def _balanced_accuracy(true: Array, false: Array, positives: float, negatives: float) -> Array:
    return (true / max(positives, 1e-300) + 1 - false / max(negatives, 1e-300)) / 2


def _accuracy(true: Array, false: Array, positives: float, negatives: float) -> Array:
    return (true + negatives - false) / (positives + negatives)


_SCORES = {"f1": _f1, "balanced_accuracy": _balanced_accuracy, "accuracy": _accuracy}
