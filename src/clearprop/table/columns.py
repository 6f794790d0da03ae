"""Columns: what each is, how it becomes features, and why some are set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError

Features = NDArray[np.float64]
Series = nw.Series[Any]

MOST_LEVELS = 100  # more categories than this are pooled: their columns would be almost always 0


def is_number(series: Series) -> bool:
    """Whether a column holds numbers (truth values are categories)."""
    return bool(series.dtype.is_numeric())


def as_numbers(series: Series) -> Features:
    """A column as float64, NaN where missing; text that reads as numbers is accepted.

    Raises:
        TableError: for text that is no number, or an infinite number.
    """
    if is_number(series):
        values = series.cast(nw.Float64).to_numpy().astype(np.float64)
    else:
        values = np.array([_to_float(series.name, v) for v in series.to_list()], np.float64)
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise TableError(f"column {series.name!r} is infinite in row {row}", "finite numbers or missing values")
    return values


def _to_float(name: str, value: Any) -> float:
    if value is None:
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TableError(f"column {name!r} holds {str(value)[:40]!r}", "numbers, as in training") from None


def as_levels(series: Series) -> list[str | None]:
    """A column as text, None where missing."""
    return [None if _is_missing(v) else str(v).strip() for v in series.to_list()]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


@dataclass(frozen=True)
class NumberColumn:
    """A number, standardised: (x − mean)/std, with the median for a missing value.

    Where values were missing in training, a second feature says whether one is.
    """

    name: str
    mean: float
    std: float
    median: float
    has_missing: bool

    @classmethod
    def fit(cls, series: Series) -> NumberColumn:
        """Mean, std and median of the values that are there."""
        values = as_numbers(series)
        there = values[~np.isnan(values)]
        filled = np.where(np.isnan(values), np.median(there), values)
        std = float(np.std(filled))
        return cls(
            series.name, float(np.mean(filled)), std or 1.0, float(np.median(there)), bool(np.isnan(values).any())
        )

    @property
    def feature_names(self) -> list[str]:
        """The column's name, and "is missing" where needed."""
        return [self.name] + ([f"{self.name} is missing"] if self.has_missing else [])

    def encode(self, series: Series) -> Features:
        """(N, 1) or (N, 2) numbers."""
        values = as_numbers(series)
        missing = np.isnan(values)
        scaled = (np.where(missing, self.median, values) - self.mean) / self.std
        return np.stack([scaled, missing.astype(np.float64)], 1) if self.has_missing else scaled[:, None]


@dataclass(frozen=True)
class CategoryColumn:
    """A category, one-hot. None among the levels stands for a missing value; `pooled` for all rare levels together.

    A level that was not there in training is all zeros.
    """

    name: str
    levels: tuple[str | None, ...]
    pooled: bool = False

    @classmethod
    def fit(cls, series: Series) -> CategoryColumn:
        """The levels, in alphabetical order; the most frequent ones if there are too many."""
        counts = Counter(as_levels(series))
        kept = [level for level, _ in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:MOST_LEVELS]]
        levels = sorted(level for level in kept if level is not None) + ([None] if None in kept else [])
        return cls(series.name, tuple(levels), len(counts) > MOST_LEVELS)

    @property
    def feature_names(self) -> list[str]:
        """One name per level."""
        names = [f"{self.name}={'missing' if level is None else level}" for level in self.levels]
        return names + ([f"{self.name}=other"] if self.pooled else [])

    def encode(self, series: Series) -> Features:
        """(N, levels) zeros and ones."""
        place = {level: i for i, level in enumerate(self.levels)}
        other = len(self.levels) if self.pooled else -1
        index = np.array([place.get(level, other) for level in as_levels(series)], np.int64)
        result = np.zeros((len(index), len(self.feature_names)))
        known = index >= 0
        result[np.flatnonzero(known), index[known]] = 1.0
        return result


Column = NumberColumn | CategoryColumn


def fit_column(series: Series) -> Column | str:
    """The column's encoding, or the reason why it is set aside."""
    levels = set(as_levels(series))
    if not levels - {None}:
        return "all values are missing"
    if len(levels) == 1:
        return "the same value in every row"
    if is_number(series):
        return NumberColumn.fit(series)
    if len(levels) > 50 and len(levels) > 0.5 * len(series):
        return "text that is different in nearly every row"
    return CategoryColumn.fit(series)
