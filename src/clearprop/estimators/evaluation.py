"""What rows with known answers say about a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.intervals import Past, intervals_of
from clearprop.estimators.scores import COVERAGE, Answers, baseline_of, scores
from clearprop.estimators.uncertainty import binomial_interval
from clearprop.table.target import ClassTarget, Target
from clearprop.table.unseen import Unseen

COVERAGE_FACTS = ("promised", "share", "low", "high")
MOST_IN_CONFUSION = 50  # classes: of 10,000 the matrix would have 10⁸ entries
_MOST_MISTAKES = 20


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on some rows.

    Attributes:
        rows: how many.
        scores: metric → value.
        intervals: metric → bounds of its 95% interval by the bootstrap; empty if nobody asked.
        baseline: metric → value of the baseline: the most frequent class, or the mean, of the training rows.
        confusion: rows of each class (down) given each class (across), in the order of the target's classes; None for
            numbers, and for more than 50 classes.
        mistakes: the most frequent ones: class number, number of the class it was taken for, rows; empty for numbers.
        wrong: rows that were taken for another class.
        without_target: rows that were left out because their target is missing.
        weighted: whether the rows count by their weights in the scores; the other numbers are of rows.
        unseen: values that were not there in training.
        coverage: of the 90% intervals: the share of rows inside, and its binomial 95% interval; None without intervals.
            Of a quantile the share of rows at or below it.
        promised: what that share should be.
        learned: whether these are the rows of the table that the model was trained on, most of which it learned from.
    """

    rows: int
    scores: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    baseline: dict[str, float]
    confusion: NDArray[np.int64] | None = None
    mistakes: tuple[tuple[int, int, int], ...] = ()
    wrong: int = 0
    without_target: int = 0
    weighted: bool = False
    unseen: Unseen = field(default_factory=Unseen)
    coverage: tuple[float, float, float] | None = None
    learned: bool = False
    promised: float = COVERAGE

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON; what is not defined is None."""
        told: dict[str, Any] = {"unseen": self.unseen.to_dict()} if self.unseen else {}
        if self.coverage is not None:
            told["coverage"] = dict(zip(COVERAGE_FACTS, (self.promised, *self.coverage), strict=True))
        return {
            "rows": self.rows,
            "without_target": self.without_target,
            "weighted": self.weighted,
            **told,
            "scores": {name: _finite(value) for name, value in self.scores.items()},
            "intervals": {name: [_finite(low), _finite(high)] for name, (low, high) in self.intervals.items()},
            "baseline": {name: _finite(value) for name, value in self.baseline.items()},
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "mistakes": [list(mistake) for mistake in self.mistakes],
            "wrong": self.wrong,
        }


def evaluation_of(
    target: Target,
    answers: Answers,
    without_target: int = 0,
    *,
    intervals: bool = True,
    units: NDArray[Any] | None = None,
    past: Past | None = None,
    covered: bool = True,
) -> Evaluation:
    """Scores, their intervals, and the baseline's.

    Args:
        target: how the truth is coded.
        answers: truth and answers of some rows.
        without_target: rows that were left out.
        intervals: whether to find them, which takes far longer than the scores.
        units, past: as of `intervals_of`.
        covered: whether to count the rows inside their intervals: not those from which these were made.
    """
    bounds = intervals_of(target, answers, units=units, past=past) if intervals else {}
    found = Evaluation(
        *(len(answers), scores(target, answers), bounds, baseline_of(target, answers.y, answers.weights)),
        without_target=without_target,
        weighted=answers.weights is not None,
        coverage=coverage_of(answers) if covered else None,
    )
    if isinstance(target, ClassTarget):
        return _with_mistakes(found, target, answers)
    return found if target.quantile is None else replace(found, promised=target.quantile)


def coverage_of(answers: Answers) -> tuple[float, float, float] | None:
    """The share of rows inside their 90% intervals, or at or below their quantile, and its 95% interval, as if
    rows were drawn one by one."""
    if answers.inside is None:
        return None
    share = float(np.average(answers.inside, weights=answers.weights))
    return share, *binomial_interval(share, answers.effective_rows)


def confusion_of(target: ClassTarget, answers: Answers) -> NDArray[np.int64]:
    """Rows of each class (down) that were given each class (across), (k, k)."""
    k = len(target.classes)
    return np.bincount(answers.y * k + answers.codes, minlength=k * k).reshape(k, k).astype(np.int64)


def _with_mistakes(found: Evaluation, target: ClassTarget, answers: Answers) -> Evaluation:
    k, wrong = len(target.classes), answers.codes != answers.y
    pairs, counts = np.unique(answers.y[wrong] * k + answers.codes[wrong], return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_MISTAKES]
    mistakes = tuple((int(pairs[i]) // k, int(pairs[i]) % k, int(counts[i])) for i in most)
    confusion = confusion_of(target, answers) if k <= MOST_IN_CONFUSION else None
    return replace(found, confusion=confusion, mistakes=mistakes, wrong=int(wrong.sum()))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
