"""How good predictions are, in the words of the task, and what the baseline would reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.table.target import ClassTarget, Target

Array = NDArray[Any]

_SMALLEST = np.finfo(np.float32).eps  # of a probability, so that its logarithm is finite
_MOST_OUTPUTS = 10_000_000  # that are held at once
COVERAGE = 0.9  # that is promised of the intervals whose coverage is measured
MOST_RANKED = 50  # classes, each of which is ranked against the rest


@dataclass(frozen=True)
class Answers:
    """The truth of some rows and what a network answers: all that scores are made from."""

    y: Array  # coded targets (N,)
    codes: Array  # numbers of the classes that are answered (N,); of numbers the answers, as `NumberTarget.compared`
    loss: Array  # of each row (N,): its log loss, or its squared error, or its pinball loss
    p: Array  # probabilities of the classes (N, k), where there are at most 50; else (N, 0)
    weights: Array | None = None  # of the rows (N,); None where all count alike
    # Whether each number lies in its 90% interval, or at or below its quantile, (N,); None without either.
    inside: Array | None = None

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, index: Array) -> Answers:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[index]
        inside = None if self.inside is None else self.inside[index]
        return Answers(self.y[index], self.codes[index], self.loss[index], self.p[index], weights, inside)

    @property
    def effective_rows(self) -> float:
        """(Σw)²/Σw²: so many rows of equal weight would say as much."""
        return len(self) if self.weights is None else float(self.weights.sum() ** 2 / (self.weights**2).sum())


def answers_of(target: Target, y: Array, a: Array, weights: Array | None = None) -> Answers:
    """The answers in a network's outputs a (N, k)."""
    if not isinstance(target, ClassTarget):
        truth, value, _ = target.compared(y, a[:, 0])
        inside = target.covers(y, a[:, 0], COVERAGE) if target.residuals else None
        inside = inside if target.quantile is None else truth <= value
        return Answers(y, value, target.losses(truth, value), np.empty((len(y), 0)), weights, inside)
    p = class_probabilities(a)
    ranked = p if p.shape[1] <= MOST_RANKED else np.empty((len(y), 0))  # no view, which would keep p in memory
    return Answers(y, target.decide(p), losses(target, y, a), ranked, weights)


def answers_on(target: Target, predict: Callable[[Array], Array], X: Array, y: Array, weights: Array | None) -> Answers:
    """The answers of a network to features X (N, n), some rows at a time where there are very many classes."""
    k = len(target.classes) if isinstance(target, ClassTarget) else 1
    at_once = max(1, _MOST_OUTPUTS // k)
    if len(y) <= at_once:
        return answers_of(target, y, predict(X), weights)
    parts = [slice(start, start + at_once) for start in range(0, len(y), at_once)]
    return joined_answers(
        [answers_of(target, y[i], predict(X[i]), None if weights is None else weights[i]) for i in parts]
    )


def joined_answers(parts: Sequence[Answers]) -> Answers:
    """The answers of several tables as those of one."""
    weights, inside = (
        [v for part in parts if (v := getattr(part, name)) is not None] for name in ("weights", "inside")
    )
    y, codes, loss, p = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "codes", "loss", "p")
    )
    return Answers(y, codes, loss, p, *(np.concatenate(v) if v else None for v in (weights, inside)))


def scores_of(target: Target, y: Array, a: Array, weights: Array | None = None) -> dict[str, float]:
    """Scores by name.

    For classes accuracy, balanced accuracy (the mean recall of the classes), precision, recall and F1 (of the rarer of
    two classes; of several the mean over those that occur), average precision, log loss, and the area under the ROC
    curve (of several classes the mean of each against the rest). For numbers R², RMSE and MAE, the latter two in the
    target's unit, and of a quantile, instead, its mean pinball loss in that unit and R¹, the share of the baseline's
    pinball loss that is removed (Koenker & Machado, JASA 1999). NaN where one is not defined, as where only one class
    is there.

    Args:
        target: how y is coded.
        y: coded targets (N,).
        a: outputs of the network (N, k).
        weights: of the rows (N,), if they do not count alike.
    """
    return scores(target, answers_of(target, y, a, weights))


def scores(target: Target, answers: Answers) -> dict[str, float]:
    """The same of answers."""
    once = weighted_scores(target, answers, np.ones((1, len(answers))))
    return {name: float(values[0]) for name, values in once.items()}


def losses(target: Target, y: Array, a: Array) -> Array:
    """The squared error of each row, or its pinball loss, or its log loss, (N,)."""
    if isinstance(target, ClassTarget):
        p = class_probabilities(a)[np.arange(len(y)), y].astype(np.float64)
        return np.asarray(-np.log(np.maximum(p, _SMALLEST)))
    truth, answers, _ = target.compared(y, a[:, 0])
    return target.losses(truth, answers)


def baseline_of(target: Target, y: Array, weights: Array | None = None) -> dict[str, float]:
    """Scores of the baseline, which looks at no column.

    That is the most frequent class of the training rows, with the classes' shares as probabilities, or the mean, or the
    quantile.
    """
    if isinstance(target, ClassTarget):
        shares = np.array(target.shares or [1 / len(target.classes)] * len(target.classes))
        loss = -np.log(np.maximum(shares[y], _SMALLEST))
        ranked = shares if len(shares) <= MOST_RANKED else shares[:0]
        p = np.broadcast_to(ranked, (len(y), len(ranked)))
        return scores(target, Answers(y, np.full(len(y), shares.argmax()), loss, p, weights))
    same = np.full(len(y), target.baseline)
    truth, _, _ = target.compared(y, same)
    return scores(target, Answers(y, same, target.losses(truth, same), np.empty((len(y), 0)), weights))


def class_probabilities(a: Array) -> Array:
    """One column per class, also where the network has one sigmoid output."""
    return a if a.shape[1] > 1 else np.concatenate([1 - a, a], axis=1)


def decoded(target: Target, a: Array) -> list[Any] | Array:
    """The label or the number (N,) that outputs a (N, k) of a network answer."""
    if isinstance(target, ClassTarget):
        return target.decode(target.decide(class_probabilities(a)))
    return target.answers(a[:, 0])


def weighted_scores(target: Target, answers: Answers, w: Array) -> dict[str, Array]:
    """Each score for many weightings of the rows, w (B, N), on top of their own weights: score → (B,)."""
    w = w if answers.weights is None else w * answers.weights
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(target, ClassTarget):
            return _class_scores(target, answers, w)
        truth, _, unit = target.compared(answers.y, np.zeros(len(answers)))
        if target.quantile is not None:
            trivial = w @ target.losses(truth, np.full(len(truth), target.baseline))
            r1 = np.where(trivial > 0, 1 - w @ answers.loss / trivial, np.nan)
            return {"pinball": w @ answers.loss / w.sum(axis=1) * unit, "r1": r1}
        return _number_scores(truth, answers, w, unit)


def _class_scores(target: ClassTarget, answers: Answers, w: Array) -> dict[str, Array]:
    right = answers.codes == answers.y
    there = np.arange(2) if target.positive is not None else np.union1d(answers.y, answers.codes)
    true, hit = (_by_class(answers.y, there, v) for v in (w, w * right))
    given, total = _by_class(answers.codes, there, w), w.sum(axis=1)
    found = {
        "accuracy": w @ right / total,
        "balanced_accuracy": _mean_there(hit / true),
        **_of_answers(target.positive, true, given, hit),
        "log_loss": w @ answers.loss / total,
    }
    k = answers.p.shape[1]
    if not k:
        return found
    classes = range(k) if target.positive is None else [target.positive]
    ranked = [_ranking(answers.y == j, answers.p[:, j], w) for j in classes]
    area, precision = (_mean_there(np.stack(values, axis=1)) for values in zip(*ranked, strict=True))
    return found | {"average_precision": precision, "auc": area}


def _of_answers(positive: int | None, true: Array, given: Array, hit: Array) -> dict[str, Array]:
    """Precision, recall and F1 from the weight of the rows of each class, of those answered so, and of both (B, K).

    A class of several that no row has, or that none was given, has a recall or precision of 0, as in scikit-learn;
    one that is neither is left out.
    """
    precision, recall, f1 = hit / given, hit / true, 2 * hit / (true + given)
    if positive is not None:
        return {"precision": precision[:, positive], "recall": recall[:, positive], "f1": f1[:, positive]}
    occurs = true + given > 0
    filled = (np.where(occurs, np.nan_to_num(values), np.nan) for values in (precision, recall, f1))
    return dict(zip(("precision", "recall", "f1"), map(_mean_there, filled), strict=True))


def _by_class(codes: Array, there: Array, w: Array) -> Array:
    """The weight of the rows of each class that is there, (B, K)."""
    place = np.searchsorted(there, codes)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    sums = np.zeros((len(w), len(there)))
    sums[:, place[order][starts]] = np.add.reduceat(w[:, order], starts, axis=1)
    return sums


def _mean_there(values: Array) -> Array:
    """The mean of each row's finite entries."""
    there = np.isfinite(values)
    mean: Array = np.where(there, values, 0).sum(axis=1) / there.sum(axis=1)
    return mean


def _ranking(positive: Array, score: Array, w: Array) -> tuple[Array, Array]:
    """Area under the ROC curve and average precision, (B,) each.

    The area is how often a positive row has the larger score, a tie counting half. The average precision is the
    precision among the rows from each score on, averaged over the positive rows.
    """
    order = np.argsort(score, kind="stable")
    first = np.flatnonzero(np.diff(score[order], prepend=-np.inf))  # of each group of ties
    last = np.append(first[1:], len(order)) - 1
    some = np.add.reduceat(positive[order], first, dtype=np.int64) > 0  # the others add nothing to either sum
    w = w[:, order]
    through_all, through_true = (np.cumsum(v, axis=1) for v in (w, w * positive[order]))
    everyone, true = through_all[:, -1:], through_true[:, -1:]
    before = np.maximum(first[some] - 1, 0)
    ahead, ahead_true = (np.where(first[some] > 0, v[:, before], 0) for v in (through_all, through_true))
    up = through_true[:, last[some]] - ahead_true
    down = through_all[:, last[some]] - ahead - up
    area: Array = (up * (ahead - ahead_true + down / 2)).sum(axis=1) / (true * (everyone - true))[:, 0]
    precision: Array = np.where(up > 0, up * (true - ahead_true) / (everyone - ahead), 0).sum(axis=1) / true[:, 0]
    return area, precision


def _number_scores(y: Array, answers: Answers, w: Array, unit: float) -> dict[str, Array]:
    total = w.sum(axis=1)
    square = w @ answers.loss / total
    mean = w @ y / total
    variance = w @ y**2 / total - mean**2
    return {
        "r2": np.where(variance > 1e-12 * (1 + mean**2), 1 - square / variance, np.nan),
        "rmse": np.sqrt(square) * unit,
        "mae": w @ np.abs(y - answers.codes) / total * unit,
    }
