"""Rows made up from what a model knows of its columns: numbers in their range, levels, dates, unknown ones and gaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.columns import Column
from clearprop.table.date_text import COUNTED
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.library import import_polars
from clearprop.table.numbers import NumberColumn, signed_exp
from clearprop.table.several import SeveralColumn

_GONE, _NEW = 0.05, 0.05  # shares of the values
_PERIOD = (datetime(2000, 1, 1), datetime(2030, 1, 1))
_CALENDAR = [(day - datetime(1970, 1, 1)).total_seconds() for day in (datetime(1, 1, 1), datetime(9999, 12, 31))]


def made_up_rows(encoder: TableEncoder, rows: int, seed: int = 0) -> Any:
    """A data frame of such rows: in each column one value in twenty is missing, and of levels one in twenty unknown.

    Example:
        >>> import polars as pl
        >>> encoder = TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0, 2.0], "c": ["a", "b", "d"]}))
        >>> made_up_rows(encoder, 1000)["c"].n_unique()
        5
    """
    rng, polars = np.random.default_rng(seed), import_polars()
    columns = {column.name: _values(column, column.name in encoder.truths, rows, rng) for column in encoder.columns}
    return polars.DataFrame({name: polars.Series(name, values) for name, values in columns.items()})


def _values(column: Column, is_truth: bool, rows: int, rng: np.random.Generator) -> list[Any]:
    found: list[Any]
    match column:
        case NumberColumn():
            found = list(map(float, rng.integers(0, 2, rows))) if is_truth else _numbers(column, rows, rng)
        case CategoryColumn() | BooleanColumn():
            found = _levels(column, rows, rng)
        case DateColumn():
            found = _dates(column, rows, rng)
        case SeveralColumn():
            parts = zip(*(_numbers(part, rows, rng) for part in column.parts), strict=True)
            found = [column.between.join(f"{abs(number):.1f}" for number in row) for row in parts]
    return [None if gone else value for gone, value in zip(rng.random(rows) < _GONE, found, strict=True)]


def _numbers(column: NumberColumn, rows: int, rng: np.random.Generator) -> list[float]:
    """Numbers as far from the center as normal ones are, three times the bend at most."""
    far = 3 * column.bend
    x = np.clip(rng.standard_t(3, rows), -far, far) * column.scale + column.center
    x = x if column.log_unit is None else signed_exp(np.clip(x, -300, 300), column.log_unit)
    x = x if column.has_negative else np.abs(x)
    return [float(value) for value in np.clip(x, -1e150, 1e150)]


def _levels(column: CategoryColumn | BooleanColumn, rows: int, rng: np.random.Generator) -> list[Any]:
    known = list(column.find.levels)
    as_value: Callable[[str], Any] = float if column.holds_numbers else str
    new: Any = f"not {known[0]}"
    if column.holds_numbers:
        new = max(map(float, known)) + 0.5
    elif set(known) == {"true", "false"}:
        as_value, new = (lambda level: level == "true"), None
    drawn = [as_value(known[k]) for k in rng.integers(0, len(known), rows)]
    return [new if is_new else level for is_new, level in zip(rng.random(rows) < _NEW, drawn, strict=True)]


def _dates(column: DateColumn, rows: int, rng: np.random.Generator) -> list[datetime] | list[float]:
    """In the period that was learned and a quarter of its length around it; numbers where the column counted."""
    first, last = ((at - datetime(1970, 1, 1)).total_seconds() * 1e6 for at in _PERIOD)
    first, last = column.period or (first, last)
    around = (last - first) / 4
    days = rng.uniform(first - around, last + around, rows) / 86.4e9
    days = days if "hour" in column.parts else np.floor(days)
    if column.form in COUNTED:
        unit, start = COUNTED[column.form]
        return [round((float(each) * 86.4e9 - start) / unit, 3) for each in days]
    seconds = np.clip(np.round(days * 86400), _CALENDAR[0], _CALENDAR[1])
    return [datetime(1970, 1, 1) + timedelta(seconds=float(each)) for each in seconds]
