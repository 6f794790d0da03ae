"""Columns: what each is, and why some are set aside.

What a column is and how it is written is found from all rows at hand; whatever is computed from its values (means,
quartiles, which levels are frequent) from the training rows alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, unknown_name
from clearprop.table.categories import BooleanColumn, CategoryColumn, count_levels
from clearprop.table.dates import DateColumn, find_date_format
from clearprop.table.numbers import NumberColumn, NumberFormat, Scaling, find_numbers
from clearprop.table.values import TOO_CLOSE, Series, as_numbers, holds_numbers, is_date, is_number, too_close

Column = NumberColumn | CategoryColumn | BooleanColumn | DateColumn
Kind = Literal["number", "category", "boolean", "date"]
KINDS: dict[str, type[Column]] = {cls.kind: cls for cls in (NumberColumn, CategoryColumn, BooleanColumn, DateColumn)}

IDENTIFIER = "an identifier: a whole number of its own in every row"
_CALLED_SO = re.compile(
    r"(?i:(.*[\W_])?(id|ids|uuid|guid|index|key|nr|no)|unnamed.*)|.*[a-z0-9]I[Dd]|.*[^A-Za-z]ID|.*(编号|序号|学号|工号|单号|证号)"
)
_YEAR = re.compile(r"(?i).*(year|jahr|年).*")
_FEWEST_TO_JUDGE = 20
_SAME = "the same value in every row"


@dataclass(frozen=True)
class Reading:
    """What a column is and how it is written.

    Attributes:
        kind: "number", "category", "boolean" or "date".
        form: of dates in text.
        text: how numbers are written in text.
        values: the two values of a boolean: false, true.
        marks: texts among dates that stand for a missing one.
    """

    kind: str
    form: str | None = None
    text: NumberFormat | None = None
    values: tuple[str, str] | None = None
    marks: tuple[str, ...] = ()


def fit_column(
    series: Series, kind: str | None = None, scaling: Scaling = "standard", rows: NDArray[Any] | None = None
) -> Column | str:
    """The column's encoding, or the reason why it is set aside.

    Args:
        series: the column.
        kind: "number", "category", "boolean" or "date"; None finds out.
        scaling: of numbers.
        rows: the training rows, by number; None for all.

    Raises:
        UnknownNameError: for another kind.
        TableError: for a column that is not of the kind given.
    """
    reading = read_as(series, kind)
    if isinstance(reading, str):
        return reading
    part = series if rows is None else series[rows]
    if reading.kind in ("category", "boolean"):
        return _fit_levels(part, reading)
    values = as_numbers(part) if reading.kind == "date" and reading.form is None else None
    if reading.kind == "number":
        values = as_numbers(part, reading.text.parse if reading.text else None)
    if values is not None:
        there = values[~np.isnan(values)]
        if not len(there):
            return "all values are missing"
        if len(there) == len(values) and there.min() == there.max():
            return TOO_CLOSE if too_close(part) else _SAME
    if reading.kind == "number":
        return NumberColumn.fit(part, scaling, reading.text)
    column = DateColumn.fit(part, reading.form, reading.marks)
    return column if column.parts else "the same date in every row"


def _fit_levels(part: Series, reading: Reading) -> Column | str:
    counts = count_levels(part)
    if set(counts) == {None}:
        return "all values are missing"
    if len(counts) == 1:
        return _SAME
    if reading.values is not None:
        return BooleanColumn(part.name, *reading.values)
    return CategoryColumn.fit(part, counts)


def read_as(series: Series, kind: str | None = None) -> Reading | str:
    """What a column is, or why it is none of these.

    Raises:
        UnknownNameError: for another kind.
        TableError: for a column that is not of the kind given.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of column", kind, list(KINDS))
    if kind is None and is_number(series):
        return IDENTIFIER if _identifies(series) else Reading("number")
    if is_date(series) and kind in (None, "date"):
        return Reading("date")
    if (series.dtype.is_nested() or series.dtype in (nw.Unknown, nw.Binary)) and series.null_count() < len(series):
        return f"values of type {str(series.dtype).lower()}, which are no numbers and no text"
    try:
        there = set(count_levels(series)) - {None}
    except TypeError:
        return "lists or structures, which are no numbers and no text"
    if not there:
        return "all values are missing"
    return _read_as_given(series, kind, there) if kind is not None else _read_text(series, there)


def _read_text(series: Series, there: set[Any]) -> Reading | str:
    form, marks = find_date_format(series)
    if form is not None:
        return Reading("date", form, marks=marks)
    text = find_numbers(series)
    if text is not None:
        return Reading("number", text=text)
    if len(there) == 2:
        return Reading("boolean", values=BooleanColumn.order(there))
    if len(there) > 50 and len(there) > 0.5 * len(series):
        return _why_different(series)
    return Reading("category")


def _why_different(series: Series) -> str:
    """Text of which nearly every row has its own, unless it is numbers and one word."""
    counts = count_levels(series)
    word, n = counts.most_common(1)[0]
    others = (level for level in counts if level not in (word, None))
    if word is not None and n > 1 and holds_numbers(others):
        return f"numbers, but {word!r} in {n} rows: if that is a missing value, say so (--na {word!r})"
    return "text that is different in nearly every row"


def _read_as_given(series: Series, kind: str, there: set[Any]) -> Reading:
    """A column of the kind that was asked for."""
    example = repr(min(there))[:40]
    if kind == "category":
        return Reading("category")
    if kind == "boolean":
        if len(there) != 2:
            raise TableError(f"column {series.name!r} has {len(there)} values", "two, to be a boolean")
        return Reading("boolean", values=BooleanColumn.order(there))
    if kind == "date":
        form, marks = find_date_format(series)
        if form is None:
            raise TableError(f"column {series.name!r} holds {example}", "dates of one form, such as 2024-12-31")
        return Reading("date", form, marks=marks)
    text = find_numbers(series)
    if text is None and not is_number(series):
        raise TableError(f"column {series.name!r} holds {example}", "numbers, to be a number column")
    return Reading("number", text=text)


def _identifies(series: Series) -> bool:
    """Whether a column of numbers tells rows apart and nothing else: 1, 2, 3, … in any order, or so called."""
    values = as_numbers(series)
    if len(values) < _FEWEST_TO_JUDGE or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    if len(np.unique(values)) < len(values):
        return False
    low, high = values.min(), values.max()
    if _YEAR.fullmatch(series.name) and low >= 1000 and high < 3000:
        return False
    return len(values) / (high - low + 1) >= 0.9 or bool(_CALLED_SO.fullmatch(series.name))


def column_from_dict(data: Any) -> Column:
    """A column from its fields and its kind.

    Raises:
        KeyError, TypeError, ValueError: for fields that no column has.
    """
    return KINDS[data["kind"]].from_dict(data)
