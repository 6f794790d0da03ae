"""What an ONNX model of a table is given for a data frame: it needs no `onnx`."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.interop.onnx.calendar import GONE
from clearprop.interop.onnx.table import table_inputs
from clearprop.table.encoder import TableEncoder

DAY = 86_400_000_000
ROWS = range(40)
DAYS = [dt.date(1969, 12, 31) + dt.timedelta(days=i) for i in ROWS]


def given(learned, asked):
    """The inputs' values as lists, by name."""
    found = table_inputs(TableEncoder.fit(pl.DataFrame(learned)), asked)
    assert all(values.shape == (len(asked), 1) for values in found.values())
    return {name: values[:, 0].tolist() for name, values in found.items()}


@pytest.mark.parametrize(
    "write",
    [
        lambda days: days,
        lambda days: [f"{day:%d.%m.%Y}" for day in days],
        lambda days: [dt.datetime(day.year, day.month, day.day) for day in days],
    ],
)
def test_dates_are_microseconds_however_they_are_written(write):
    asked = pl.DataFrame({"day": [*write(DAYS[:3]), None]})
    assert given({"day": write(DAYS)}, asked) == {"day": [-DAY, 0, DAY, GONE]}


def test_time_zones_are_brought_to_utc():
    days = pd.DataFrame({"at": pd.date_range("2024-01-01", periods=40, freq="31h", tz="Europe/Berlin")})
    found = table_inputs(TableEncoder.fit(days), days[:1])["at"]
    assert found.dtype == np.int64
    assert found[0, 0] == (dt.datetime(2023, 12, 31, 23) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def test_times_of_day_count_from_midnight():
    hours = {"opens": [f"{6 + i % 9:02d}:{i % 4 * 15:02d}" for i in ROWS]}
    assert given(hours, pl.DataFrame({"opens": ["00:30", "23:00", None]})) == {
        "opens": [DAY // 48, DAY // 24 * 23, GONE]
    }


def test_parts_of_a_text_have_names_that_no_column_has():
    table = {"p": [f"{120 + i}/{80 + i % 7}" for i in ROWS], "p 2": [i % 3 for i in ROWS], "": [i % 5 for i in ROWS]}
    found = given(table, pl.DataFrame({"p": ["1/2", None], "p 2": [1.0, None], "": [4, 3]}))
    assert {name: values[0] for name, values in found.items()} == {"p 1": 1, "p 2 2": 2, "p 2": 1, "column": 4}
    assert np.isnan([found["p 1"][1], found["p 2 2"][1], found["p 2"][1]]).all()


def test_units_that_are_not_converted_are_told_beside_the_number():
    table = {"rate": [f"{i}.5 {'EUR/h' if i % 3 else 'EUR/m'}" for i in ROWS]}
    found = given(table, pl.DataFrame({"rate": ["2.5 EUR/m", "3 EUR/h", "4"]}))
    assert found == {"rate": [2.5, 3.0, 4.0], "rate unit": ["EUR/m", "", ""]}


def test_what_the_column_did_not_hold_is_refused():
    with pytest.raises(cp.ClearpropError, match="column 'x' holds '2024"):
        given({"x": [1.5 * i for i in ROWS]}, pl.DataFrame({"x": [dt.date(2024, 1, 1)]}))
    with pytest.raises(cp.ClearpropError, match="no column 'x'"):
        given({"x": [1.5 * i for i in ROWS]}, pl.DataFrame({"y": [1]}))
    broken = pd.DataFrame({"c": ["a\ud800" if i % 2 else "b" for i in ROWS]}, dtype=object)
    with pytest.raises(cp.ClearpropError, match="column 'c'"):
        table_inputs(TableEncoder.fit(broken), broken)
