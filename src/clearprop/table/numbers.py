"""Columns of numbers, scaled, with those that are hidden in text; and the logarithms of those with heavy tails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from clearprop.errors import TableError
from clearprop.messages import Message
from clearprop.table.finder import find_format
from clearprop.table.naming import Named, Write
from clearprop.table.plain import Positive, record
from clearprop.table.statistics import Moments, Range
from clearprop.table.values import (
    Features,
    Numbers,
    Series,
    as_numbers,
    as_values,
    count_values,
    each_value,
    is_date,
    is_text,
)
from clearprop.table.written import NumberFormat

Scaling = Literal["auto", "standard", "robust", "log"]
SCALINGS: tuple[Scaling, ...] = ("auto", "standard", "robust", "log")

UNBENT = 1e300  # a c so far out that nothing is bent, to the bit
_BEND = {"standard": 5.0, "robust": 3.0, "log": 5.0}


@dataclass(frozen=True)
class NumberColumn(Named):
    """A number, scaled: (x − center)/scale, with the median for a missing value.

    Standard scaling takes mean and standard deviation, robust scaling the median and the distance of the quartiles, and
    log scaling mean and standard deviation of the signed logarithm sign(x)·log(1 + |x|/unit) in place of x. Which one a
    column needs is found by "auto": logarithms where values span decades, robust where a few are far out.
    What is far out is bent: x/√(1 + (x/c)²) stays within ±c, so that no wild value rules the rest; c is 5 standard
    deviations, or 3 distances of quartiles.
    Where values were missing in training, a second feature says whether one is.
    """

    name: str  # of the column
    center: float  # what is subtracted, of the logarithms where they are taken
    scale: Positive  # what it is divided by
    median: float  # in place of a missing value, in the column's own unit
    bend: Positive  # c
    has_missing: bool  # whether values were missing in training
    text: NumberFormat | None = None  # how numbers are written, in a column of text
    log_unit: Positive | None = None  # of the logarithm; None where there is none
    has_negative: bool = False  # whether values were negative in training
    kind: ClassVar[str] = "number"

    @classmethod
    def fit(cls, series: Series, scaling: Scaling = "auto", text: NumberFormat | None = None) -> NumberColumn:
        """The median of the values that are there; center and scale with the median in the gaps."""
        values = as_numbers(series, text.parse if text else None)
        seen, missing = Range.of(values), np.isnan(values)
        median = float(np.median(values[~missing]))
        filled = np.where(missing, median, values)
        scaling, unit = _chosen(scaling, values[~missing])
        filled = filled if unit is None else signed_log(filled, unit)
        if scaling == "robust":
            center, scale = median, _robust_scale(filled)
        else:
            moments = Moments.of(filled)
            center, scale = moments.mean, moments.std
        found = center, scale or 1.0, median, _BEND[scaling], seen.missing > 0
        return cls(series.name, *found, text, unit, seen.low < 0)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NumberColumn:
        """From its fields; see `record`."""
        return record(cls, data)

    @property
    def holds_numbers(self) -> bool:
        """Whether the column holds plain numbers, and not text that reads as some."""
        return self.text is None

    def named(self, write: Write) -> list[str]:
        """The column's name, "is missing" where needed, and the units of some."""
        return self.named_as(write(self.name))

    def named_as(self, column: str) -> list[str]:
        """The same of a column that is called so."""
        others = () if self.text is None else self.text.flagged
        return [column, *[f"{column} is missing"] * self.has_missing, *(f"{column} in {unit}" for unit in others)]

    def encode(self, series: Series) -> Features:
        """(N, features) numbers."""
        values = self.numbers(series)
        missing = np.isnan(values)
        filled = np.where(missing, self.median, values)
        scaled = ((filled if self.log_unit is None else signed_log(filled, self.log_unit)) - self.center) / self.scale
        scaled = far_bent(scaled, self.bend)
        features = [scaled, *[missing.astype(np.float64)] * self.has_missing]
        if self.text is not None and self.text.flagged:
            place = np.array(each_value(series, self.place_of_unit))
            features += [(place == k + 1).astype(np.float64) for k in range(len(self.text.flagged))]
        return np.stack(features, 1)

    def numbers(self, series: Series) -> Numbers:
        """The column's numbers as they are, (N,), NaN where missing.

        Raises:
            TableError: for dates, and text that is no number.
        """
        if is_date(series):
            wrong = next((value for value in as_values(series) if value is not None), None)
            if wrong is not None:
                raise TableError(f"column {self.name!r} holds {str(wrong)[:40]!r}", "numbers, as in training")
        return as_numbers(series, self.text.parse if self.text else None)

    def place_of_unit(self, value: Any) -> int:
        """Which of the units with a flag a text has, from 1; 0 for none."""
        return self.text.unit(value) if self.text is not None and isinstance(value, str) else 0

    @property
    def is_robust(self) -> bool:
        """Whether center and scale are median and quartiles."""
        return self.bend == _BEND["robust"]

    @property
    def formula(self) -> str:
        """What becomes of a value x before it is bent."""
        x = "x" if self.log_unit is None else log_formula(self.log_unit, "|x|" if self.has_negative else "x")
        return f"({x} {'−' if self.center >= 0 else '+'} {abs(self.center):.4g}) / {self.scale:.4g}"

    def describe(self) -> Message:
        """What was done, in a few words."""
        if self.bend >= UNBENT:
            parts = [Message("table.number.unbent", formula=self.formula)]
            parts += [Message("table.number.filled", value=f"{self.median:.4g}")] * (not self.has_missing)
        else:
            parts = [Message("table.number.scaled", formula=self.formula, bend=self.bend)]
        parts += [Message("table.number.robust")] * self.is_robust
        parts += [Message("table.missing_flag", value=f"{self.median:.4g}")] * self.has_missing
        parts += self.text.describe() if self.text is not None else []
        return Message("table.parts", parts=parts)


def far_bent(scaled: Numbers, bend: float | Numbers) -> Numbers:
    """x/√(1 + (x/c)²): x near 0, within ±c far from it."""
    return np.asarray(scaled / np.sqrt(1 + (scaled / bend) ** 2))


def _chosen(scaling: Scaling, values: Numbers) -> tuple[Scaling, float | None]:
    """The scaling, found where it is "auto", and the unit of the logarithm."""
    if scaling == "log":
        return scaling, find_log_unit(values, -np.inf) or float(np.median(np.abs(values))) or 1.0
    unit = find_log_unit(values, WORTH_A_LOG) if scaling == "auto" else None
    if scaling == "auto":
        scaling = "log" if unit is not None else "robust" if has_far_out(values) else "standard"
    return scaling, unit


def _robust_scale(values: Numbers) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) or float(values.max() - values.min()) / 2


def find_numbers(series: Series, marks: bool = True, spans: bool = False) -> NumberFormat | None:
    """How numbers are written in a column of text; None if it does not hold numbers.

    Args:
        series: the column.
        marks: whether a word that is there again and again may stand for a missing value.
        spans: whether 00:45 is a length of time, and no time of the day.
    """
    if not is_text(series):
        return None
    counts = count_values(series)
    return find_format(counts, marks, spans) if all(isinstance(value, str) for value in counts) else None


def odd_one(series: Series) -> tuple[str, int]:
    """A value of a column that is no number, and its row; where each is one, that they are written in several ways."""
    values = list(enumerate(as_values(series)))
    for row, value in values:
        if value is not None and not (isinstance(value, str) and (not value.strip() or NumberFormat.reads(value))):
            return f"holds {str(value)[:40]!r}", row
    row, value = next((row, value) for row, value in values if value is not None)
    return f"holds numbers that are not written in one way, {str(value)[:40]!r}", row


# Gain in likelihood a row, in nats, from which logarithms are taken. It is 0.2 for a log-normal quantity whose 16th and
# 84th percentiles lie a factor 2.8 apart (σ = 0.51).
WORTH_A_LOG = 0.2
WORTH_A_LOG_OF_TARGET = 0.3  # the same for a factor 3.7 (σ = 0.66): squared errors of logarithms are another question
FEWEST_VALUES = 20
_UNITS = (0.01, 0.05, 0.1, 0.25, 0.5)  # quantiles of |x| that are tried
_OUTER = 0.005  # of the values, left out at each end: a few wild ones are no shape
_FAR_OUT = 3.0


def signed_log(values: Numbers, unit: float | Numbers) -> Numbers:
    """sign(x)·log(1 + |x|/unit): x/unit near 0, a logarithm far from it, (N,).

    Example:
        >>> signed_log(np.array([-9.0, 0.0, 9.0, 99.0]), 1.0).round(2).tolist()
        [-2.3, 0.0, 2.3, 4.61]
    """
    return np.sign(values) * np.log1p(np.abs(values) / unit)


def signed_exp(values: Numbers, unit: float) -> Numbers:
    """The inverse of `signed_log`: sign(t)·unit·(exp|t| − 1), (N,)."""
    return np.sign(values) * unit * np.expm1(np.abs(values))


def find_log_unit(values: Numbers, worth: float = WORTH_A_LOG) -> float | None:
    """The unit of the signed logarithm that makes values nearly normal; None where plain values are as near.

    As in the choice of a Box–Cox transformation, normal distributions are fitted to the values and to their logarithms
    log(1 + |x|/unit), and their likelihoods compared, ln std(x) − ln std(t) + mean ln dt/dx. Zeros are the same in
    both and speak for neither. Half a percent of the values at each end is left out.

    Args:
        values: (N,), none missing.
        worth: the gain per value from which logarithms are taken.

    Example:
        >>> z = np.random.default_rng(0).normal(size=1000)
        >>> find_log_unit(z) is None, find_log_unit(np.exp(2 * z)) is None
        (True, False)
    """
    inner = _inner(values)
    there = inner[inner != 0]
    if len(there) < FEWEST_VALUES or not 0 < np.std(there) < np.inf:
        return None
    share, size = len(there) / len(inner), np.abs(there)
    gains = {}
    for unit in map(float, np.quantile(size, _UNITS)):
        logs = signed_log(there, unit)
        if unit > 0 and np.std(logs) > 0:
            gains[unit] = np.log(np.std(there)) - np.log(np.std(logs)) - np.mean(np.log(unit + size))
    best = max(gains, key=lambda unit: gains[unit], default=None)
    return best if best is not None and share * gains[best] > worth else None


def has_far_out(values: Numbers) -> bool:
    """Whether a few values are so far out that mean and standard deviation tell of them and not of the rest."""
    inner = _inner(values)
    low, high = np.quantile(values, [0.25, 0.75])
    return bool(high > low and len(inner) >= FEWEST_VALUES and np.std(values) > _FAR_OUT * np.std(inner) > 0)


def log_formula(unit: float, x: str = "x") -> str:
    """The logarithm as a formula; of values that may be negative |x| stands for x."""
    return f"{'±' * ('|' in x)}log(1 + {x}/{unit:.4g})"


def _inner(values: Numbers) -> Numbers:
    ordered = np.sort(values)
    k = int(np.ceil(_OUTER * len(ordered)))
    return ordered[k : len(ordered) - k]
