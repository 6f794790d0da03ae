"""Which column of dates, if any, orders the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.errors import TableError, unknown_name
from clearprop.table.date_text import as_microseconds, find_counted, find_date_format, in_digits, is_clock
from clearprop.table.values import Numbers, Series, as_numbers, is_date, is_number, unboxed

_FEWEST_ROWS, _FEWEST_TIMES = 30, 10
_IN_ORDER = 0.98  # rank correlation of time and row from which rows count as sorted
_EVEN = 0.9  # of the steps from one time to the next that are alike, where there is one row per period


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
    return _rank_correlation(time[there]) >= _IN_ORDER


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
    if is_date(column):
        return as_microseconds(column, None)
    if is_number(column):
        counted = "%Y%m%d" if in_digits(column) else find_counted(column)
        return None if counted is None else as_microseconds(column, counted)
    try:
        form, marks = find_date_format(column)
    except TypeError:  # lists
        return None
    return None if form is None or is_clock(form) else as_microseconds(column, form, marks)


def _rank_correlation(time: Numbers) -> float:
    """|Spearman's ρ| of time and row number."""
    rank = np.searchsorted(np.sort(time), time, "left") + np.searchsorted(np.sort(time), time, "right")
    return float(abs(np.corrcoef(rank, np.arange(len(time)))[0, 1]))
