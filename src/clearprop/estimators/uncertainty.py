"""How sure a model of a table is: intervals and sets that hold the truth so often, and how far its members differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.scores import class_probabilities
from clearprop.network import Network
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Label, Target

Array = NDArray[Any]


def calibrated(target: Target, y: Array, outputs: Array, weights: Array | None) -> Target:
    """The target with what rows say that were not learned from.

    Args:
        target: how y is coded.
        y: coded targets (N,).
        outputs: for these rows, of networks that did not learn them (N, k).
        weights: of the rows (N,), or None.
    """
    if isinstance(target, NumberTarget):
        return target.calibrated(y, outputs[:, 0], weights)
    return target.calibrated(y, class_probabilities(outputs), weights)


def intervals(target: Target, outputs: Array, coverage: float) -> Array:
    """Lower and upper end (N, 2) in the target's unit, or as dates; see `NumberTarget.bounds`.

    Raises:
        InvalidValueError: for classes, a coverage outside 0 … 1, or a model without held-out rows.
    """
    numbers = require_intervals(target, coverage)
    ends = numbers.bounds(outputs[:, 0], coverage)
    if numbers.dates is None:
        return ends
    return np.array([[numbers.as_date(end) for end in row] for row in ends], object).reshape(-1, 2)


def require_intervals(target: Target, coverage: float) -> NumberTarget:
    """The target, if it has such intervals.

    Raises:
        InvalidValueError: for classes, a coverage outside 0 … 1, or a model without held-out rows.
    """
    if not isinstance(target, NumberTarget):
        raise InvalidValueError(
            "intervals of a classification model", "a regression model", "sets of classes: sets, or predict_set"
        )
    target.bounds(np.empty(0), coverage)
    return target


def sets(target: Target, outputs: Array, coverage: float) -> list[tuple[Label, ...]]:
    """The labels of each row that are probable enough, the most probable first; see `ClassTarget.possible`.

    Raises:
        InvalidValueError: for numbers, a coverage outside 0 … 1, or a model without held-out rows.
    """
    if not isinstance(target, ClassTarget):
        raise InvalidValueError(
            "sets of a regression model", "a classification model", "intervals, or predict_interval"
        )
    p = class_probabilities(outputs)
    order, there = np.argsort(-p, axis=1, kind="stable"), target.possible(p, coverage)
    return [tuple(target.classes[k] for k in row if held[k]) for row, held in zip(order, there, strict=True)]


def spread(target: Target, network: Network, X: Array) -> Array:
    """The standard deviation over the members, each by its share of the mean: of their numbers (N,), or of their
    probabilities (N, classes).

    Raises:
        InvalidValueError: for a model of one network.
    """
    members = network.members
    if len(members) < 2:
        raise InvalidValueError("the spread of a single network", "a model with members", "members=8, or a preset")
    each = [member.predict(X) for member in members]
    if isinstance(target, NumberTarget):
        answers = np.stack([target.predictions(a[:, 0]) for a in each])
    else:
        answers = np.stack([class_probabilities(a) for a in each]).astype(np.float64)
    off = answers - np.average(answers, axis=0, weights=network.shares)
    return np.asarray(np.sqrt(np.average(off**2, axis=0, weights=network.shares)))


def binomial_interval(share: float, rows: float) -> tuple[float, float]:
    """Wilson's 95% interval of a share that was found in so many independent rows.

    With z = 1.96 and n rows it is (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927.

    Example:
        >>> [round(end, 4) for end in binomial_interval(0.9, 100)]
        [0.8256, 0.9448]
    """
    z2 = 1.959964**2 / rows
    middle, half = share + z2 / 2, (z2 * (share * (1 - share) + z2 / 4)) ** 0.5
    low, high = (middle - half) / (1 + z2), (middle + half) / (1 + z2)
    return max(0.0, low), min(1.0, high)  # rounding
