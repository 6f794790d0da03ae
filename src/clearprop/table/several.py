"""Columns of several numbers in one text: a blood pressure of 126/83, a height of 5'11", a screen of 1920x1080."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.errors import TableError
from clearprop.messages import Message
from clearprop.table.naming import Named, Write
from clearprop.table.numbers import NumberColumn, Scaling
from clearprop.table.plain import record
from clearprop.table.values import Features, Series, as_values, count_values, each_value, is_text

_ONE = r"([+\-−]?\d+(?:\.\d+)?)"
_BETWEEN = r"[/x×*'′’;+@]|ft\.?|feet|foot|(?:out )?of"
_TEXT = re.compile(rf"{_ONE}\s*({_BETWEEN})\s*{_ONE}(?:\s*\2\s*{_ONE})?(?:\W*|\s*(?:in|inch|inches|stars?)\.?)")
_FEWEST_TEXTS = 10  # fewer are classes
_READABLE = 0.95


@dataclass(frozen=True)
class SeveralColumn(Named):
    """A text that holds two or three numbers, each a number column of its own."""

    name: str  # of the column
    between: str  # what stands between the numbers
    parts: tuple[NumberColumn, ...]  # one column for each number, "name 1", "name 2", …
    example: str  # one text as it was written
    kind: ClassVar[str] = "numbers"
    holds_numbers: ClassVar[bool] = False

    @classmethod
    def fit(cls, series: Series, between: str, count: int, scaling: Scaling = "auto") -> SeveralColumn | Message:
        """The columns of the numbers, or why there is nothing to learn from them."""
        columns = _split(series, between, count, strict=False)
        if any(np.isnan(column.to_numpy()).all() for column in columns):
            return Message("table.aside.missing")
        parts = tuple(NumberColumn.fit(column, scaling) for column in columns)
        example = next(text for text in as_values(series) if numbers_in(text, between, count))
        return cls(series.name, between, parts, example)

    def __post_init__(self) -> None:
        k = len(self.parts)
        if not 2 <= k <= 3 or [part.name for part in self.parts] != _names(self.name, k):
            raise ValueError("parts that no text has")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SeveralColumn:
        """From its fields; see `record`."""
        return record(cls, data)

    def named(self, write: Write) -> list[str]:
        """Those of the numbers."""
        columns = _names(write(self.name), len(self.parts))
        return [name for part, column in zip(self.parts, columns, strict=True) for name in part.named_as(column)]

    def encode(self, series: Series) -> Features:
        """(N, features) numbers."""
        columns = self.split(series)
        return np.concatenate([part.encode(column) for part, column in zip(self.parts, columns, strict=True)], axis=1)

    def split(self, series: Series) -> list[Series]:
        """A column of numbers for each of the parts.

        Raises:
            TableError: for text of another form.
        """
        return _split(series, self.between, len(self.parts), strict=True)

    def describe(self) -> Message:
        """What was done, in a few words."""
        return Message("table.several.done", n=len(self.parts), example=self.example)


def find_several(series: Series) -> tuple[str, int] | None:
    """What stands between the numbers of a column's texts, and how many there are; None if they are no such texts."""
    if not is_text(series):
        return None
    counts = count_values(series)
    if len(counts) < _FEWEST_TEXTS or not all(isinstance(value, str) for value in counts):
        return None
    forms: Counter[tuple[str, int]] = Counter()
    for text, n in counts.items():
        if match := _TEXT.fullmatch(text.strip()):
            forms[match[2], 3 if match[4] else 2] += n
    form, rows = forms.most_common(1)[0] if forms else (("", 0), 0)
    return form if rows >= _READABLE * counts.total() else None


def numbers_in(text: Any, between: str, count: int) -> list[float] | None:
    """The numbers in a text of that form; None for other text."""
    match = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or match[2] != between or (match[4] is not None) != (count == 3):
        return None
    return [float(match[k].replace("−", "-")) for k in (1, 3, 4)[:count]]


def _names(name: str, count: int) -> list[str]:
    return [f"{name} {k + 1}" for k in range(count)]


def _split(series: Series, between: str, count: int, strict: bool) -> list[Series]:
    """A column of numbers for each place of a text."""
    nothing = [float("nan")] * count

    def read(value: Any) -> list[float]:
        found = numbers_in(value, between, count)
        if found is None and strict and value is not None and str(value).strip():
            expected = f"{count} numbers with {between!r} between them, as in training"
            raise TableError(f"column {series.name!r} holds {str(value)[:40]!r}", expected)
        return found or nothing

    rows = np.array(each_value(series, read), np.float64).reshape(-1, count)
    names = _names(series.name, count)
    return [
        nw.new_series(name, column, nw.Float64(), backend=series.implementation)
        for name, column in zip(names, rows.T, strict=True)
    ]
