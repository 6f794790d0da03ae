"""Rows for training, validation and test, as a function of the seed: at random, by group, or by a column of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError, checked_seed, plural, unknown_name
from clearprop.table.date_text import as_microseconds, find_dates, is_clock
from clearprop.table.values import Numbers, Series, as_numbers, is_number, unboxed

Rows = NDArray[np.int64]

_FEWEST_ROWS, _FEWEST_TIMES = 30, 10
_IN_ORDER = 0.98  # rank correlation of time and row from which rows count as sorted
_EVEN = 0.9  # of the steps from one time to the next that are alike, where there is one row per period


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
    _check_shares(fractions, n)
    if stratify is not None and len(stratify) != n:
        raise InvalidValueError(
            f"{plural(len(stratify), 'label')} to stratify {plural(n, 'row')}", "one label for each row"
        )
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    labels = np.zeros(n, np.int64) if stratify is None else np.unique(stratify, return_inverse=True)[1]
    # Rows in an order in which the classes alternate evenly; cutting it in blocks keeps their proportions.
    position = np.empty(n)
    for k in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == k))
        position[members] = (np.arange(len(members)) + rng.uniform()) / len(members)
    order = np.argsort(position, kind="stable")
    first = order[np.unique(labels[order], return_index=True)[1]]  # one row of each class stays in the training part
    rest = order[~np.isin(order, first)]
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
    _check_shares(fractions, n)
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
    _check_shares(fractions, n)
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    parts = [share for share in (1 - sum(fractions), *fractions) if share]
    if len(names) < len(parts):
        raise InvalidValueError(
            f"{plural(len(names), 'group')} for {plural(len(parts), 'part')}", "at least one group in each"
        )
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    wanted = np.array([1 - sum(fractions), *fractions]) * n
    part_of, filled = np.empty(len(names), np.int64), np.zeros(3)
    order = rng.permutation(len(names))
    for g in order[np.argsort(-sizes[order], kind="stable")]:  # the largest first, each to the part that lacks most
        part = int(np.argmax(np.where(wanted > 0, (wanted - filled) / np.maximum(wanted, 1e-300), -np.inf)))
        part_of[g], filled[part] = part, filled[part] + sizes[g]
    train, validation, test = (np.flatnonzero(part_of[group] == part) for part in range(3))
    return Split(train, validation, test)


def _check_shares(fractions: tuple[float, float], n: int) -> None:
    if n < 0 or not all(0 <= share < 1 for share in fractions) or not sum(fractions) < 1:
        raise InvalidValueError(f"shares {fractions} of {plural(n, 'row')}", "validation and test below 1 together")


def dates_in(table: nw.DataFrame[Any], names: Iterable[str]) -> dict[str, Numbers]:
    """The columns of dates: name → microseconds since 1970-01-01 (N,), NaN where missing; clock times are none."""
    wanted = set(names)
    columns = [cast(Series, series) for series in table.iter_columns() if series.name in wanted]
    found = {series.name: _dates(unboxed(series)) for series in columns}
    return {name: time for name, time in found.items() if time is not None}


def orders_rows(time: Numbers) -> bool:
    """Whether rows come in the order of time, up or down, or there is one row per day, hour or month.

    A birth date does not order rows, nor does the date in a table of many shops, one behind the other.
    """
    there = ~np.isnan(time)
    times = np.unique(time[there])
    if there.mean() < _EVEN or there.sum() < _FEWEST_ROWS or len(times) < _FEWEST_TIMES:
        return False
    if len(times) == there.sum():
        steps = np.diff(times) / np.median(np.diff(times))  # months have 28 to 31 days
        if np.mean(np.abs(steps - 1) < 0.15) >= _EVEN:
            return True
    ordered, time = np.sort(time[there]), time[there]
    rank = np.searchsorted(ordered, time, "left") + np.searchsorted(ordered, time, "right")
    return float(abs(np.corrcoef(rank, np.arange(len(time)))[0, 1])) >= _IN_ORDER


def time_of(table: nw.DataFrame[Any], name: str) -> Numbers:
    """What orders the rows by a column that was named: dates in microseconds, or numbers (years, steps) as they are.

    Raises:
        UnknownNameError: if there is no such column.
        TableError: if it is neither.
    """
    if name not in table.columns:
        raise unknown_name("column of times", name, list(table.columns))
    column = unboxed(table[name])
    time = as_numbers(column) if is_number(column) else _dates(column)
    if time is None:
        raise TableError(f"column {name!r} holds no dates and no numbers", "a column that orders the rows in time")
    return time


def _dates(column: Series) -> Numbers | None:
    try:
        found = find_dates(column)
    except TypeError:  # lists
        return None
    return None if found is None or is_clock(found[0]) else as_microseconds(column, *found)
