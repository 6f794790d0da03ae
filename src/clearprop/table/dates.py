"""Columns of dates: year, month, day, weekday and hour, as far as they vary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from clearprop.messages import Message
from clearprop.table.date_text import FORMATS, Form, as_microseconds, parts_in
from clearprop.table.marks import counted_as_missing
from clearprop.table.naming import Named, Write
from clearprop.table.plain import Positive, record
from clearprop.table.values import Features, Numbers, Series, mean_and_std

PARTS = ("year", "month", "day", "weekday", "hour")
CYCLES = {"month": 12.0, "weekday": 7.0, "hour": 24.0}
EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)
BEND = 5.0  # standard deviations, as numbers are


@dataclass(frozen=True)
class DateColumn(Named):
    """A date as the parts that vary: year and day scaled, month, weekday and hour as points on a circle.

    Years and days far outside the training period are bent as numbers are, x/√(1 + (x/5)²), so that no trend goes on
    without bound. December is as near to January as to November: sin and cos of 2π·month/12.
    """

    name: str  # of the column
    form: Form | None  # how text is read: "ISO 8601" or a strptime format; None where the column held dates
    parts: dict[str, tuple[float, Positive]]  # part → (center, scale); of a circle, its period as the scale
    has_missing: bool  # whether a last feature says that a value is missing
    marks: tuple[str, ...] = ()  # texts that stand for a missing value
    other: str = ""  # the form in which the texts could be read as well, day and month exchanged
    # First and last date of the training rows, in microseconds since 1970-01-01; None of times of day.
    period: tuple[float, float] | None = None
    kind: ClassVar[str] = "date"
    holds_numbers: ClassVar[bool] = False

    @classmethod
    def fit(
        cls, series: Series, form: str | None = None, marks: tuple[str, ...] = (), other: str = "", trend: bool = True
    ) -> DateColumn:
        """The parts that vary, and their scales; without the trend, all but the year."""
        us = as_microseconds(series, form, marks)
        parts = {}
        for part, values in parts_of_dates(us).items() if not np.isnan(us).all() else ():
            center, scale = mean_and_std(values[~np.isnan(values)])
            if scale > 0 and part in parts_in(form) and (trend or part != "year"):
                parts[part] = (0.0, CYCLES[part]) if part in CYCLES else (center, scale)
        there = us[~np.isnan(us)]
        period = (float(there.min()), float(there.max())) if len(there) and "year" in parts_in(form) else None
        return cls(series.name, form, parts, bool(np.isnan(us).any()), marks, other, period)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DateColumn:
        """From its fields; see `record`."""
        found = record(cls, data)
        if not found.parts or not set(found.parts) <= set(PARTS) or found.other not in ("", *FORMATS):
            raise ValueError("parts or a form that no date has")
        return replace(found, parts={part: found.parts[part] for part in PARTS if part in found.parts})

    def named(self, write: Write) -> list[str]:
        """One name per part, two where it is a circle."""
        column, names = write(self.name), list[str]()
        for part in self.parts:
            names += [f"{column} {part} {f}" for f in ("sin", "cos")] if part in CYCLES else [f"{column} {part}"]
        return names + [f"{column} is missing"] * self.has_missing

    def encode(self, series: Series) -> Features:
        """(N, features) numbers; a missing date is 0 in all of them but the last."""
        return self.features(self.microseconds(series))

    def microseconds(self, series: Series) -> Numbers:
        """Dates of the column since 1970-01-01 (N,), NaN where missing."""
        return as_microseconds(series, self.form, self.marks)

    def features(self, us: Numbers) -> Features:
        """The same of microseconds since 1970-01-01 (N,), NaN where missing."""
        found, features = parts_of_dates(us), []
        for part, (center, scale) in self.parts.items():
            if part in CYCLES:
                angle = 2 * np.pi * found[part] / scale
                features += [np.sin(angle), np.cos(angle)]
            else:
                scaled = (found[part] - center) / scale
                features.append(scaled / np.sqrt(1 + (scaled / BEND) ** 2))
        result = np.nan_to_num(np.stack(features, 1), nan=0.0)  # there is at least one part
        return np.column_stack([result, np.isnan(us)]) if self.has_missing else result

    def far(self, us: Numbers) -> NDArray[np.bool_]:
        """Which dates (N,) lie outside of the training rows' by more than a quarter of the time that these took."""
        if self.period is None:
            return np.zeros(len(us), bool)
        first, last = self.period
        away = (last - first) / 4
        return np.asarray((us < first - away) | (us > last + away))

    @property
    def learned(self) -> str:
        """The time of the training rows: "2021-01-01 to 2022-12-31"."""
        return "" if self.period is None else " to ".join(map(day_of, self.period))

    def describe(self) -> Message:
        """What was done, in a few words."""
        parts = [Message("table.date.parts", parts=[Message(f"table.date.{part}") for part in self.parts])]
        if self.period is not None:
            first, last = map(day_of, self.period)
            parts.append(Message("table.date.period", first=first, last=last))
        if self.form is not None:
            key = "table.date.read_as_or" if self.other else "table.date.read_as"
            parts.append(Message(key, form=self.form, other=self.other))
        parts += [Message("table.missing_flag", value="0")] * self.has_missing
        return Message("table.parts", parts=parts + counted_as_missing(self.marks))


def parts_of_dates(us: Numbers) -> dict[str, Numbers]:
    """Parts of dates given in microseconds since 1970-01-01: part → (N,), NaN where missing.

    Year with its fraction; month 0 … 11; day 1 … 31; weekday 0 (Monday) … 6; hour with its fraction.
    """
    gone = np.isnan(us)
    t = np.where(gone, 0, us).astype(np.int64).astype("datetime64[us]")
    days, months, years = (t.astype(f"datetime64[{unit}]") for unit in "DMY")
    day_of_year = (t - years.astype("datetime64[us]")).astype(np.float64) / 86.4e9
    found = {
        "year": years.astype(np.float64) + 1970 + day_of_year / 366,
        "month": months.astype(np.float64) % 12,
        "day": (days - months.astype("datetime64[D]")).astype(np.float64) + 1,
        "weekday": (days.astype(np.float64) + 3) % 7,
        "hour": (t - days.astype("datetime64[us]")).astype(np.float64) / 3.6e9,
    }
    return {part: np.where(gone, np.nan, values) for part, values in found.items()}


def day_of(us: float) -> str:
    """A date as people read it: 2024-12-31."""
    return str(np.datetime64(int(us), "us").astype("datetime64[D]"))
