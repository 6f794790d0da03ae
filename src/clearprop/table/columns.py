"""Columns: what each is, and why some are set aside.

What a column is and how it is written is found from all rows at hand; whatever is computed from its values (means,
quartiles, which levels are frequent) from the training rows alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, unknown_name
from clearprop.messages import Message
from clearprop.table.categories import BooleanColumn, CategoryColumn, count_levels, fewest_rows
from clearprop.table.codes import FEWEST, CodedColumn, needs_codes
from clearprop.table.date_text import find_dates, is_clock, other_reading
from clearprop.table.dates import DateColumn
from clearprop.table.marks import Marks, without_marks
from clearprop.table.numbers import NumberColumn, Scaling, find_numbers, odd_one
from clearprop.table.several import SeveralColumn, find_several
from clearprop.table.statistics import Range
from clearprop.table.values import (
    TOO_CLOSE,
    Series,
    are_numbers,
    as_numbers,
    holds_numbers,
    is_date,
    is_number,
    is_text,
    too_close,
)
from clearprop.table.written import NumberFormat

Column = NumberColumn | CategoryColumn | BooleanColumn | DateColumn | SeveralColumn
_CLASSES = (NumberColumn, CategoryColumn, BooleanColumn, DateColumn, SeveralColumn)
KINDS: dict[str, type[Column]] = {cls.kind: cls for cls in _CLASSES}
_IN_FILES: dict[str, type[Column]] = {**KINDS, CodedColumn.kind: CodedColumn}
SEASON = "season"  # a date without its trend: the kind that is asked for of a column of the kind "date"

IDENTIFIER = Message("table.aside.identifier")
INDEX = Message("table.aside.index")
_MISSING = Message("table.aside.missing")
_NAMELESS = re.compile(r"(?i:unnamed:? \d+|index: .*|\.\.\.\d+)|__index_level_\d+__")
_CALLED_SO = re.compile(
    r"(?i:(.*[\W_])?(id|ids|uuid|guid|index|key|nr|no)|unnamed.*)|.*[a-z0-9]I[Dd]|.*[^A-Za-z]ID|.*(编号|序号|学号|工号|单号|证号)"
)
_CALLED_SPAN = re.compile(
    r"(?i).*(duration|runtime|run_time|elapsed|length|lap|time_taken|time_spent|dauer|laufzeit).*|.*(时长|用时|耗时|历时).*"
)
_YEAR = re.compile(r"(?i).*(year|jahr|年).*")
_FEWEST_TO_JUDGE = 20


@dataclass(frozen=True)
class Reading:
    """What a column is and how it is written."""

    kind: str  # "number", "category", "boolean" or "date"
    form: str | None = None  # of dates in text
    marks: tuple[str, ...] = ()  # texts among dates that stand for a missing one
    text: NumberFormat | None = None  # how numbers are written in text
    values: tuple[str, str] | None = None  # the two values of a boolean: false, true
    other: str = ""  # another form in which the dates could be read
    trend: bool = True  # of dates, whether the year counts
    several: tuple[str, int] = ("", 0)  # what stands between the numbers of a text, and how many there are


def fit_column(
    series: Series,
    kind: str | None = None,
    scaling: Scaling = "auto",
    rows: NDArray[Any] | None = None,
    fewest: int | None = None,
) -> Column | Message:
    """The column's encoding, or the reason why it is set aside.

    Args:
        series: the column.
        kind: "number", "category", "boolean", "date", "season" (a date without its year) or "numbers"; None finds out.
        scaling: of numbers.
        rows: the training rows, by number; None for all.
        fewest: rows that a level needs for a feature of its own; None follows from their number.

    Raises:
        UnknownNameError: for another kind.
        TableError: for a column that is not of the kind given.
    """
    reading = read_as(series, kind)
    if isinstance(reading, Message):
        return reading
    part = series if rows is None else series[rows]
    if reading.kind in ("category", "boolean"):
        return _fit_levels(series, part, reading, fewest)
    values = as_numbers(part) if reading.kind == "date" and is_date(part) else None
    if reading.kind == "number":
        values = as_numbers(part, reading.text.parse if reading.text else None)
    if values is not None:
        seen = Range.of(values)
        if seen.missing == seen.rows:
            return _MISSING
        if seen.is_one_value:
            return TOO_CLOSE if too_close(part) else _same(series, part)
    if reading.kind == "number":
        return NumberColumn.fit(part, scaling, reading.text)
    if reading.kind == "numbers":
        return SeveralColumn.fit(part, *reading.several, scaling)
    column = DateColumn.fit(part, reading.form, reading.marks, reading.other, reading.trend)
    if column.parts:
        return column
    return Message("table.aside.same_date" if reading.trend else "table.aside.same_season")


def _same(series: Series, part: Series) -> Message:
    everywhere = len(part) == len(series) or len(series.unique()) == 1
    return Message("table.aside.same" if everywhere else "table.aside.same_learned")


def _fit_levels(series: Series, part: Series, reading: Reading, fewest: int | None) -> Column | Message:
    counts = count_levels(part)
    if set(counts) == {None}:
        return _MISSING
    if len(counts) == 1:
        return _same(series, part)
    if reading.values is not None:
        return BooleanColumn(part.name, *reading.values, are_numbers(part))
    if needs_codes(counts, fewest or fewest_rows(len(part))):
        return CodedColumn.fit(part, counts, FEWEST)
    return CategoryColumn.fit(part, counts, fewest)


def settle_marks(series: Series, kind: str | None, marks: Marks) -> tuple[Series, tuple[str, ...]]:
    """A column with its missing values as gaps, and the marks that are values in it.

    Among numbers and dates every mark is a missing value; among texts, where they do not show that it is one of them.
    """
    bare = without_marks(series, marks.every)
    if bare is series:
        return series, ()
    values = marks.values_among(set(count_levels(series)))
    if not values:
        return bare, ()
    reading = read_as(bare) if kind is None else Reading(kind)
    if isinstance(reading, Reading) and reading.kind not in ("category", "boolean"):
        return bare, ()
    return without_marks(series, set(marks.every).difference(values)), values


def read_as(series: Series, kind: str | None = None) -> Reading | Message:
    """What a column is, or why it is none of these."""
    if kind == SEASON:
        reading = read_as(series, "date")
        return replace(reading, trend=False) if isinstance(reading, Reading) else reading
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of column", kind, [*KINDS, SEASON])
    if kind is None and _NAMELESS.fullmatch(series.name) and _tells_rows_apart(series):
        return INDEX
    if kind is None and is_number(series):
        return _as_dates(series) or (IDENTIFIER if _identifies(series) else Reading("number"))
    if is_date(series) and kind in (None, "date"):
        return Reading("date")
    if (series.dtype.is_nested() or series.dtype in (nw.Unknown, nw.Binary)) and series.null_count() < len(series):
        return Message("table.aside.type", type=str(series.dtype).lower())
    try:
        there = set(count_levels(series)) - {None}
    except TypeError:
        return Message("table.aside.structures")
    if not there:
        return _MISSING
    return _read_as_given(series, kind, there) if kind is not None else _read_text(series, there)


def _as_dates(series: Series, asked: bool = False) -> Reading | None:
    found = find_dates(series, asked)
    other = other_reading(series, found[0]) if found is not None and is_text(series) else ""
    return None if found is None else Reading("date", *found, other=other)


def _as_several(series: Series) -> Reading | None:
    found = find_several(series)
    return None if found is None else Reading("numbers", several=found)


def _read_text(series: Series, there: set[Any]) -> Reading | Message:
    dates = _as_dates(series)
    lasts = dates is not None and is_clock(dates.form) and bool(_CALLED_SPAN.fullmatch(series.name))
    if dates is not None and not lasts:
        return dates
    text = find_numbers(series, spans=lasts)
    if text is not None:
        return Reading("number", text=text)
    if several := _as_several(series):
        return several
    if len(there) == 2:
        return Reading("boolean", values=BooleanColumn.order(there))
    if len(there) > 50 and len(there) > 0.5 * len(series):
        return _why_different(series)
    return Reading("category")


def _why_different(series: Series) -> Message:
    """Text of which nearly every row has its own, unless it is numbers and one word."""
    counts = count_levels(series)
    word, n = counts.most_common(1)[0]
    others = (level for level in counts if level not in (word, None))
    if word is not None and n > 1 and holds_numbers(others):
        return Message("table.aside.numbers_but", word=word, n=n)
    return Message("table.aside.different")


def _read_as_given(series: Series, kind: str, there: set[Any]) -> Reading:
    """A column of the kind that was asked for."""
    if kind == "category":
        return Reading("category")
    if kind == "boolean":
        if len(there) != 2:
            raise TableError(f"column {series.name!r} has {len(there)} values", "two, to be a boolean")
        return Reading("boolean", values=BooleanColumn.order(there))
    if kind == "number":
        text = find_numbers(series, spans=True)
        if text is None and not is_number(series):
            said, row = odd_one(series)
            raise TableError(f"column {series.name!r} {said}", "numbers, to be a number column", row=row)
        return Reading("number", text=text)
    reading = _as_dates(series, asked=True) if kind == "date" else _as_several(series)
    if reading is None:
        expected = "several numbers in a text, such as 126/83"
        if kind == "date":
            forms = "20241231, or seconds since 1970, or days as in Excel" if is_number(series) else "2024-12-31"
            expected = f"dates of one form, such as {forms}"
        raise TableError(f"column {series.name!r} holds {repr(min(there))[:40]}", expected)
    return reading


def _tells_rows_apart(series: Series) -> bool:
    """Whether a column without a name holds whole numbers, in any order, with gaps or again, or a text for each row."""
    if is_number(series):
        values = as_numbers(series)
        return not (values % 1 > 0).any()
    return is_text(series) and len(series.unique()) == len(series)


def called_identifier(name: str) -> bool:
    """Whether a column's name says that it tells rows apart: id, patient_nr, 编号."""
    return bool(_CALLED_SO.fullmatch(name))


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
    return len(values) / (high - low + 1) >= 0.9 or called_identifier(series.name)


def column_from_dict(data: Any) -> Column:
    """A column from its fields and its kind."""
    return _IN_FILES[data["kind"]].from_dict(data)
