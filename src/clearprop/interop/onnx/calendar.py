"""The parts of a date in whole-number arithmetic, of which no digit is lost: ONNX has no dates of its own.

Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013, for year, month and day. A year begins in March
there, so that a leap day is its last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop import graph as g
from clearprop.arrays import Array
from clearprop.graph import N, variable
from clearprop.interop.onnx.formula import written_formula
from clearprop.interop.onnx.writing import KINDS, OnnxGraph
from clearprop.table.dates import BEND, CYCLES, DateColumn

GONE = np.iinfo(np.int64).min  # stands for a missing date, as in NumPy
A_DAY = 86_400_000_000  # microseconds
_AN_HOUR = 3.6e9
_ERA = 146_097  # days of 400 years
_MARCH_0, _JANUARY_1 = 719_468, 719_162  # days from the first of March of the year 0, of January of the year 1 to 1970


def date_features(into: OnnxGraph, column: DateColumn, x: str) -> list[str]:
    """The features of a column of dates, each (N, 1), from microseconds since 1970-01-01, `GONE` where missing."""
    missing = into.node("Equal", x, into.constant(np.int64(GONE)))
    date = Date(Whole(into, into.node("Where", missing, into.constant(np.int64(0)), x)))
    found = []
    for part, (center, scale) in column.parts.items():
        v = variable("x", (N, 1))
        if part == "hour":
            angle = 2 * np.pi * v / scale
            found += written_formula(into, [g.sin(angle), g.cos(angle)], date.hour())
        elif part in CYCLES:  # as many values as the circle has
            place, angles = getattr(date, part)().name, 2 * np.pi * np.arange(scale) / scale
            found += [into.node("Gather", into.constant(f(angles)), place, axis=0) for f in (np.sin, np.cos)]
        else:
            scaled = (v - center) / scale
            value = date.years() if part == "year" else date.day_of_month().as_float()
            found += written_formula(into, [scaled / g.sqrt(1.0 + (scaled / BEND) ** 2)], value)
    zero = into.constant(np.float64(0))
    found = [into.node("Where", missing, zero, each) for each in found]
    return found + ([into.node("Cast", missing, to=KINDS["f64"])] if column.has_missing else [])


def whole_microseconds(us: Array) -> Array:
    """Microseconds (N,) as whole numbers, `GONE` where they are NaN."""
    return np.where(np.isnan(us), GONE, np.nan_to_num(us).astype(np.int64))


class Date:
    """The parts of dates (N, 1), as `parts_of_dates` has them.

    Args:
        t: microseconds since 1970-01-01.
    """

    def __init__(self, t: Whole) -> None:
        self._t, self._day = t, t // A_DAY

    def hour(self) -> str:
        """0 … 24, with the fraction."""
        return self._over((self._t % A_DAY).as_float(), _AN_HOUR)

    def weekday(self) -> Whole:
        """0 (Monday) … 6."""
        return (self._day + 3) % 7

    def month(self) -> Whole:
        """0 … 11."""
        return (self._from_march() + 2) % 12

    def day_of_month(self) -> Whole:
        """1 … 31."""
        return self._day_of_year() - (self._from_march() * 153 + 2) // 5 + 1

    def years(self) -> str:
        """The year, and as its fraction how far it has come in days of 1/366."""
        year = self._year_of_era() + (self._day + _MARCH_0) // _ERA * 400 + self._from_march() // 10
        before = year - 1
        first = before * 365 + before // 4 - before // 100 + before // 400 - _JANUARY_1
        days = self._over((self._t - first * A_DAY).as_float(), float(A_DAY))
        return self._t.into.node("Add", year.as_float(), self._over(days, 366.0))

    def _day_of_era(self) -> Whole:
        return (self._day + _MARCH_0) % _ERA

    def _year_of_era(self) -> Whole:
        """0 … 399."""
        n = self._day_of_era()
        return (n - n // 1460 + n // 36_524 - n // 146_096) // 365

    def _day_of_year(self) -> Whole:
        """0 … 365, from the first of March on."""
        y = self._year_of_era()
        return self._day_of_era() - (y * 365 + y // 4 - y // 100)

    def _from_march(self) -> Whole:
        """The month, 0 (March) … 11: 153 days are the five months from March to July, and those from August on."""
        return (self._day_of_year() * 5 + 2) // 153

    def _over(self, x: str, number: float) -> str:
        return self._t.into.node("Div", x, self._t.into.constant(np.float64(number)))


@dataclass(frozen=True)
class Whole:
    """A value of whole numbers, with which one reckons as with Python's: // and % round down."""

    into: OnnxGraph
    name: str

    def __add__(self, other: Whole | int) -> Whole:
        """a + b."""
        return self._with("Add", other)

    def __sub__(self, other: Whole | int) -> Whole:
        """a − b."""
        return self._with("Sub", other)

    def __mul__(self, other: int) -> Whole:
        """a · b."""
        return self._with("Mul", other)

    def __mod__(self, other: int) -> Whole:
        """What is left of a // b, with the sign of b."""
        return self._with("Mod", other)

    def __floordiv__(self, other: int) -> Whole:
        """⌊a / b⌋: ONNX cuts off towards 0, so that what is left is taken away before."""
        return (self - self % other)._with("Div", other)

    def as_float(self) -> str:
        """The same in float64."""
        return self.into.node("Cast", self.name, to=KINDS["f64"])

    def _with(self, op: str, other: Whole | int) -> Whole:
        name = other.name if isinstance(other, Whole) else self.into.constant(np.int64(other))
        return Whole(self.into, self.into.node(op, self.name, name))
