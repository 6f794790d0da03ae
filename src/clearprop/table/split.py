"""Split rows into training, validation and test: at random, by time or by group; a function of the seed."""

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


def split_by_time(
    time: NDArray[np.float64], *, seed: int, fractions: tuple[float, float], stratify: NDArray[Any] | None = None
) -> Split:
    """The last rows are the test; the validation rows are drawn at random from those before.

    Validation rows are not the last but one: the network would not learn from the time just before the test, which
    says most of it, and a score on rows of the same time is worth having beside one on rows of a later time.

    Args:
        time: of each row (N,); rows without one (NaN) count as the first.
        seed, fractions, stratify: as of `split_rows`. Rows of one time are not parted.

    Raises:
        InvalidValueError: as `split_rows`; also where the last time is that of all rows.

    Example:
        >>> s = split_by_time(np.array([3.0, 1.0, 2.0, 0.0]), seed=0, fractions=(0.0, 0.25))
        >>> s.test.tolist(), s.train.tolist()
        ([0], [1, 2, 3])
    """
    n = len(time)
    if not all(0 <= share < 1 for share in fractions) or not sum(fractions) < 1:
        raise InvalidValueError(f"shares {fractions} of {n} rows", "validation and test below 1 together")
    filled = np.where(np.isnan(time), -np.inf, time)
    times = np.unique(filled)
    before = n - np.searchsorted(np.sort(filled), times)  # rows that are of this time or later
    cut = times[np.abs(before - fractions[1] * n).argmin()] if fractions[1] else np.inf
    if cut == times[0]:
        raise InvalidValueError("a split by time of rows of one time", "times that differ", "split at random")
    earlier, test = np.flatnonzero(filled < cut), np.flatnonzero(filled >= cut)
    share = min(fractions[0] * n / len(earlier), np.nextafter(1, 0))
    labels = None if stratify is None else stratify[earlier]
    inner = split_rows(len(earlier), seed=seed, fractions=(share, 0.0), stratify=labels)
    return Split(earlier[inner.train], earlier[inner.validation], test)


def split_by_group(groups: NDArray[Any], *, seed: int, fractions: tuple[float, float]) -> Split:
    """No group is in two parts: patients, households, sessions that the model will not have met.

    Args:
        groups: of each row (N,), as numbers or texts.
        seed, fractions: as of `split_rows`; the shares are met as nearly as the groups' sizes allow.

    Raises:
        InvalidValueError: as `split_rows`; also for fewer groups than parts.

    Example:
        >>> s = split_by_group(np.array([0, 0, 1, 1, 2, 2, 3, 3]), seed=0, fractions=(0.25, 0.25))
        >>> len(s.train), len(s.validation), len(s.test)
        (4, 2, 2)
    """
    n = len(groups)
    if not all(0 <= share < 1 for share in fractions) or not sum(fractions) < 1:
        raise InvalidValueError(f"shares {fractions} of {n} rows", "validation and test below 1 together")
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    parts = [share for share in (1 - sum(fractions), *fractions) if share]
    if len(names) < len(parts):
        raise InvalidValueError(f"{len(names)} groups for {len(parts)} parts", "at least one group in each")
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    wanted = np.array([1 - sum(fractions), *fractions]) * n
    part_of, filled = np.empty(len(names), np.int64), np.zeros(3)
    order = rng.permutation(len(names))
    for g in order[np.argsort(-sizes[order], kind="stable")]:  # the largest first, each to the part that lacks most
        part = int(np.argmax(np.where(wanted > 0, (wanted - filled) / np.maximum(wanted, 1e-300), -np.inf)))
        part_of[g], filled[part] = part, filled[part] + sizes[g]
    train, validation, test = (np.flatnonzero(part_of[group] == part) for part in range(3))
    return Split(train, validation, test)


def _first_of_each(labels: NDArray[Any], position: NDArray[Any]) -> Rows:
    """One row of each class, which stays in the training part."""
    order = np.argsort(position, kind="stable")
    _, first = np.unique(labels[order], return_index=True)
    return order[first]
