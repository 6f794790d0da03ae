"""Columns of numbers, and numbers that are hidden in text: "$1,234.50", "12,5 %", "1 234 kg"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np

from clearprop.errors import TableError
from clearprop.table.values import (
    LEAST_READABLE,
    MOST_MARKS,
    Features,
    Numbers,
    Series,
    as_numbers,
    as_values,
    exactly,
    finite,
    is_date,
    is_text,
    mean_and_std,
    positive,
    texts,
)

Scaling = Literal["standard", "robust"]

_CURRENCY = r"[$€£¥￥₹₩₽₺₫฿]|(?:US|A|C|HK|NT)\$|USD|EUR|GBP|CNY|RMB|JPY|CHF|INR"
_SPACES = " \u00a0\u202f'’"
_NUMBER = re.compile(
    rf"(?P<sign>[+\-−]?)\s*(?P<prefix>(?:{_CURRENCY})?)\s*(?P<sign2>[+\-−]?)"
    rf"(?P<digits>\d[\d.,{_SPACES}]*(?<=\d)|\d|[.,]\d+)\s*(?P<suffix>[^\d\s.,+\-][^\d.,]{{0,7}})?"
)
_SEPARATORS = (("", "."), (",", "."), ("", ","), (".", ","), (" ", "."), (" ", ","))  # thousands and decimal, tried so
_BEND = {"standard": 5.0, "robust": 3.0}


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written as text: "$1,234.50 " is prefix $, thousands in commas, a decimal point.

    Attributes:
        prefix: currency before the number.
        suffix: unit, currency or % behind it.
        thousands: the character between groups of three digits, or "".
        decimal: "." or ",".
        marks: texts that stand for a missing value.
        example: one value as it was written.

    Example:
        >>> found = NumberFormat.find(["$1,234.50", "$7.25"])
        >>> found.parse("$2,000"), found.parse("12")
        (2000.0, 12.0)
    """

    prefix: str = ""
    suffix: str = ""
    thousands: str = ""
    decimal: str = "."
    marks: tuple[str, ...] = ()
    example: str = ""

    @classmethod
    def find(cls, values: Iterable[str]) -> NumberFormat | None:
        """The format of texts, or None if they are not numbers written in one way.

        At most three texts may be none, in at most 5 % of the places: they are marks for a missing value.
        """
        counts = Counter(value.strip() for value in values)
        counts.pop("", None)
        matches = {text: _NUMBER.fullmatch(text) for text in counts}
        marks = tuple(sorted(text for text, match in matches.items() if match is None))
        found = {text: match for text, match in matches.items() if match is not None}
        rows = sum(counts[text] for text in found)
        if not found or len(marks) > MOST_MARKS or rows < LEAST_READABLE * sum(counts.values()):
            return None
        if any(re.fullmatch(r"[+-]?0\d+", text) for text in found):
            return None  # codes such as 007 are no numbers
        prefixes = {match["prefix"] for match in found.values()}
        suffixes = {(match["suffix"] or "").strip() for match in found.values()}
        if len(prefixes - {""}) > 1 or len(suffixes) > 1:
            return None
        separators = _separators([match["digits"] for match in found.values()])
        if separators is None:
            return None
        example = max(found, key=lambda text: (len(text) <= 24, len(text), text))
        return cls(max(prefixes), suffixes.pop(), *separators, marks, example)

    @classmethod
    def from_dict(cls, data: Any) -> NumberFormat:
        """From its fields."""
        fields = {name: exactly(str, data[name]) for name in ("prefix", "suffix", "thousands", "decimal", "example")}
        if (fields["thousands"], fields["decimal"]) not in _SEPARATORS:
            raise ValueError("a format of numbers that no column has")
        return cls(**fields, marks=texts(data["marks"]))

    @property
    def is_plain(self) -> bool:
        """Whether the numbers are written as everywhere, so that only the marks are special."""
        return (self.prefix, self.suffix, self.thousands, self.decimal) == ("", "", "", ".")

    def parse(self, text: str) -> float:
        """The number in a text; NaN for a mark.

        Raises:
            ValueError: for other text.
        """
        text = text.strip()
        if text in self.marks:
            return float("nan")
        match = _NUMBER.fullmatch(text)
        if match is None or match["prefix"] not in ("", self.prefix):
            return float(text)
        if (match["suffix"] or "").strip() not in ("", self.suffix):
            raise ValueError(text)
        digits = _plain_spaces(match["digits"])
        if not _written(self.thousands, self.decimal).fullmatch(digits):
            raise ValueError(text)
        number = float(digits.replace(self.thousands, "").replace(self.decimal, "."))
        return -number if (match["sign"] or match["sign2"]) in ("-", "−") else number


def _separators(digits: list[str]) -> tuple[str, str] | None:
    """Thousands and decimal separators, or None if there is no consistent reading."""
    spaced = [_plain_spaces(text) for text in digits]
    for thousands, decimal in _SEPARATORS:
        if all(_written(thousands, decimal).fullmatch(text) for text in spaced):
            return thousands, decimal
    return None


@cache
def _written(thousands: str, decimal: str) -> re.Pattern[str]:
    """Digits with these separators: groups of three behind the first, which does not begin with 0."""
    group = rf"[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"(?:{group})(?:{re.escape(decimal)}\d*)?|{re.escape(decimal)}\d+")


def _plain_spaces(text: str) -> str:
    return re.sub(f"[{_SPACES}]", " ", text)


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
        """The column's name, and "is missing" where needed."""
        return [self.name] + ([f"{self.name} is missing"] if self.has_missing else [])

    def encode(self, series: Series) -> Features:
        """(N, 1) or (N, 2) numbers.

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
        return np.stack([scaled, missing], 1) if self.has_missing else scaled[:, None]

    def describe(self) -> str:
        """What was done, in a few words."""
        sign = "−" if self.center >= 0 else "+"
        parts = [f"(x {sign} {abs(self.center):.4g}) / {self.scale:.4g}, within ±{self.bend:g}"]
        if self.has_missing:
            parts.append(f"missing → {self.median:.4g}, and a flag")
        if self.text is not None and not self.text.is_plain:
            parts.append(f"read from text such as {self.text.example!r}")
        if self.text is not None and self.text.marks:
            parts.append(" and ".join(map(repr, self.text.marks)) + " counted as missing")
        return "; ".join(parts)


def _robust_scale(values: Numbers) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) or float(values.max() - values.min()) / 2


def find_numbers(series: Series) -> NumberFormat | None:
    """How numbers are written in a column of text; None if it does not hold numbers."""
    if not is_text(series):
        return None
    values = as_values(series)
    if not all(isinstance(value, str) for value in values if value is not None):
        return None
    return NumberFormat.find(value for value in values if value is not None)
