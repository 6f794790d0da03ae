"""What rows with known answers say about a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.intervals import Past, intervals_of
from clearprop.estimators.scores import baseline_of, confusion_of, scores_of
from clearprop.table import ClassTarget, Target, Unseen


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on some rows.

    Attributes:
        rows: how many.
        scores: metric → value.
        intervals: metric → bounds of its 95% interval by the bootstrap; empty if nobody asked.
        baseline: metric → value of the trivial answer: the most frequent class, or the mean, of the training rows.
        confusion: rows of each class (down) given each class (across), in the order of the target's classes; None for
            numbers.
        without_target: rows that were left out because their target is missing.
        unseen: values that were not there in training.
        learned: whether these are the rows of the table that the model was trained on, most of which it learned from.
    """

    rows: int
    scores: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    baseline: dict[str, float]
    confusion: NDArray[np.int64] | None = None
    without_target: int = 0
    unseen: Unseen = field(default_factory=Unseen)
    learned: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON; what is not defined is None."""
        told = {"unseen": self.unseen.to_dict()} if self.unseen else {}
        return {
            "rows": self.rows,
            "without_target": self.without_target,
            **told,
            "scores": {name: _plain(value) for name, value in self.scores.items()},
            "intervals": {name: [_plain(low), _plain(high)] for name, (low, high) in self.intervals.items()},
            "baseline": {name: _plain(value) for name, value in self.baseline.items()},
            "confusion": None if self.confusion is None else self.confusion.tolist(),
        }


def evaluate(
    target: Target,
    y: NDArray[Any],
    a: NDArray[Any],
    without_target: int = 0,
    *,
    intervals: bool = True,
    units: NDArray[Any] | None = None,
    past: Past | None = None,
) -> Evaluation:
    """Scores, their intervals, and the trivial answer's.

    Args:
        target: how y is coded.
        y: coded targets (N,).
        a: outputs of the network (N, k).
        without_target: rows that were left out.
        intervals: whether to find them, which takes far longer than the scores.
        units, past: as of `intervals_of`.
    """
    confusion = confusion_of(target, y, a) if isinstance(target, ClassTarget) else None
    bounds = intervals_of(target, y, a, units=units, past=past) if intervals else {}
    return Evaluation(len(y), scores_of(target, y, a), bounds, baseline_of(target, y), confusion, without_target)


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
