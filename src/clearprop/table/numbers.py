"""Columns of numbers, scaled, with those that are hidden in text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from clearprop.errors import TableError
from clearprop.table.values import (
    Features,
    Numbers,
    Series,
    as_numbers,
    as_values,
    each_value,
    exactly,
    finite,
    is_date,
    is_text,
    mean_and_std,
    positive,
)
from clearprop.table.written import NumberFormat

Scaling = Literal["standard", "robust"]

_BEND = {"standard": 5.0, "robust": 3.0}


@dataclass(frozen=True)
class NumberColumn:
    """A number, scaled: (x − center)/scale, with the median for a missing value.

    Standard scaling takes mean and standard deviation, robust scaling the median and the distance of the quartiles.
    What is far out is bent: x/√(1 + (x/c)²) stays within ±c, so that no wild value rules the rest; c is 5 standard
    deviations, or 3 distances of quartiles.
    Where values were missing in training, a second feature says whether one is.
    """

    name: str
    center: float
    scale: float
    median: float
    bend: float
    has_missing: bool
    text: NumberFormat | None = None
    kind: ClassVar[str] = "number"

    @classmethod
    def fit(cls, series: Series, scaling: Scaling = "standard", text: NumberFormat | None = None) -> NumberColumn:
        """The median of the values that are there; center and scale with the median in the gaps."""
        values = as_numbers(series, text.parse if text else None)
        missing = np.isnan(values)
        median = float(np.median(values[~missing]))
        filled = np.where(missing, median, values)
        center, scale = (median, _robust_scale(filled)) if scaling == "robust" else mean_and_std(filled)
        return cls(series.name, center, scale or 1.0, median, _BEND[scaling], bool(missing.any()), text)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NumberColumn:
        """From its fields.

        Raises:
            KeyError, TypeError, ValueError: for fields that no column has.
        """
        text = None if data["text"] is None else NumberFormat.from_dict(data["text"])
        numbers = finite(data["center"]), positive(data["scale"]), finite(data["median"]), positive(data["bend"])
        return cls(exactly(str, data["name"]), *numbers, exactly(bool, data["has_missing"]), text)

    @property
    def holds_numbers(self) -> bool:
        """Whether the column holds plain numbers, and not text that reads as some."""
        return self.text is None

    @property
    def feature_names(self) -> list[str]:
        """The column's name, "is missing" where needed, and the units of some."""
        others = () if self.text is None else self.text.others
        return [self.name, *[f"{self.name} is missing"] * self.has_missing, *(f"{self.name} in {u}" for u in others)]

    def encode(self, series: Series) -> Features:
        """(N, features) numbers.

        Raises:
            TableError: for text that is no number, and dates.
        """
        if is_date(series):
            wrong = next((value for value in as_values(series) if value is not None), None)
            if wrong is not None:
                raise TableError(f"column {self.name!r} holds {str(wrong)[:40]!r}", "numbers, as in training")
        values = as_numbers(series, self.text.parse if self.text else None)
        missing = np.isnan(values)
        scaled = (np.where(missing, self.median, values) - self.center) / self.scale
        scaled = scaled / np.sqrt(1 + (scaled / self.bend) ** 2)
        features = [scaled, *[missing.astype(np.float64)] * self.has_missing]
        if self.text is not None and self.text.others:
            place = np.array(each_value(series, self._place_of_unit))
            features += [(place == k + 1).astype(np.float64) for k in range(len(self.text.others))]
        return np.stack(features, 1)

    def _place_of_unit(self, value: Any) -> int:
        return self.text.unit(value) if self.text is not None and isinstance(value, str) else 0

    def describe(self) -> str:
        """What was done, in a few words."""
        sign = "−" if self.center >= 0 else "+"
        parts = [f"(x {sign} {abs(self.center):.4g}) / {self.scale:.4g}, within ±{self.bend:g}"]
        if self.has_missing:
            parts.append(f"missing → {self.median:.4g}, and a flag")
        parts += self.text.describe() if self.text is not None else []
        return "; ".join(parts)


def _robust_scale(values: Numbers) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) or float(values.max() - values.min()) / 2


def find_numbers(series: Series, marks: bool = True) -> NumberFormat | None:
    """How numbers are written in a column of text; None if it does not hold numbers.

    `marks` says whether a word that is there again and again may stand for a missing value.
    """
    if not is_text(series):
        return None
    values = as_values(series)
    if not all(isinstance(value, str) for value in values if value is not None):
        return None
    return NumberFormat.find((value for value in values if value is not None), marks)
