"""Columns: what each is, and why some are set aside."""

from __future__ import annotations

import re
from typing import Any, Literal

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.errors import TableError, unknown_name
from clearprop.table.categories import BooleanColumn, CategoryColumn, count_levels
from clearprop.table.dates import DateColumn, find_date_format
from clearprop.table.numbers import NumberColumn, NumberFormat, Scaling, find_numbers
from clearprop.table.values import Series, as_numbers, is_date, is_number

Column = NumberColumn | CategoryColumn | BooleanColumn | DateColumn
Kind = Literal["number", "category", "boolean", "date"]
KINDS: dict[str, type[Column]] = {cls.kind: cls for cls in (NumberColumn, CategoryColumn, BooleanColumn, DateColumn)}

_IDENTIFIER = re.compile(
    r"(.*[\W_])?(id|ids|uuid|guid|index|key|nr|no|编号|序号)|.*[a-z]I[Dd]|unnamed.*", re.IGNORECASE
)
_FEWEST_TO_JUDGE = 20


def fit_column(series: Series, kind: str | None = None, scaling: Scaling = "standard") -> Column | str:
    """The column's encoding, or the reason why it is set aside.

    Args:
        series: the column.
        kind: "number", "category", "boolean" or "date"; None finds out.
        scaling: of numbers.

    Raises:
        UnknownNameError: for another kind.
        TableError: for a column that is not of the kind given.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of column", kind, list(KINDS))
    if kind is None and (is_number(series) or is_date(series)):
        return _fit_measured(series, scaling)
    if (series.dtype.is_nested() or series.dtype in (nw.Unknown, nw.Binary)) and series.null_count() < len(series):
        return f"values of type {str(series.dtype).lower()}, which are no numbers and no text"
    try:
        counts = count_levels(series)
    except TypeError:
        return "lists or structures, which are no numbers and no text"
    there = {level for level in counts if level is not None}
    if not there:
        return "all values are missing"
    if len(counts) == 1:
        return "the same value in every row"
    if kind is not None:
        return _fit_kind(series, kind, scaling, there)
    form = find_date_format(series)
    if form is not None:
        return DateColumn.fit(series, form)
    if len(there) == 2:
        return BooleanColumn.fit(series, counts)
    text = find_numbers(series)
    if text is not None:
        return NumberColumn.fit(series, scaling, text)
    if len(there) > 50 and len(there) > 0.5 * len(series):
        return "text that is different in nearly every row"
    return CategoryColumn.fit(series, counts)


def _fit_measured(series: Series, scaling: Scaling) -> Column | str:
    """A column of numbers or of dates."""
    values = as_numbers(series)
    there = values[~np.isnan(values)]
    if not len(there):
        return "all values are missing"
    distinct = np.unique(there)
    if len(distinct) == 1 and len(there) == len(values):
        return "the same value in every row"
    if is_date(series):
        return DateColumn.fit(series) if len(distinct) > 1 else "the same date in every row"
    if len(distinct) == len(values) >= _FEWEST_TO_JUDGE and (distinct == np.round(distinct)).all():
        consecutive = len(distinct) / (distinct[-1] - distinct[0] + 1) >= 0.5  # of rows drawn from a longer table
        if consecutive or _IDENTIFIER.fullmatch(series.name):
            return "an identifier: a whole number of its own in every row"
    return NumberColumn.fit(series, scaling)


def _fit_kind(series: Series, kind: str, scaling: Scaling, there: set[str]) -> Column:
    """A column of the kind that was asked for."""
    if kind == "category":
        return CategoryColumn.fit(series)
    if kind == "boolean":
        if len(there) != 2:
            raise TableError(f"column {series.name!r} has {len(there)} values", "two, to be a boolean")
        return BooleanColumn.fit(series)
    if kind == "date":
        form = None if is_date(series) else find_date_format(series)
        if form is None and not is_date(series):
            raise TableError(f"column {series.name!r} does not hold dates of one form", "dates such as 2024-12-31")
        return DateColumn.fit(series, form)
    text = None if is_number(series) or is_date(series) else find_numbers(series)
    if text is None and not is_number(series):
        example = sorted(there)[0]
        raise TableError(f"column {series.name!r} holds {example[:40]!r}", "numbers, to be a number column")
    return NumberColumn.fit(series, scaling, text)


def column_from_dict(data: Any) -> Column:
    """A column from its fields and its kind.

    Raises:
        KeyError, TypeError, ValueError: for fields that no column has.
    """
    return KINDS[data["kind"]].from_dict(data)


__all__ = ["KINDS", "Column", "Kind", "NumberFormat", "column_from_dict", "fit_column"]
