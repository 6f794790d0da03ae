"""The values of a column: as numbers, as levels, as plain Python; whatever library and type they come in."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError
from clearprop.messages import Message

Features = NDArray[Any]
Numbers = NDArray[np.float64]
Series = nw.Series[Any]
T = TypeVar("T")

MOST_MARKS, LEAST_READABLE = 3, 0.95  # words among numbers or dates that count as missing, and the share of the rest
LARGEST = 1e150  # squares of larger numbers overflow, and with them the standard deviation
_MICROSECONDS_A_DAY = 86.4e9
_SMALLEST = 5e-324  # above 0
TOO_CLOSE = Message("table.aside.too_close")
TRUE = frozenset(["true", "yes", "y", "t", "on", "1", "ja", "oui", "si", "sí", "是", "有", "真", "对"])
FALSE = frozenset(["false", "no", "n", "f", "off", "0", "nein", "non", "否", "无", "没有", "假", "错"])
_PLAIN_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?")  # 007 is a code


def is_number(series: Series) -> bool:
    """Whether a column holds numbers (truth values are categories)."""
    return bool(series.dtype.is_numeric())


def is_date(series: Series) -> bool:
    """Whether a column holds dates, with or without a time of day."""
    return series.dtype in (nw.Date, nw.Datetime)


def is_text(series: Series) -> bool:
    """Whether a column holds text, or objects that may be text."""
    return series.dtype in (nw.String, nw.Object, nw.Categorical, nw.Enum)


def as_values(series: Series) -> list[Any]:
    """A column's values, None where missing: each library has a mark of its own (None, NaN, NaT, pd.NA)."""
    values: list[Any] = series.to_list()
    if (series.dtype in (nw.String, nw.Boolean) or series.dtype.is_integer()) and not series.null_count():
        return values
    pairs = zip(values, series.is_null().to_list(), strict=True)
    return [None if gone or _is_missing(value) else value for value, gone in pairs]


def as_codes(series: Series) -> tuple[list[Any], NDArray[np.int64]] | None:
    """The values that a column of categories knows, and the place of each row's among them; None for other columns.

    Behind the values stands None, which is that of missing ones. There may be values that no row has.
    """
    if series.dtype not in (nw.Categorical, nw.Enum):
        return None
    native = series.to_native()
    if hasattr(native, "to_physical"):  # Polars
        physical = native.to_physical().cast(int).fill_null(-1).to_numpy()
        used, rows, codes = np.unique(physical, return_index=True, return_inverse=True)
        values = native.gather(rows[used >= 0]).to_list()
        codes = np.where(physical < 0, len(values), codes - (used < 0).any())
    elif hasattr(getattr(native, "cat", None), "codes"):  # pandas
        values, codes = native.cat.categories.tolist(), native.cat.codes.to_numpy().astype(np.int64)
        codes[codes < 0] = len(values)
    else:
        return None
    return [*values, None], np.asarray(codes, np.int64)


def count_values(series: Series) -> Counter[Any]:
    """How often each value stands in a column, the missing ones left out.

    Raises:
        TypeError: for values that are no plain ones, such as lists.
    """
    counts = Counter(as_values(series) if series.dtype == nw.Object else series.to_list())  # the latter is far faster
    for value in [value for value in counts if _is_missing(value)]:
        del counts[value]
    return counts


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or another library's mark of a missing one."""
    if value is None or type(value).__name__ in ("MaskedConstant", "NAType", "NaTType"):
        return True
    return isinstance(value, float) and bool(np.isnan(value))


def unboxed(series: Series) -> Series:
    """A column of Python objects as numbers or dates, where it holds nothing else: pandas reads some files so.

    Lengths of time are numbers of seconds.
    """
    if series.dtype == nw.Duration:
        return series.dt.total_microseconds().cast(nw.Float64) / 1e6
    if series.dtype != nw.Object:
        return series
    values = as_values(series)
    there = [value for value in values if value is not None]
    for is_one, convert, dtype in _BOXED if there else ():
        if all(map(is_one, there)):
            made = [None if value is None else convert(value) for value in values]
            return nw.new_series(series.name, made, dtype, backend=series.implementation)
    return series


def _is_boxed_number(value: Any) -> bool:
    """A number that a float can hold; 10⁴⁰⁰ is left to whoever reads the column."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | np.integer | np.floating):
        return False
    if isinstance(value, np.floating):  # a float32 cannot be compared with the largest float64
        return bool(np.isfinite(value))
    size: Any = abs(value)
    return bool(size <= sys.float_info.max)


def _as_datetime(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


_BOXED: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any], Any], ...] = (
    (lambda value: isinstance(value, timedelta), lambda value: value.total_seconds(), nw.Float64()),
    (_is_boxed_number, float, nw.Float64()),
    (lambda value: isinstance(value, date), _as_datetime, nw.Datetime("us")),
)


def as_level(value: Any) -> str | None:
    """A value as the name of a level: 2 and 2.0 are one, as are True and "TRUE"; 1.10 as text is itself, "" missing."""
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return _number_text(float(value))
    text = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
    return text.lower() if text.lower() in ("true", "false") else text or None


def as_number_level(text: str) -> str:
    """The name that a number has in a column of numbers: "2.0" is 2."""
    if _PLAIN_NUMBER.fullmatch(text):
        return text if text.isdigit() else _number_text(float(text))
    return text


def are_numbers(series: Series) -> bool:
    """Whether a column holds numbers and nothing else, as objects or categories, too."""
    if is_number(series) or series.dtype in (nw.String, nw.Boolean):
        return is_number(series)
    kinds = {type(value) for value in as_values(series) if value is not None}
    return bool(kinds) and all(issubclass(kind, int | float | np.number) and kind is not bool for kind in kinds)


def holds_numbers(levels: Iterable[str | None]) -> bool:
    """Whether levels are numbers, as they are in a column of numbers that is read as categories."""
    return all(level is None or _PLAIN_NUMBER.fullmatch(level) for level in levels)


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


class _Memory(dict[Any, T]):
    """What a function gave for each value, so that it is asked once per distinct value."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function

    def __missing__(self, value: Any) -> T:
        result = self[value] = self._function(value)
        return result


def each_value(series: Series, function: Callable[[Any], T]) -> list[T]:
    """function(value) for each value (None where missing), called once per distinct one.

    Raises:
        TableError: for values that are no plain ones, such as lists; and what the function raises, with the row.
    """
    coded = as_codes(series)
    if coded is not None:
        found = _of_codes(*coded, function)
        return [found[code] for code in coded[1].tolist()]
    mixed = series.dtype == nw.Object  # where True and 1 may both stand, which are one key
    known: _Memory[T] = _Memory((lambda pair: function(pair[1])) if mixed else function)
    try:
        values = [(type(value), value) for value in as_values(series)] if mixed else as_values(series)
        return list(map(known.__getitem__, values))
    except TableError as error:
        if error.row is None:
            error.row = next(row for row, value in enumerate(values) if value not in known)
        raise
    except TypeError:
        if any(isinstance(value, list | dict | set | np.ndarray) for value in series.to_list()):
            raise TableError(
                f"column {series.name!r} holds lists or structures", "numbers, text, truth values or dates"
            ) from None
        raise


def each_place(series: Series, function: Callable[[Any], int]) -> NDArray[np.int64]:
    """`function` of each value, which is an integer, as an array; raises what `each_value` raises."""
    coded = as_codes(series)
    if coded is None:
        return np.array(each_value(series, function), np.int64)
    values, codes = coded
    found = _of_codes(values, codes, function)
    of_code = np.zeros(len(values), np.int64)
    of_code[list(found)] = list(found.values())
    return of_code[codes]


def _of_codes(values: list[Any], codes: NDArray[np.int64], function: Callable[[Any], T]) -> dict[int, T]:
    """Code → `function` of its value, for the codes that occur."""
    found: dict[int, T] = {}
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        try:
            found[code] = function(values[code])
        except TableError as error:
            if error.row is None:
                error.row = int(np.argmax(codes == code))
            raise
    return found


def as_levels(series: Series) -> list[str | None]:
    """A column as names of levels, None where missing."""
    return each_value(series, as_level)


def as_numbers(
    series: Series, parse: Callable[[str], float] | None = None, expected: str = "numbers, as in training"
) -> Numbers:
    """A column as float64 (N,), NaN where missing.

    Text that reads as numbers is accepted, and a date is its number of days since 1970-01-01.

    Args:
        series: the column.
        parse: how text becomes a number if it is not a plain one; raises ValueError for text that does not.
        expected: what to say of text that is none.

    Raises:
        TableError: for text that is no number, and for a number that is infinite or larger than 1e150.
    """
    if is_number(series):
        values = series.cast(nw.Float64).to_numpy().astype(np.float64)
    elif is_date(series):
        values = microseconds(series) / _MICROSECONDS_A_DAY
    else:
        values = _text_as_numbers(series, parse, expected)
    too_large = np.abs(values) > LARGEST
    if too_large.any():
        row = int(np.argmax(too_large))
        size = "infinite" if np.isinf(values[row]) else f"{values[row]:g}"
        raise TableError(f"column {series.name!r} is {size}", f"numbers below {LARGEST:g}, or missing values", row=row)
    return values


def microseconds(series: Series) -> Numbers:
    """Dates as microseconds since 1970-01-01, (N,), NaN where missing."""
    return series.dt.timestamp("us").cast(nw.Float64).to_numpy().astype(np.float64)


def _text_as_numbers(series: Series, parse: Callable[[str], float] | None, expected: str) -> Numbers:
    if series.dtype == nw.String and parse is None:
        try:
            return series.str.strip_chars().cast(nw.Float64).to_numpy().astype(np.float64)
        except Exception:  # each library has its own; the slow way names the value that is none
            pass

    def number(value: Any) -> float:
        if value is None or (isinstance(value, str) and not value.strip()):
            return float("nan")
        try:
            return parse(value) if parse is not None and isinstance(value, str) else float(value)
        except (TypeError, ValueError, OverflowError):
            raise TableError(f"column {series.name!r} holds {str(value)[:40]!r}", expected) from None

    return np.array(each_value(series, number), np.float64)


def mean_and_std(values: Numbers) -> tuple[float, float]:
    """Mean and standard deviation of values that are there, (n,); the latter is exactly 0 if all are the same.

    They are computed of the values times a power of two, which costs no digit: squares of 1e-165 would all be 0.
    """
    if values.min() == values.max():  # np.std says 1.4e-17 for six times 0.1
        return float(values[0]), 0.0
    exponent = np.frexp(np.abs(values).max())[1]
    scaled = np.ldexp(values, -exponent)
    return float(np.ldexp(np.mean(scaled), exponent)), float(np.ldexp(np.std(scaled), exponent)) or _SMALLEST


def too_close(series: Series) -> bool:
    """Whether numbers that are the same in float64 are not the same: whole ones beyond 2⁵³ may be so."""
    return is_number(series) and bool(series.min() != series.max())
