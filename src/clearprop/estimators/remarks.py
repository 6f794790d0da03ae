"""What should be known of a table before the scores are believed, and of values that a model has not seen."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DataWarning, TableError, listed
from clearprop.estimators.leakage import DECIDES, skill_alone
from clearprop.estimators.verdict import PARTS
from clearprop.messages import Message
from clearprop.table.columns import IDENTIFIER, INDEX, called_identifier
from clearprop.table.encoder import TableEncoder
from clearprop.table.target import ClassTarget, Target, TargetMarks
from clearprop.table.unseen import Unseen
from clearprop.table.values import as_numbers

Array = NDArray[Any]
BLOCKS = 5  # of a sequence's own values, each held out in turn
HELPS = 0.2  # of the baseline's error, which a sequence must remove on values that it has not seen
_MANY_COPIES, _FEW = 0.2, 20
_ENOUGH_ROWS = 20_000
SAYS_MUCH = 0.5  # of it, by the nearest row, for a word on what was set aside


def never_learned(target: Target, learned: Array, y: Array) -> list[Message]:
    """A word on classes that no training row has, as where rows were split by time."""
    if not isinstance(target, ClassTarget):
        return []
    there = np.bincount(learned, minlength=len(target.classes))
    if np.count_nonzero(there) < 2:
        only = target.classes[int(there.argmax())]
        raise TableError(f"target {target.name!r} is {only!r} in every training row", "two classes", "another split")
    gone = np.flatnonzero(there == 0)
    if not len(gone):
        return []
    classes = listed((repr(target.classes[k]) for k in gone), 3)
    return [Message("remarks.never", classes=classes, target=target.name, rows=int(np.isin(y, gone).sum()))]


def copies(parts: Mapping[str, Any]) -> list[Message]:
    """A word where many rows of a part stand among the training rows, too, unless all columns have few values."""
    (X, y, _), found = parts["train"], []
    learned = _keys(X, y)
    if len(np.unique(learned)) < _FEW:
        return []
    for name in ("validation", "test"):
        X, y, _ = parts[name]
        share = float(np.isin(_keys(X, y), learned).mean()) if len(y) else 0.0
        if share >= _MANY_COPIES and _has_many_values(X):
            found.append(Message("remarks.copies", part=PARTS[name], share=share))
    return found


def _keys(X: Array, y: Array) -> Array:
    """A number for each row that tells it from others, (N,)."""
    bits = np.random.Generator(np.random.Philox(0)).integers(1, 2**63, X.shape[1], np.uint64)
    keys = np.zeros(len(X), np.uint64)
    at_once = max(1, 2**22 // max(1, X.shape[1]))
    for start in range(0, len(X), at_once):
        part = np.ascontiguousarray(X[start : start + at_once], np.float32).view(np.uint32).astype(np.uint64)
        keys[start : start + at_once] = (part * bits).sum(1, dtype=np.uint64)
    return keys * np.uint64(31) + np.ascontiguousarray(y, np.float64).view(np.uint64)


def _has_many_values(X: Array) -> bool:
    """Whether some column has so many values that rows are seldom the same by chance."""
    return any(len(np.unique(X[:, j])) >= _FEW for j in range(min(X.shape[1], 200)))


def sequences(
    aside: Mapping[str, Message], table: Any, target: Target, y: Array, rows: Array
) -> tuple[list[str], list[Message]]:
    """Which columns that were taken for identifiers are to be used after all, and what is to be said of the others.

    A leaked row number passes every random split, so a sequence is judged on contiguous blocks of its own values, the
    ends included, by a straight line (for classes, by their means); and never kept where the rows are sorted by the
    target, of which it would only be the echo.

    Args:
        aside: columns that are not used → why.
        table: the frame, through Narwhals.
        target: how y is coded.
        y: coded targets of all rows.
        rows: numbers of the training rows.
    """
    used, remarks = [], []
    for name in (name for name, why in aside.items() if why == IDENTIFIER):
        x = as_numbers(table[name])[rows]
        order = np.argsort(x, kind="stable")
        x, known = x[order], y[rows][order]
        is_named = not called_identifier(name)  # a name that says so is believed
        if is_named and not _is_sorted(target, known) and helps_on_blocks(target, x, known):
            used.append(name)
            remarks.append(Message("remarks.kept", column=name))
        elif skill_of_neighbours(target, known) > SAYS_MUCH:
            remarks.append(Message("remarks.aside", column=name, target=target.name))
    numbered = any(why in (IDENTIFIER, INDEX) for why in aside.values())
    if numbered and _is_sorted(target, y) and len(y) >= 2 * BLOCKS:
        remarks.append(Message("remarks.sorted", target=target.name))
    return used, remarks


def leaks(target: Target, encoder: TableEncoder, X: Array, y: Array) -> list[Message]:
    """A word on every column that nearly decides the target by itself, where it is not the only one."""
    if len(encoder.columns) < 2:
        return []
    every = -(-len(y) // _ENOUGH_ROWS)  # a column that decides does so on some of the rows, too
    skills = skill_alone(target, encoder, X[::every], y[::every])
    names = [encoder.columns[i].name for i in np.flatnonzero(skills > DECIDES)]
    return [Message("remarks.leak", column=name, target=target.name) for name in names]


def helps_on_blocks(target: Target, x: Array, y: Array) -> bool:
    """Whether sorted values x say something about y where a whole block of them was held out."""
    wrong = trivial = 0.0
    for block in np.array_split(np.arange(len(x)), BLOCKS):
        seen = np.setdiff1d(np.arange(len(x)), block)
        answers, usual = _answers(target, x[seen], y[seen], x[block])
        wrong, trivial = wrong + _error(target, answers, y[block]), trivial + _error(target, usual, y[block])
    return wrong < (1 - HELPS) * trivial


def skill_of_neighbours(target: Target, y: Array) -> float:
    """How far the next row alone gets from the baseline (0) to always being right (1)."""
    usual = _usual(target, y)
    trivial = _error(target, np.full(len(y), usual), y)
    return 1 - _error(target, np.roll(y, 1), y) / trivial if trivial else 0.0


def _is_sorted(target: Target, y: Array) -> bool:
    """Whether rows come in the order of the target, up or down; of classes, whether each stands in one piece."""
    steps = np.diff(y)
    if isinstance(target, ClassTarget):
        return int(np.count_nonzero(steps)) + 1 == len(np.unique(y))
    return bool((steps >= 0).all() or (steps <= 0).all())


def _usual(target: Target, y: Array) -> Any:
    return np.bincount(y).argmax() if isinstance(target, ClassTarget) else y.mean()


def _answers(target: Target, x: Array, y: Array, new: Array) -> tuple[Array, Array]:
    """What x says of new values, and the baseline to them."""
    usual = np.full(len(new), _usual(target, y))
    if isinstance(target, ClassTarget):
        classes = np.unique(y)
        means = np.array([x[y == k].mean() for k in classes])
        return classes[np.abs(new[:, None] - means).argmin(axis=1)], usual
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    return intercept + slope * (new - x.mean()), usual


def _error(target: Target, answers: Array, y: Array) -> float:
    return float(np.sum(answers != y) if isinstance(target, ClassTarget) else np.sum((answers - y) ** 2))


FEWEST_ROWS, _MOST_ROWS, _MOST_FEATURES = 100, 20_000, 200
_TREND_BLOCKS = 5
_TREND_HELPS = 0.05  # of the error, which the trend must remove
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
    return None if share >= _TREND_HELPS else Message("trend.unused", column=column, share=max(share, 0.0))


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
    for block in np.array_split(np.arange(n), _TREND_BLOCKS):
        B = A[block]
        seen = gram - B.T @ B + _RIDGE * n * np.eye(A.shape[1])
        total += float(np.sum((Y[block] - B @ np.linalg.solve(seen, moment - B.T @ Y[block])) ** 2))
    return total


def unseen_values(unseen: Unseen) -> list[Message]:
    """A word on each column that holds what it did not in training."""
    new = [
        Message("values.unseen", column=column, rows=rows, examples=[f"{v[:40]!r}" for v in unseen.examples[column]])
        for column, rows in unseen.rows.items()
    ]
    far = [
        Message("values.far", column=column, rows=far.rows, learned=far.learned, examples=" – ".join(far.examples))
        for column, far in unseen.far.items()
    ]
    return new + far


def warn_of(unseen: Unseen, stacklevel: int) -> None:
    """One warning of all that was not seen in training."""
    if unseen:
        warnings.warn("; ".join(map(str, unseen_values(unseen))), DataWarning, stacklevel=stacklevel + 1)


def marks_in_target(target: str, marks: TargetMarks) -> list[Message]:
    """A word on the marks that were counted as missing, and on those that were taken for classes."""
    words = (("values.counted", marks.counted), ("values.kept", marks.kept))
    return [
        Message(
            key,
            target=target,
            rows=sum(found.values()),
            marks=", ".join(f"{mark!r} ({n:,})" for mark, n in found.items()),
            first=repr(next(iter(found))),
        )
        for key, found in words
        if found
    ]
