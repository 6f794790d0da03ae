"""One row at a time, without a data frame: the same numbers, bit by bit, in microseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from importlib import import_module
from math import sqrt
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np

from clearprop.errors import MissingDependencyError, TableError
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.date_text import microseconds_of_text
from clearprop.table.dates import BEND, CYCLES, EPOCH, MICROSECOND, DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.lookup import MISSING, NEVER_SEEN, truth_of
from clearprop.table.marks import MarkTest
from clearprop.table.numbers import NumberColumn, far_bent, signed_log
from clearprop.table.several import SeveralColumn, numbers_in
from clearprop.table.unseen import Unseen
from clearprop.table.values import LARGEST, Features, as_level

Read = Callable[[Any], float]
_GONE = float("nan")
_PYTHON_DATES = 6e16  # microseconds from 1970 to the year 69, or to 3871, as far as Python has dates


class _RareTypeError(Exception):
    """A value of a type that is left to a column of a data frame."""


class RowEncoder:
    """What `TableEncoder.transform` makes of a table of one row, for a row that is a mapping.

    All numbers are scaled at once; a level is looked up; what is of a type that is rare (a Decimal, a NumPy scalar of
    another kind) goes through a data frame of one value.

    Args:
        encoder: of the table.

    Example:
        >>> import polars as pl
        >>> encode = RowEncoder(TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0, 2.0], "c": ["a", "b", "d"]})))
        >>> encode({"x": 2, "c": "d"}).tolist()
        [[0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(self, encoder: TableEncoder) -> None:
        self._encoder = encoder
        self._names = [column.name for column in encoder.columns]
        self._size = len(encoder.feature_names)
        numbers: list[tuple[NumberColumn, int]] = []
        self._reads: list[tuple[str, Read]] = []
        self._levels: list[tuple[CategoryColumn | BooleanColumn, int, Callable[[Any], bool]]] = []
        self._dates: list[tuple[DateColumn, int, int, Callable[[Any], bool]]] = []
        start = 0
        for column in encoder.columns:
            end, is_mark = start + len(column.feature_names), MarkTest(encoder.marks_of(column.name))
            if isinstance(column, CategoryColumn | BooleanColumn):
                self._levels.append((column, start, is_mark))
            elif isinstance(column, DateColumn):
                self._dates.append((column, start, end, is_mark))
            elif isinstance(column, SeveralColumn):
                place = start
                for k, part in enumerate(column.parts):
                    numbers.append((part, place))
                    self._reads.append((column.name, _reader_of_several(column, k, is_mark)))
                    place += len(part.feature_names)
            else:
                numbers.append((column, start))
                truth = column.name in encoder.truths
                self._reads.append((column.name, _reader(column, is_mark, truth)))
            start = end
        self._scaling = _Scaling(numbers)

    def __reduce__(self) -> tuple[type[RowEncoder], tuple[TableEncoder]]:
        return RowEncoder, (self._encoder,)

    def __call__(self, row: Mapping[str, Any], dtype: str = "float64", unseen: Unseen | None = None) -> Features:
        """The features (1, n_features) of a row.

        Args:
            row: column → value; other columns do not matter.
            dtype: of the features.
            unseen: told of values that no level stands for.

        Raises:
            TableError: if a column is missing, or holds what it did not in training.
        """
        try:
            try:
                return self._encoded(row, dtype, unseen)
            except _RareTypeError:
                return self._encoder.transform(frame_of({name: [row[name]] for name in self._names}), dtype, unseen)
        except KeyError:
            if all(name in row for name in self._names):
                raise
            raise self._encoder.lacking(list(row)) from None

    def _encoded(self, row: Mapping[str, Any], dtype: str, unseen: Unseen | None) -> Features:
        result = np.zeros((1, self._size), dtype)
        out = result[0]
        if self._reads:
            self._scaling.write(np.array([read(row[name]) for name, read in self._reads]), out)
            for number, start, text in self._scaling.flagged:
                place = number.place_of_unit(row[text])
                if place:
                    out[start + place - 1] = 1
        for column, start, is_mark in self._levels:
            value = row[column.name]
            if isinstance(value, list | tuple | dict | set | np.ndarray):
                raise _RareTypeError
            _write_level(column, value, None if is_gone(value) or is_mark(value) else value, out, start, unseen)
        for date_column, start, end, is_mark in self._dates:
            value = row[date_column.name]
            us = _GONE if is_gone(value) or is_mark(value) else _microseconds(date_column, value)
            if unseen is not None:
                unseen.note_far(date_column, np.array([us]))
            out[start:end] = _date_features(date_column, us)
        return result


class _Scaling:
    """Scaling of many numbers at once."""

    def __init__(self, numbers: list[tuple[NumberColumn, int]]) -> None:
        columns = [column for column, _ in numbers]
        self._places = np.array([start for _, start in numbers], np.int64)
        self._median, self._center, self._scale, self._bend = (
            np.array([getattr(column, name) for column in columns], np.float64)
            for name in ("median", "center", "scale", "bend")
        )
        self._logs = np.array([i for i, column in enumerate(columns) if column.log_unit is not None], np.int64)
        self._units = np.array([columns[i].log_unit for i in self._logs], np.float64)
        self._gaps = np.array([i for i, column in enumerate(columns) if column.has_missing], np.int64)
        self._flags = self._places[self._gaps] + 1
        self.flagged = [
            (column, start + 1 + column.has_missing, column.name)
            for column, start in numbers
            if column.text is not None and column.text.flagged
        ]

    def write(self, values: Features, out: Features) -> None:
        """Scale values (k,), and write them to the row's features."""
        missing = np.isnan(values)
        x = np.where(missing, self._median, values)
        if len(self._logs):
            x[self._logs] = signed_log(x[self._logs], self._units)
        out[self._places] = far_bent((x - self._center) / self._scale, self._bend)
        if len(self._gaps):
            out[self._flags] = missing[self._gaps]


def is_gone(value: Any) -> bool:
    """Whether a value is missing: None, and whatever does not equal itself (NaN, NaT)."""
    return value is None or (type(value) is not str and type(value) is not int and _differs_from_itself(value))


def _differs_from_itself(value: Any) -> bool:
    if type(value).__name__ in ("NAType", "MaskedConstant"):  # pandas' and NumPy's, which know no truth
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # an array has many truths
        raise _RareTypeError from None


_NUMPY_NUMBERS = frozenset({np.float64, np.float32, np.int64, np.int32})  # as a row of a data frame holds them


def _reader(column: NumberColumn, is_mark: MarkTest, truth: bool) -> Read:
    """What reads a column's number out of a value."""
    parse = float if column.text is None else column.text.parse
    has_marks = bool(is_mark.numbers)

    def read(value: Any) -> float:
        kind = type(value)
        if kind in _NUMPY_NUMBERS:
            value = value.item()
            kind = type(value)
        if kind is float or kind is int:
            try:
                number = _GONE if has_marks and is_mark(value) else float(value)
            except OverflowError:  # 10⁴⁰⁰
                raise _RareTypeError from None
        elif value is None or (kind is not str and is_gone(value)):
            return _GONE
        elif kind is str:
            if not value.strip() or is_mark(value):
                return _GONE
            meant = truth_of(value) if truth else None
            try:
                number = parse(value) if meant is None else float(meant)
            except ValueError:
                raise _RareTypeError from None
        else:
            raise _RareTypeError
        if abs(number) > LARGEST:
            raise _RareTypeError
        return number

    return read


def _reader_of_several(column: SeveralColumn, k: int, is_mark: MarkTest) -> Read:
    def read(value: Any) -> float:
        if is_gone(value) or is_mark(value) or (isinstance(value, str) and not value.strip()):
            return _GONE
        found = numbers_in(value, column.between, len(column.parts))
        if found is None:
            raise _RareTypeError
        return found[k]

    return read


def _write_level(
    column: CategoryColumn | BooleanColumn, shown: Any, value: Any, out: Features, start: int, unseen: Unseen | None
) -> None:
    """Zeros and ones of a category, or −1, 0 or 1 of a truth value."""
    place = column.find(value)
    if place == NEVER_SEEN and unseen is not None and column.knows_all:
        unseen.note(column.name, [as_level(shown)])
    if isinstance(column, BooleanColumn):
        out[start] = 0 if place < 0 else 2 * place - 1
        return
    if isinstance(column, CodedColumn):
        column.features(column.placed(np.array([place])), out[None, start : start + 1])
        return
    levels = len(column.levels)
    own = levels - column.has_missing
    if place >= own or (place == NEVER_SEEN and column.pooled):
        place = levels
    elif place == MISSING:
        place = own if column.has_missing else levels if column.pooled else -1
    if place >= 0:
        out[start + place] = column.size


def _microseconds(column: DateColumn, value: Any) -> float:
    """Since 1970-01-01."""
    if isinstance(value, str):
        return microseconds_of_text(value, column.name, column.form, column.marks)
    if isinstance(value, datetime) and value.tzinfo is None:
        return float((value - EPOCH) // MICROSECOND)
    if type(value) is date:
        return float((datetime(value.year, value.month, value.day) - EPOCH) // MICROSECOND)
    raise _RareTypeError


def _date_features(column: DateColumn, us: float) -> Features | list[float]:
    """What `DateColumn.features` makes of one date, by the same operations on plain numbers."""
    if not -_PYTHON_DATES < us < _PYTHON_DATES:
        return np.asarray(column.features(np.array([us]))[0])
    at = EPOCH + timedelta(microseconds=int(us))
    year, day = (
        at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
        at.replace(hour=0, minute=0, second=0, microsecond=0),
    )
    parts = {
        "year": float(at.year) + ((at - year) // MICROSECOND) / 86.4e9 / 366,
        "month": at.month - 1.0,
        "day": float(at.day),
        "weekday": float(at.weekday()),
        "hour": ((at - day) // MICROSECOND) / 3.6e9,
    }
    angles = np.array([2 * np.pi * parts[part] / scale for part, (_, scale) in column.parts.items() if part in CYCLES])
    circles = iter(zip(np.sin(angles), np.cos(angles), strict=True))
    features: list[float] = []
    for part, (center, scale) in column.parts.items():
        if part in CYCLES:
            features += next(circles)
        else:
            scaled = (parts[part] - center) / scale
            far = scaled / BEND
            features.append(scaled / sqrt(1 + far * far))
    return features + [0.0] * column.has_missing


def frame_of(columns: Mapping[str, Any]) -> Any:
    """A data frame of columns, by whichever library is installed.

    Raises:
        MissingDependencyError: if none is.
    """
    for name in ("pandas", "polars", "pyarrow"):  # a column of objects of pandas' holds anything
        try:
            import_module(name)
        except ImportError:
            continue
        try:
            made: Any = nw.from_dict(dict(columns), backend=name).to_native()
            return made.astype(object) if name == "pandas" and len(made) == 1 else made
        except Exception as error:  # each library has its own
            raise TableError(f"values of a type that no column has: {error!s:.80}", "numbers, text or dates") from None
    raise MissingDependencyError("no library of data frames", "Polars, pandas or PyArrow", "pip install polars")
