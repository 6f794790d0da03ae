"""Split rows into training, validation and test: a function of the seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, checked_seed

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers of each part, sorted; every row is in exactly one."""

    train: Rows
    validation: Rows
    test: Rows


def split_rows(n: int, *, seed: int, fractions: tuple[float, float], stratify: NDArray[Any] | None = None) -> Split:
    """Split n rows at random.

    Args:
        n: number of rows.
        seed: the same seed gives the same split.
        fractions: shares of validation and test.
        stratify: labels (n,), whose proportions each part keeps; every class stays in the training part.

    Raises:
        InvalidValueError: for shares that are negative or leave nothing to train on, or labels that are not n.

    Example:
        >>> s = split_rows(10, seed=0, fractions=(0.2, 0.2))
        >>> len(s.train), len(s.validation), len(s.test)
        (6, 2, 2)
    """
    if n < 0 or not all(0 <= share < 1 for share in fractions) or not sum(fractions) < 1:
        raise InvalidValueError(f"shares {fractions} of {n} rows", "validation and test below 1 together")
    if stratify is not None and len(stratify) != n:
        raise InvalidValueError(f"{len(stratify)} labels to stratify {n} rows", "one label for each row")
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    labels = np.zeros(n, np.int64) if stratify is None else np.unique(stratify, return_inverse=True)[1]
    # Rows in an order in which the classes alternate evenly; cutting it in blocks keeps their proportions.
    position = np.empty(n)
    for k in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == k))
        position[members] = (np.arange(len(members)) + rng.uniform()) / len(members)
    first = _first_of_each(labels, position)
    rest = np.setdiff1d(np.argsort(position, kind="stable"), first, assume_unique=True)
    rest = rest[np.argsort(position[rest], kind="stable")]
    sizes = [min(round(f * n), len(rest)) for f in fractions]
    validation, test = rest[: sizes[0]], rest[sizes[0] : sizes[0] + sizes[1]]
    train = np.concatenate([first, rest[sizes[0] + sizes[1] :]])
    return Split(*(np.sort(part).astype(np.int64) for part in (train, validation, test)))


def _first_of_each(labels: NDArray[Any], position: NDArray[Any]) -> Rows:
    """One row of each class, which stays in the training part."""
    order = np.argsort(position, kind="stable")
    _, first = np.unique(labels[order], return_index=True)
    return order[first]
