"""Columns: what each is, how it becomes features, and why some are set aside.

A date counts as a number, its days since 1970-01-01; text that looks like a date stays text.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeVar

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError

Features = NDArray[np.float64]
Series = nw.Series[Any]

MOST_LEVELS = 100  # more categories than this are pooled: their columns would be almost always 0
LARGEST = 1e150  # squares of larger numbers overflow, and with them the standard deviation
_MICROSECONDS_A_DAY = 86.4e9


def is_number(series: Series) -> bool:
    """Whether a column holds numbers (truth values are categories)."""
    return bool(series.dtype.is_numeric())


def is_date(series: Series) -> bool:
    """Whether a column holds dates, with or without a time of day."""
    return series.dtype in (nw.Date, nw.Datetime)


def as_numbers(series: Series) -> Features:
    """A column as float64 (N,), NaN where missing.

    Text that reads as numbers is accepted, and a date is its number of days since 1970-01-01.

    Raises:
        TableError: for text that is no number, and for a number that is infinite or larger than 1e150.
    """
    if is_number(series):
        values = series.cast(nw.Float64).to_numpy().astype(np.float64)
    elif is_date(series):
        values = series.dt.timestamp("us").cast(nw.Float64).to_numpy().astype(np.float64) / _MICROSECONDS_A_DAY
    else:
        values = np.array([_to_float(series.name, v) for v in as_values(series)], np.float64)
    too_large = np.abs(values) > LARGEST
    if too_large.any():
        row = int(np.argmax(too_large))
        size = "infinite" if np.isinf(values[row]) else f"{values[row]:g}"
        raise TableError(
            f"column {series.name!r} is {size} in row {row}", f"numbers below {LARGEST:g}, or missing values"
        )
    return values


def mean_and_std(values: Features) -> tuple[float, float]:
    """Mean and standard deviation of values that are there, (n,); the latter is exactly 0 if all are the same."""
    if values.min() == values.max():  # np.std says 1.4e-17 for six times 0.1
        return float(values[0]), 0.0
    return float(np.mean(values)), float(np.std(values))


def _to_float(name: str, value: Any) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise TableError(f"column {name!r} holds {str(value)[:40]!r}", "numbers, as in training") from None


def as_values(series: Series) -> list[Any]:
    """A column's values, None where missing: each library has a mark of its own (None, NaN, NaT, pd.NA)."""
    pairs = zip(series.to_list(), series.is_null().to_list(), strict=True)
    return [None if gone or (isinstance(value, float) and np.isnan(value)) else value for value, gone in pairs]


def as_levels(series: Series) -> list[str | None]:
    """A column as text, None where missing."""
    return [None if value is None else _as_text(value) for value in as_values(series)]


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes floats of whole numbers when one is missing: 2.0 is the level "2"
    return str(value).strip()


@dataclass(frozen=True)
class NumberColumn:
    """A number, standardised: (x − mean)/std, with the median for a missing value.

    Where values were missing in training, a second feature says whether one is. A date is its days since 1970-01-01.
    """

    name: str
    mean: float
    std: float
    median: float
    has_missing: bool
    is_date: bool = False

    @classmethod
    def fit(cls, series: Series) -> NumberColumn:
        """The median of the values that are there; mean and std with the median in the gaps."""
        values = as_numbers(series)
        missing = np.isnan(values)
        median = float(np.median(values[~missing]))
        mean, std = mean_and_std(np.where(missing, median, values))
        return cls(series.name, mean, std or 1.0, median, bool(missing.any()), is_date(series))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NumberColumn:
        """From its fields.

        Raises:
            KeyError, TypeError, ValueError: for fields that no column has.
        """
        mean, std, median = (finite(data[key]) for key in ("mean", "std", "median"))
        if std <= 0:
            raise ValueError(f"std {std}")
        flags = exactly(bool, data["has_missing"]), exactly(bool, data.get("is_date", False))
        return cls(exactly(str, data["name"]), mean, std, median, *flags)

    @property
    def feature_names(self) -> list[str]:
        """The column's name, and "is missing" where needed."""
        return [self.name] + ([f"{self.name} is missing"] if self.has_missing else [])

    def encode(self, series: Series) -> Features:
        """(N, 1) or (N, 2) numbers.

        Raises:
            TableError: for text that is no number, dates in place of numbers, and numbers in place of dates.
        """
        if is_date(series) is not self.is_date:
            wrong = next((value for value in as_values(series) if value is not None), None)
            if wrong is not None:
                wanted = "dates" if self.is_date else "numbers"
                raise TableError(f"column {self.name!r} holds {str(wrong)[:40]!r}", f"{wanted}, as in training")
        values = as_numbers(series)
        missing = np.isnan(values)
        scaled = (np.where(missing, self.median, values) - self.mean) / self.std
        return np.stack([scaled, missing.astype(np.float64)], 1) if self.has_missing else scaled[:, None]


@dataclass(frozen=True)
class CategoryColumn:
    """A category, one-hot. None among the levels stands for a missing value; `pooled` for all rare levels together.

    A level that was not there in training is all zeros or, where rare levels are pooled, one of those.
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

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CategoryColumn:
        """From its fields.

        Raises:
            KeyError, TypeError, ValueError: for fields that no column has.
        """
        levels = tuple(None if level is None else exactly(str, level) for level in exactly(list, data["levels"]))
        if not levels or len(set(levels)) < len(levels):
            raise ValueError("no levels, or one of them twice")
        return cls(exactly(str, data["name"]), levels, exactly(bool, data["pooled"]))

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
    numeric = is_number(series) or is_date(series)
    levels = _distinct_numbers(series) if numeric else set(as_levels(series))
    if not levels - {None}:
        return "all values are missing"
    if len(levels) == 1:
        return "the same value in every row"
    if numeric:
        return NumberColumn.fit(series)
    if len(levels) > 50 and len(levels) > 0.5 * len(series):
        return "text that is different in nearly every row"
    return CategoryColumn.fit(series)


def _distinct_numbers(series: Series) -> set[float | None]:
    values = as_numbers(series)
    missing = np.isnan(values)
    return {*np.unique(values[~missing]).tolist(), *([None] if missing.any() else [])}


T = TypeVar("T")


def exactly(kind: type[T], value: Any) -> T:
    """A value out of a file, if it is of that very type: True is no integer, and "false" no truth value."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, not {value!r:.40}")
    return value


def finite(value: Any) -> float:
    """A number out of a file, if it is one and finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"a finite number expected, not {value!r:.40}")
    return float(value)
