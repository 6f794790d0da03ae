"""Marks for missing values: texts that always stand for one, and texts that may be values, as the column shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v1 as nw

from clearprop.errors import InvalidValueError
from clearprop.messages import Message
from clearprop.table.values import FALSE, TRUE, Series, as_codes, as_values, is_number, is_text, unboxed

ALWAYS = ("", "N/A", "n/a", "N.A.", "#N/A", "<NA>", "nan", "NaN", "null", "NULL", "缺失")
PERHAPS = ("NA", "?", "-", "--", "None", "无")  # Namibia, a question, negative, nothing
MISSING_MARKS = ALWAYS + PERHAPS
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_CODE = re.compile(r"[A-Z]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SHOWN = 3
_OF_MEASURE = {"+", "±", "~", "0"}  # signs beside which a question mark is no value: +, - and unknown


@dataclass(frozen=True)
class Marks:
    """Which texts stand for a missing value.

    Attributes:
        always: those that do in every column.
        perhaps: those that do among numbers and dates, and among texts unless these show that they are of their kind:
            - beside +, None beside other capitalised words, NA beside other codes of two capitals.

    Example:
        >>> marks = Marks.of(na=["absent"])
        >>> marks.values_among(["+", "-"]), marks.values_among(["low", "high", "-"])
        (('-',), ())
    """

    always: tuple[str, ...] = ALWAYS
    perhaps: tuple[str, ...] = PERHAPS

    @classmethod
    def of(cls, na: str | Collection[str] = (), keep_na: str | Collection[str] = (), default_na: bool = True) -> Marks:
        """The usual marks with some more (`na`) and without some (`keep_na`), or without all of the usual ones.

        An empty field is missing in any case.

        Raises:
            InvalidValueError: for a mark that is to be both.
        """
        more, kept = (_texts(given) for given in (na, keep_na))
        both = next((mark for mark in more if mark in kept), None)
        if both is not None:
            raise InvalidValueError(f"{both!r} as a missing value and as a value", "one of the two")
        always, perhaps = (ALWAYS, PERHAPS) if default_na else (("",), ())
        told = dict.fromkeys((*(mark for mark in always if mark not in kept or not mark), *more))
        return cls(tuple(told), tuple(mark for mark in perhaps if mark not in kept and mark not in told))

    @property
    def every(self) -> tuple[str, ...]:
        """All marks."""
        return self.always + self.perhaps

    def values_among(self, levels: Collection[Any]) -> tuple[str, ...]:
        """The marks that are values in a column of these levels."""
        there = [mark for mark in self.perhaps if mark in levels]
        others = [str(level) for level in levels if level is not None and level not in self.every] if there else []
        words = {other.casefold() for other in others}
        if not others or (words & TRUE and words & FALSE and words <= TRUE | FALSE):
            return ()  # beside yes and no every mark is the third: unknown
        return tuple(mark for mark in there if mark in _SHOWN_BY and _SHOWN_BY[mark](others))


USUAL = Marks()


def _texts(given: str | Collection[str]) -> tuple[str, ...]:
    """As they stand in a file: without blanks around, and without what is no character."""
    texts = (given,) if isinstance(given, str) else given
    return tuple(str(mark).encode(errors="replace").decode().strip() for mark in texts)


def _beside_signs(others: list[str]) -> bool:
    return "+" in others or not any(c.isalnum() for other in others for c in other)


def _beside_other_signs(others: list[str]) -> bool:
    signs = not any(c.isalnum() for other in others for c in other)
    return signs and not all(set(other) <= _OF_MEASURE for other in others)


def _beside_capitalised(others: list[str]) -> bool:
    words = [other[:1].isupper() and other[1:2].islower() for other in others]
    return 2 * sum(words) >= len(words) and not any(other[:1].islower() for other in others)


def _beside_codes(others: list[str]) -> bool:
    codes = sum(bool(_CODE.fullmatch(other)) for other in others)
    return codes >= 2 and codes >= 0.8 * len(others)


def _beside_han(others: list[str]) -> bool:
    return 2 * sum(bool(_HAN.search(other)) for other in others) >= len(others)


_SHOWN_BY: dict[str, Callable[[list[str]], bool]] = {
    "-": _beside_signs,
    "--": _beside_signs,
    "?": _beside_other_signs,
    "None": _beside_capitalised,
    "NA": _beside_codes,
    "无": _beside_han,
}


def numbers_among(marks: Collection[str]) -> list[float]:
    """The marks that are numbers: -200 means -200.0, too."""
    return [float(mark) for mark in marks if _NUMBER.fullmatch(mark)]


class MarkTest:
    """Whether a value is one of some marks.

    Example:
        >>> is_mark = MarkTest(["absent", "-200"])
        >>> is_mark(" absent"), is_mark("-200.0"), is_mark(-200), is_mark(200)
        (True, True, True, False)
    """

    def __init__(self, marks: Collection[str]) -> None:
        self._texts, self.numbers = frozenset(marks), frozenset(numbers_among(marks))

    def __call__(self, value: Any) -> bool:
        """Whether it is."""
        if isinstance(value, str):
            text = value.strip()
            return text in self._texts or bool(self.numbers and _NUMBER.fullmatch(text) and float(text) in self.numbers)
        return bool(self.numbers) and not isinstance(value, bool) and value in self.numbers


def without_marks(series: Series, marks: Collection[str]) -> Series:
    """A column with its marks as gaps; the very same one if it has none."""
    is_mark = MarkTest(marks)
    if not is_text(series) and not (is_number(series) and is_mark.numbers):
        return series
    if series.dtype == nw.String and not is_mark.numbers and not series.str.strip_chars().is_in(list(marks)).any():
        return series  # by far the most frequent case, and no value was looked at in Python
    coded = as_codes(series)
    if coded is not None and not any(map(is_mark, coded[0][:-1])):
        return series
    values = as_values(series)
    try:
        found = {value for value in set(values) if is_mark(value)}
    except TypeError:  # lists, which whoever reads the column refuses
        return series
    if not found:
        return series
    kept = [None if value in found else value for value in values]
    is_plain = all(value is None or isinstance(value, str) for value in kept)
    dtype: Any = nw.Float64() if is_number(series) else nw.String() if is_plain else nw.Object()
    return unboxed(nw.new_series(series.name, kept, dtype, backend=series.implementation))


def counted_as_missing(marks: tuple[str, ...], rows: int = 0) -> list[Message]:
    """A word on the texts that were taken for a missing value, and on the number of their rows, where it is known."""
    if not marks:
        return []
    some = Message("table.some_more" if len(marks) > _SHOWN else "table.some", names=list(map(repr, marks[:_SHOWN])))
    key = "table.counted_as_missing_rows" if rows else "table.counted_as_missing"
    return [Message(key, marks=some, rows=rows)]
