"""Numbers and dates as people write them, each against the value that a person reads."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import TableError
from clearprop.table.date_text import FORMATS, parse_date
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.finder import find_format
from clearprop.table.numbers import NumberColumn
from clearprop.table.several import SeveralColumn


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["€1.2M", "€350K", "€0"], [1.2e6, 350e3, 0]),
        (["1.2m", "350k", "12"], [1.2e6, 350e3, 12]),
        (["$1.2 million", "$350 thousand", "$2 bn"], [1.2e6, 350e3, 2e9]),
        (["1.2万", "3500", "2亿"], [12e3, 3500, 2e8]),
        (["5 lakh", "1.5 crore", "700"], [5e5, 1.5e7, 700]),
        (["74 bhp", "0", "88.5 bhp"], [74, 0, 88.5]),
        (["12 kg", "13", "14 kg"], [12, 13, 14]),
        (["$5", "6", "$7.5"], [5, 6, 7.5]),
        (["64,05,920", "12,345", "1,23,456"], [6405920, 12345, 123456]),
        (["1’234’567", "12", "3’000"], [1234567, 12, 3000]),
        (["(1,234)", "1,234", "($5)"], [-1234, 1234, -5]),
        (["~12", "13", "<5", "ca. 7"], [12, 13, 5, 7]),
        (["1,000+", "500+", "10,000+"], [1000, 500, 10000]),
        (["12", "10 - 20", "13", "14–16"], [12, 15, 13, 15]),
        (["10 to 20 kg", "13 kg", "12 kg"], [15, 13, 12]),
        (["5 yrs", "1 yr", "7 yrs"], [5, 1, 7]),
        (["25:10:00", "1:02:03", "0:00:30"], [90600, 3723, 30]),
        (["2h 50m", "45m", "1h"], [10200, 2700, 3600]),
        (["1 day, 2:03:04", "26:00:00"], [93784, 93600]),
        (["2小时5分", "45分钟", "1小时"], [7500, 2700, 3600]),
        (["90 min", "100 min"], [90, 100]),
        (["350K", "12K"], [350, 12]),  # one unit, whatever it means: kelvin, karat or thousands
    ],
)
def test_what_a_person_reads(written, values):
    found = find_format(written)
    assert found is not None
    assert [found.parse(text) for text in written] == values


@pytest.mark.parametrize(
    "written",
    [
        ["12", "12a", "14", "15", "16"],  # house numbers
        ["1A", "2B", "3A"],  # seats
        ["10-20", "20-30", "30-40"],  # classes
        ["1 m", "1 kg", "1 s", "2 K"],  # several quantities
        ["00:10", "23:50", "12:00"],  # times of the day are dates
    ],
)
def test_what_a_person_reads_as_no_number(written):
    assert find_format(written) is None


def test_units_beside_others_have_a_flag_each():
    written = ["20.5 kmpl"] * 9 + ["18.5 km/kg"]
    encoder = TableEncoder.fit(pl.DataFrame({"mileage": written}))
    assert encoder.feature_names == ["mileage", "mileage in km/kg"]
    assert encoder.transform(pl.DataFrame({"mileage": written}))[:, 1].tolist() == [0] * 9 + [1]
    assert "'km/kg' beside 'kmpl': not converted, a flag each" in str(encoder.columns[0].describe())
    with pytest.raises(TableError, match="holds '9 mpg'"):
        encoder.transform(pl.DataFrame({"mileage": ["9 mpg"]}))


def test_odd_words_that_count_as_missing_are_counted_and_three_are_shown():
    odd = ["unknown", "see note 5b", "n.d.", "tbd"]
    values = [f"{i}.5" for i in range(200)] + odd
    (column,) = TableEncoder.fit(pl.DataFrame({"a": values})).columns
    assert isinstance(column, NumberColumn)
    assert column.text is not None
    assert sorted(column.text.marks) == sorted(odd)
    assert "'n.d.' and 'see note 5b' and 'tbd', … counted as missing (4 rows)" in str(column.describe())


@given(st.lists(st.tuples(st.integers(1, 999_999), st.sampled_from(["", "K", "M", "B"])), min_size=2, max_size=20))
def test_powers_multiply(pairs):
    powers = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
    written = [f"${n / 100}{power}" for n, power in pairs]
    found = find_format(written)
    assert found is not None
    np.testing.assert_allclose([found.parse(text) for text in written], [n / 100 * powers[p] for n, p in pairs])


def test_the_message_shows_what_is_no_number_and_its_row():
    frame = pl.DataFrame({"c": ["1", "2", "10 - 20", "abc", "5"]})
    with pytest.raises(TableError, match="column 'c' holds 'abc' in row 3 .*; expected numbers"):
        TableEncoder.fit(frame, kinds={"c": "number"})
    frame = pl.DataFrame({"c": ["1 m", "2 kg", "3 s", "4 K", "5 A"]})
    with pytest.raises(TableError, match="numbers that are not written in one way, '1 m' in row 0"):
        TableEncoder.fit(frame, kinds={"c": "number"})


# --- several numbers in one text


@pytest.mark.parametrize(
    ("form", "count"), [("{}/{}", 2), ("{}'{}\"", 2), ("{}x{}", 2), ("{} × {} × {}", 3), ("{}'{}", 2)]
)
def test_several_numbers(form, count):
    rng = np.random.default_rng(0)
    numbers = rng.integers(1, 200, (60, count))
    frame = pl.DataFrame({"s": [form.format(*row) for row in numbers]})
    encoder = TableEncoder.fit(frame)
    (column,) = encoder.columns
    assert isinstance(column, SeveralColumn)
    plain = pl.DataFrame({f"s {k + 1}": numbers[:, k] for k in range(count)})
    np.testing.assert_allclose(encoder.transform(frame), TableEncoder.fit(plain).transform(plain))
    again = TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    np.testing.assert_array_equal(again.transform(frame), encoder.transform(frame))
    with pytest.raises(TableError, match="column 's' holds 'none' in row 0 .*; expected . numbers with"):
        encoder.transform(pl.DataFrame({"s": ["none"]}))
    assert np.isfinite(encoder.transform(pl.DataFrame({"s": [None, ""]}))).all()


# --- dates


MOMENT = dt.datetime(2022, 11, 23, 17, 45, 10)


@pytest.mark.parametrize("form", [form for form in FORMATS if "%" in form])
def test_every_form_reads_what_is_written_in_it(form):
    text = MOMENT.replace(tzinfo=dt.UTC).strftime(form) if "%z" in form else MOMENT.strftime(form)
    found = parse_date(text, form)
    assert found.strftime(form.replace("%z", "+0000")) == text.replace("Z", "+0000")


@pytest.mark.parametrize(
    "form",
    [
        *("%d-%b-%y", "%B %d, %Y", "%d %B %Y", "%Y.%m.%d", "%b %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%Y%m%d"),
        *("%Y-%m-%d %H", "%Y%m%dT%H%M%SZ", "%a %b %d %H:%M:%S %Y", "%d/%b/%Y", "%m-%d-%Y", "%Y-%m-%dT%H:%M:%SZ"),
    ],
)
def test_usual_forms_are_the_same_dates(form):
    days = pd.date_range("2022-01-03", periods=60, freq="53h")
    texts = days.strftime(form).tolist()
    written, plain = pl.DataFrame({"d": texts}), pl.DataFrame({"d": pd.to_datetime(texts, format=form, utc=True)})
    encoder = TableEncoder.fit(written)
    np.testing.assert_allclose(encoder.transform(written), TableEncoder.fit(plain).transform(plain), atol=1e-12)


def test_whole_numbers_that_are_dates():
    days = pd.date_range("2022-01-03", periods=60, freq="53h")
    digits = pl.DataFrame({"d": [int(text) for text in days.strftime("%Y%m%d")] + [None]})
    encoder = TableEncoder.fit(digits)
    assert isinstance(encoder.columns[0], DateColumn)
    text = pl.DataFrame({"d": [*days.strftime("%Y%m%d"), None]})
    np.testing.assert_array_equal(encoder.transform(text), encoder.transform(digits))
    np.testing.assert_array_equal(encoder.transform(digits.to_pandas()), encoder.transform(digits))
    numbers = pl.DataFrame({"n": range(20_220_101, 20_220_201)})  # the 32nd of January
    assert TableEncoder.fit(numbers.with_columns(x=pl.Series([1, 2] * 50))).columns[0].name == "x"


def test_times_of_the_day_lie_on_a_circle():
    encoder = TableEncoder.fit(pl.DataFrame({"t": ["00:10", "23:50", "12:00", "06:30"]}))
    assert encoder.feature_names == ["t hour sin", "t hour cos"]
    X = encoder.transform(pl.DataFrame({"t": ["00:10", "23:50"]}))
    assert np.abs(X[0] - X[1]).max() < 0.1
    scores = [f"{i % 3}:{i % 4}" for i in range(40)]  # of games
    assert TableEncoder.fit(pl.DataFrame({"t": scores})).columns[0].kind == "category"


def test_lengths_of_time_are_seconds():
    spans = [dt.timedelta(days=1, seconds=5), dt.timedelta(hours=2), None]
    seconds = pl.DataFrame({"d": [86405.0, 7200.0, None]})
    for frame in (pl.DataFrame({"d": spans}), pd.DataFrame({"d": pd.to_timedelta(spans)})):
        assert TableEncoder.fit(frame) == TableEncoder.fit(seconds)
        np.testing.assert_array_equal(
            TableEncoder.fit(frame).transform(frame), TableEncoder.fit(seconds).transform(seconds)
        )


def test_a_date_that_could_be_read_in_two_ways_says_so():
    both, one = pl.DataFrame({"a": ["01/02/2024", "05/03/2024"]}), pl.DataFrame({"a": ["01/02/2024", "25/03/2024"]})
    assert "read as %d/%m/%Y, but %m/%d/%Y would do, too" in str(TableEncoder.fit(both).columns[0].describe())
    assert "would do" not in str(TableEncoder.fit(one).columns[0].describe())


def test_years_far_beyond_the_training_are_bent():
    frame = pl.DataFrame({"d": pd.date_range("2015-01-01", "2019-12-31", freq="D")})
    (column,) = TableEncoder.fit(frame).columns
    far = column.encode(as_frame(pl.DataFrame({"d": [dt.datetime(9000, 1, 1)]}))["d"])
    assert 4.9 < far[0, 0] <= 5
