"""Columns that give the target away: what one column alone can say, with no network in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.importance import feature_groups
from clearprop.explain.doctor import Examination, Finding
from clearprop.messages import Message
from clearprop.table.categories import CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.columns import Column
from clearprop.table.encoder import TableEncoder
from clearprop.table.numbers import NumberColumn
from clearprop.table.target import ClassTarget, Target

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

Array = NDArray[Any]
_FEWEST_ROWS = 50
DECIDES = 0.98  # of the baseline's error, which one column alone removes; iris's petals remove 0.9


def examine_leakage(model: TableModel, X: Array, y: Array) -> list[Examination]:
    """A finding for every column that nearly decides the target by itself, where it is not the only one.

    Titanic's `alive` is its `survived` in other words. A network that is given both looks perfect and is useless.

    Args:
        model: a model of a table.
        X: features (N, n).
        y: coded targets (N,).
    """
    columns = model.encoder.columns
    skills = skill_alone(model.target, model.encoder, X, y) if len(columns) > 1 else np.zeros(1)
    return [_leaking(columns[i].name, model.target.name, float(skills[i])) for i in np.flatnonzero(skills > DECIDES)]


def _leaking(column: str, target: str, skill: float) -> Examination:
    measured = Message("doctor.target_leakage.measured", column=column, skill=skill, limit=DECIDES)
    finding = Finding(
        "target_leakage",
        "serious",
        title=Message("doctor.target_leakage.title", column=column),
        where=Message("doctor.target_leakage.where", column=column),
        measured=measured,
        advice=Message("doctor.target_leakage.advice", column=column, target=target),
        change={"drop": column},
        numbers={"skill": skill},
    )
    return Examination(finding.illness, measured, finding)


def skill_alone(target: Target, encoder: TableEncoder, X: Array, y: Array) -> Array:
    """How far each column alone gets from the baseline (0) to always being right (1), (columns,).

    The rows are halved at random, and each half is answered from the other: with the most frequent class, or the mean,
    of the rows whose value is nearest. The skill is 1 − (its error)/(the baseline's), where the error is the
    share of wrong answers, or the mean square. A column that decides the target reaches about 1; one that only says
    much about it is hurt by the noise of its nearest neighbours, and stays well below.

    Args:
        target: how y is coded.
        encoder: of the columns.
        X: features (N, n).
        y: coded targets (N,). Of fewer than 50 rows nothing can be said: NaN.
    """
    order = np.random.Generator(np.random.Philox(0)).permutation(len(y))  # a table may alternate, or be sorted
    X, y = X[order], y[order]
    trivial = _error(target, np.zeros(len(y)), y)
    if len(y) < _FEWEST_ROWS or not trivial:
        return np.full(len(encoder.columns), np.nan)
    groups = zip(encoder.columns, feature_groups(encoder).values(), strict=True)
    return 1 - np.array([_error(target, _values(column, X[:, f]), y) for column, f in groups]) / trivial


def _values(column: Column, features: Array) -> Array:
    """A column as one number a row: a level's place, or a number itself, with the missing ones below all others."""
    if isinstance(column, CategoryColumn) and not isinstance(column, CodedColumn):
        return np.asarray(features.argmax(axis=1), np.float64)
    if isinstance(column, NumberColumn) and column.has_missing:
        return np.where(features[:, 1] > 0, -np.inf, features[:, 0])
    return np.asarray(features[:, 0])


def _error(target: Target, value: Array, y: Array) -> float:
    """Of the answers that follow from the nearest value in the other half."""
    half = slice(0, None, 2), slice(1, None, 2)
    answers = np.empty(len(y))
    for seen, new in (half, half[::-1]):
        levels, place = np.unique(value[seen], return_inverse=True)
        nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, value[new])
        known = _most_frequent(place, y[seen]) if isinstance(target, ClassTarget) else _means(place, y[seen])
        answers[new] = known[nearest]
    return float(np.mean(answers != y) if isinstance(target, ClassTarget) else np.mean((answers - y) ** 2))


def _means(place: Array, y: Array) -> Array:
    """The mean at each place 0 … n − 1, (n,)."""
    return np.asarray(np.bincount(place, y) / np.bincount(place))


def _most_frequent(place: Array, y: Array) -> Array:
    """The most frequent class at each place 0 … n − 1, (n,)."""
    k = int(y.max()) + 1
    pairs, counts = np.unique(place * k + y, return_counts=True)
    pairs = pairs[np.lexsort((counts, pairs // k))]
    last = np.flatnonzero(np.diff(pairs // k, append=-1))
    return np.asarray(pairs[last] % k)
