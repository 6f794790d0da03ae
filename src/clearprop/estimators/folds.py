"""Which rows each member of an ensemble holds out: every training row is held out by one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.division import Division
from clearprop.table.target import ClassTarget, Target

Array = NDArray[np.int64]


def folds_of(division: Division, target: Target, y: NDArray[np.generic], members: int, seed: int) -> Array:
    """The number of the fold (n,) of each training row, from 0.

    They follow the division of the rows. At random: all folds have their share of each class. By group: groups stay
    whole, so that a member is ended by groups it has not met. By time: each fold is a stretch of time.

    Args:
        division: of the rows of the table.
        target: how y is coded.
        y: coded targets (n,) of the training rows.
        members: how many folds, at most: there are no more than rows, or than groups.
        seed: of what is drawn.

    Raises:
        InvalidValueError: for rows of one group or one time, of which nothing can be held out.

    Example:
        >>> import polars as pl
        >>> from clearprop.estimators.division import divide
        >>> from clearprop.table.target import fit_target
        >>> y = ["a"] * 6 + ["b"] * 3
        >>> import narwhals.stable.v1 as nw
        >>> table = nw.from_native(pl.DataFrame({"x": range(9), "y": y}), eager_only=True)
        >>> target = fit_target(table["y"], None)
        >>> coded = target.encode(table["y"])
        >>> division = divide(table, target, coded, seed=0, shares=(0.0, 0.0))
        >>> folds = folds_of(division, target, coded, members=3, seed=0)
        >>> [(coded[folds == k] == 0).sum().item() for k in range(3)]
        [2, 2, 2]
    """
    rows = division.split.train
    rng = np.random.Generator(np.random.Philox(seed))
    if division.how == "time" and division.order is not None:
        return _stretches(division.order[rows], members)
    if division.how == "group" and division.order is not None:
        return _whole(division.order[rows], members, rng)
    labels = np.asarray(y) if isinstance(target, ClassTarget) else np.zeros(len(rows), np.int64)
    return _alike(labels, members, rng)


def _alike(labels: NDArray[np.generic], members: int, rng: np.random.Generator) -> Array:
    """Rows dealt out at random, class after class, so that folds differ by one row of each at most."""
    order = np.concatenate([rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)])
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % min(members, len(labels))
    return folds


def _whole(groups: NDArray[np.generic], members: int, rng: np.random.Generator) -> Array:
    """Groups dealt out whole, the largest first, each to the fold that has fewest rows."""
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    _require_two(names, "group")
    filled, fold_of = np.zeros(min(members, len(names))), np.empty(len(names), np.int64)
    order = rng.permutation(len(names))
    for g in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[g] = filled.argmin()
        filled[fold_of[g]] += sizes[g]
    return fold_of[group]


def _stretches(time: NDArray[np.generic], members: int) -> Array:
    """Stretches of time with about equally many rows; rows of one time are not parted."""
    times, which, sizes = np.unique(time, return_inverse=True, return_counts=True)
    _require_two(times, "time")
    middle = np.cumsum(sizes) - sizes / 2
    folds = np.asarray(middle * min(members, len(times)) / len(time), np.int64)
    return np.unique(folds, return_inverse=True)[1][which]


def _require_two(there: NDArray[np.generic], what: str) -> None:
    if len(there) < 2:
        raise InvalidValueError(f"rows of one {what}", f"two {what}s or more, so that one can be held out")
