"""Dates as people write and count them, each against pandas or the calendar; and dates as targets."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import TableError
from clearprop.table.date_text import plain_date
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.numbers import NumberColumn
from clearprop.table.one_row import RowEncoder
from clearprop.table.target import target_from_dict, target_to_dict

DAYS = pd.date_range("2021-01-03 13:05:00", periods=200, freq="61h")
GERMAN = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
SPANISH = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


def ordinal(day):
    return f"{day}{'th' if day in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


WRITTEN = {
    "ordinals": (lambda d: f"{ordinal(d.day)} of {d:%B %Y}", "D"),
    "American ordinals": (lambda d: f"{d:%B} {ordinal(d.day)}, {d.year}", "D"),
    "Sept.": (lambda d: f"{d:%b}. {d.day}, {d.year}".replace("Sep.", "Sept.").replace("May.", "May"), "D"),
    "long and short months": (lambda d: f"{d:%B %d, %Y}" if d.month in (3, 4, 5, 6, 7) else f"{d:%b. %d, %Y}", "D"),
    "German": (lambda d: f"{d.day}. {GERMAN[d.month - 1]} {d.year}", "D"),
    "French": (lambda d: f"{d.day} {FRENCH[d.month - 1]} {d.year}", "D"),
    "Spanish": (lambda d: f"{d.day} de {SPANISH[d.month - 1]} de {d.year}", "D"),
    "Chinese with time": (lambda d: f"{d.year}年{d.month}月{d.day}日 {d.hour}时{d.minute:02}分", "min"),
    "o'clock": (lambda d: f"{d:%d.%m.%Y %H:%M} Uhr", "min"),
    "a comma before the time": (lambda d: f"{d:%d/%m/%Y, %H:%M:%S}", "s"),
    "a comma, and am": (lambda d: f"{d:%b %d, %Y, %I:%M %p}", "min"),
    "two kinds of ISO": (lambda d: f"{d:%Y-%m-%d %H:%M}" if d.day % 2 else f"{d:%Y-%m-%dT%H:%M:%S}", "s"),
    "basic ISO": (lambda d: f"{d:%Y%m%dT%H%M%S}Z", "s"),
    "points": (lambda d: f"{d:%Y.%m.%d}", "D"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_dates_in_words_are_the_same_dates(kind):
    write, unit = WRITTEN[kind]
    written = pl.DataFrame({"d": [write(d) for d in DAYS]})
    plain = pl.DataFrame({"d": DAYS.floor(unit)})
    encoder = TableEncoder.fit(written)
    assert isinstance(encoder.columns[0], DateColumn)
    np.testing.assert_allclose(encoder.transform(written), TableEncoder.fit(plain).transform(plain), atol=1e-12)


def test_a_time_zone_by_its_letters():
    written = pl.DataFrame({"d": [f"{d:%Y-%m-%d %H:%M:%S} EST" for d in DAYS]})
    plain = pl.DataFrame({"d": DAYS + pd.Timedelta(hours=5)})
    np.testing.assert_allclose(TableEncoder.fit(written).transform(written), TableEncoder.fit(plain).transform(plain))


@pytest.mark.parametrize(
    ("write", "first", "parts"),
    [
        (lambda d: f"{d.year}Q{d.quarter}", lambda d: d.to_period("Q").start_time, ["year", "month"]),
        (lambda d: f"Q{d.quarter} {d.year}", lambda d: d.to_period("Q").start_time, ["year", "month"]),
        (lambda d: f"{d.year}-Q{d.quarter}", lambda d: d.to_period("Q").start_time, ["year", "month"]),
        (lambda d: f"{d:%G}-W{d:%V}", lambda d: d.to_period("W").start_time, ["year", "month", "day"]),
        (lambda d: f"{d:%G}W{d:%V}", lambda d: d.to_period("W").start_time, ["year", "month", "day"]),
        (lambda d: f"{d:%b-%y}", lambda d: d.to_period("M").start_time, ["year", "month"]),
        (lambda d: f"{d:%B %Y}", lambda d: d.to_period("M").start_time, ["year", "month"]),
    ],
)
def test_quarters_weeks_and_months_are_their_first_days(write, first, parts):
    written = pl.DataFrame({"d": [write(d) for d in DAYS]})
    (column,) = TableEncoder.fit(written).columns
    assert isinstance(column, DateColumn)
    assert list(column.parts) == parts
    plain = TableEncoder.fit(pl.DataFrame({"d": [first(d) for d in DAYS]})).columns[0]
    assert column.parts == {part: plain.parts[part] for part in parts}


def test_days_without_a_year_are_no_months_of_a_year():
    for form in ("%b %d", "%d %b", "%d-%b"):
        (column,) = TableEncoder.fit(pl.DataFrame({"d": DAYS.strftime(form)})).columns
        assert list(column.parts) == ["month", "day"]
        assert f"read as {form}" in str(column.describe())
    years = pd.date_range("2003-01-01", "2024-01-01", freq="MS").strftime("%b %y")
    (column,) = TableEncoder.fit(pl.DataFrame({"d": years})).columns
    assert list(column.parts) == ["year", "month"]
    assert "read as %b %y, but %b %d would do, too" in str(column.describe())
    assert TableEncoder.fit(pl.DataFrame({"d": ["Feb 29", "Mar 1", "Apr 30"]})).columns[0].kind == "date"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("timestamp", lambda d: d.value // 10**9),
        ("created_at", lambda d: d.value // 10**6),
        ("event_time", lambda d: d.value // 10**3),
        ("时间", lambda d: d.value),
        ("order date", lambda d: (d - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)),
    ],
)
def test_numbers_that_count_from_some_day(name, count):
    counted, plain = pl.DataFrame({name: [count(d) for d in DAYS]}), pl.DataFrame({name: DAYS})
    encoder = TableEncoder.fit(counted)
    assert isinstance(encoder.columns[0], DateColumn)
    assert " since 1" in str(encoder.columns[0].describe())
    np.testing.assert_allclose(encoder.transform(counted), TableEncoder.fit(plain).transform(plain), atol=1e-5)
    other = counted.rename({name: "amount"})
    assert isinstance(TableEncoder.fit(other).columns[0], NumberColumn)
    assert isinstance(TableEncoder.fit(other, kinds={"amount": "date"}).columns[0], DateColumn)
    with pytest.raises(TableError, match="expected dates of one form, such as 20241231"):
        TableEncoder.fit(pl.DataFrame({"amount": [1.5, 2.5]}), kinds={"amount": "date"})


def test_milliseconds_among_seconds_are_no_dates():
    """2⁶³ microseconds are 292,271 years."""
    seconds = pl.DataFrame({"created_at": [1.6e9 + 1e5 * i for i in range(40)]})
    encoder = TableEncoder.fit(seconds)
    assert np.isfinite(encoder.transform(pl.DataFrame({"created_at": [-9e12, 9e12, None]}))).all()
    with pytest.raises(cp.ClearpropError, match=r"holds 1.6e\+15 in row 1.*seconds since 1970"):
        encoder.transform(pl.DataFrame({"created_at": [1.6e9, 1.6e15]}))
    with pytest.raises(cp.ClearpropError, match="seconds since 1970"):
        RowEncoder(encoder)({"created_at": 1.6e15})


def test_words_that_are_no_dates_stay():
    for text in ("A-12", "10.0.0.1", "hello world", "2024-01-05", "12:30", "12.5"):
        assert plain_date(text) == text


# --- targets


@pytest.mark.parametrize("write", [None, lambda d: f"{d:%d.%m.%Y}", lambda d: f"{d:%B %d, %Y}"])
def test_dates_as_targets_come_back_as_dates(write, tmp_path):
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(200)]
    frame = pl.DataFrame({"x": np.arange(200) ** 1.0 + 0.5, "due": days if write is None else list(map(write, days))})
    fit = cp.TableModel.train(frame, "due", epochs=60, split="random")
    answers = fit.model.predict(frame)
    assert all(type(answer) is dt.date for answer in answers)
    off = np.array([abs((answer - day).days) for answer, day in zip(answers, days, strict=True)])
    assert np.median(off) < 15
    assert fit.scores["train"]["mae"] == pytest.approx(off[fit.split.train].mean(), abs=0.5)
    assert "as days since 1970-01-01" in str(fit.model.target.describe()[0])
    fit.model.save(tmp_path / "m.clearprop")
    assert cp.load(tmp_path / "m.clearprop").predict(frame) == answers
    with pytest.raises(TableError, match="damaged"):
        target_from_dict({**target_to_dict(fit.model.target), "dates": "%Q"})


def test_times_of_a_date_are_kept():
    frame = pl.DataFrame({"x": np.arange(200.0) + 0.5, "t": DAYS})
    answers = cp.TableModel.train(frame, "t", epochs=5, split="random").model.predict(frame.head(2))
    assert all(type(answer) is dt.datetime for answer in answers)


def test_a_few_dates_are_classes():
    frame = pl.DataFrame({"x": range(100), "day": ["2024-01-05", "2024-02-01"] * 50})
    assert cp.TableModel.train(frame, "day", epochs=1).model.target.task == "classification"
