"""The parts of a date that say something alone: year, month, day, weekday and hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from clearprop.table.values import Numbers

PARTS = ("year", "month", "day", "weekday", "hour")
CYCLES = {"month": 12.0, "weekday": 7.0, "hour": 24.0}
EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)


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
