"""Columns to features: against scikit-learn's imputer, scaler and one-hot encoder, in every library's own dress."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from clearprop.errors import TableError
from clearprop.table import read_table
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.dates import DateColumn, parts_of_dates
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.finder import find_format
from clearprop.table.numbers import NumberColumn


def bent(x, most=5):
    return x / np.sqrt(1 + (x / most) ** 2)


numbers = hnp.arrays(np.float64, st.integers(3, 30), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan))


@given(numbers)
def test_numbers_against_scikit_learn(values):
    there = values[~np.isnan(values)]
    if len(there) == 0 or (len(there) == len(values) and there.min() == there.max()):
        return
    frame = pl.DataFrame({"x": values})
    X = TableEncoder.fit(frame, scaling="standard").transform(frame)
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    expected = imputer.fit_transform(values[:, None])
    filled = expected[:, :1]
    if filled.std() > 1e-9 * np.abs(filled).max():  # below that scikit-learn calls a column constant
        expected[:, :1] = bent(StandardScaler().fit_transform(filled))
        np.testing.assert_allclose(X, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(X[:, 1:], expected[:, 1:])


def test_a_whole_real_table_against_scikit_learn(data):
    frame = read_table(data / "titanic.csv").to_pandas()
    train, later = frame.iloc[:600], frame.iloc[600:]
    encoder = TableEncoder.fit(train, scaling="standard")
    X = encoder.transform(later)
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    assert X.shape == (len(later), len(encoder.feature_names))
    start = 0
    for column in encoder.columns:
        ours = X[:, start : start + len(column.feature_names)]
        start += len(column.feature_names)
        if isinstance(column, NumberColumn):
            theirs = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(train[[column.name]])
            expected = bent(theirs.transform(later[[column.name]]))
            np.testing.assert_allclose(ours[:, :1], expected, rtol=1e-9, atol=1e-12)
            if column.has_missing:
                np.testing.assert_array_equal(ours[:, 1], later[column.name].isna())
        elif isinstance(column, BooleanColumn):
            text = later[column.name].astype(str).str.lower()
            np.testing.assert_array_equal(ours[:, 0], (text == column.true) * 1 - (text == column.false) * 1)
        else:
            text = [f.astype(object).where(f.notna(), None) for f in (train[column.name], later[column.name])]
            names = [None if v is None else str(v) for v in sorted({*text[0]} - {None}, key=str)]
            names += [None] if None in column.levels else []
            assert list(column.levels) == names
            theirs = OneHotEncoder(categories=[np.array(names, object)], handle_unknown="ignore", sparse_output=False)
            train_text, later_text = ([[None if v is None else str(v)] for v in part] for part in text)
            expected = theirs.fit(train_text).transform(later_text)
            np.testing.assert_array_equal(ours[:, : len(names)], expected)
            assert ours.shape[1] == len(names) + column.pooled
            np.testing.assert_array_equal(ours.sum(1), np.maximum(expected.sum(1), column.pooled))


DAYS = [dt.date(2020, 1, 1), None, dt.date(2020, 1, 4)]
TIMES = [None if day is None else dt.datetime(day.year, day.month, day.day) for day in DAYS]
DRESSES = {
    "text": [
        pl.DataFrame({"a": ["u", None, "v"]}),
        pa.table({"a": ["u", None, "v"]}),
        pa.table({"a": pa.array(["u", None, "v"]).dictionary_encode()}),
        pd.DataFrame({"a": pd.array(["u", None, "v"], "string")}),
        pd.DataFrame({"a": pd.Categorical(["u", None, "v"])}),
        pd.DataFrame({"a": pd.Series(["u", float("nan"), "v"], dtype=object)}),
    ],
    "truth": [
        pl.DataFrame({"a": [True, None, False]}),
        pa.table({"a": [True, None, False]}),
        pd.DataFrame({"a": pd.array([True, None, False], "boolean")}),
        pd.DataFrame({"a": pd.Series([True, None, False], dtype=object)}),
    ],
    "whole": [
        pl.DataFrame({"a": [1, None, 3]}),
        pa.table({"a": [1, None, 3]}),
        pd.DataFrame({"a": pd.array([1, None, 3], "Int64")}),
        pd.DataFrame({"a": [1, None, 3]}),
    ],
    "date": [
        pl.DataFrame({"a": DAYS}),
        pl.DataFrame({"a": TIMES}),
        pa.table({"a": DAYS}),
        pd.DataFrame({"a": pd.to_datetime(TIMES)}),
        pd.DataFrame({"a": pd.to_datetime(TIMES, utc=True)}),
    ],
}


@pytest.mark.parametrize("kind", DRESSES)
def test_every_library_gives_the_same_encoder_and_features(kind):
    first, *others = DRESSES[kind]
    encoder = TableEncoder.fit(first)
    for frame in others:
        assert TableEncoder.fit(frame) == encoder
        np.testing.assert_array_equal(encoder.transform(frame), encoder.transform(first))


def test_the_parts_of_dates_by_hand():
    days = [dt.datetime(2023, 12, 31, 18), dt.datetime(2024, 1, 1, 6, 30), None]
    encoder = TableEncoder.fit(pl.DataFrame({"a": days}))
    (column,) = encoder.columns
    assert isinstance(column, DateColumn)
    names = [
        "a year",
        "a month sin",
        "a month cos",
        "a day",
        "a weekday sin",
        "a weekday cos",
        "a hour sin",
        "a hour cos",
    ]
    assert encoder.feature_names == [*names, "a is missing"]
    X = dict(zip(encoder.feature_names, encoder.transform(pl.DataFrame({"a": days})).T, strict=True))
    for part, period, values in (("month", 12, [11, 0]), ("weekday", 7, [6, 0]), ("hour", 24, [18, 6.5])):
        angle = 2 * np.pi * np.array(values) / period
        np.testing.assert_allclose(X[f"a {part} sin"], [*np.sin(angle), 0], atol=1e-12)
        np.testing.assert_allclose(X[f"a {part} cos"], [*np.cos(angle), 0], atol=1e-12)
    np.testing.assert_allclose(X["a day"], bent(np.array([1.0, -1, 0])))
    np.testing.assert_allclose(X["a year"], bent(np.array([-1.0, 1, 0])))
    assert X["a is missing"].tolist() == [0, 0, 1]


@given(st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(2200, 1, 1)))
def test_parts_against_the_calendar(moment):
    found = parts_of_dates(np.array([(moment - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1)]))
    assert [int(found[part][0]) for part in ("month", "day", "weekday", "hour")] == [
        *(moment.month - 1, moment.day, moment.weekday(), moment.hour)
    ]
    assert int(found["year"][0]) == moment.year


@pytest.mark.parametrize(
    "written",
    [
        ["2024-01-31", "2023-05-02"],
        ["2024-01-31T00:00:00", "2023-05-02T00:00:00"],
        ["2024-01-31 01:00:00+01:00", "2023-05-02 00:00:00Z"],
        ["31.01.2024", "02.05.2023"],
        ["31/01/2024", "02/05/2023"],
        ["01/31/2024", "05/02/2023"],
        ["2024/01/31", "2023/05/02"],
        ["2024年1月31日", "2023年5月2日"],
        ["31 Jan 2024", "2 May 2023"],
        ["Jan 31, 2024 00:00", "May 2, 2023 00:00"],
    ],
)
def test_dates_in_text(written):
    frame = pl.DataFrame({"a": [*written, None]})
    encoder = TableEncoder.fit(frame)
    expected = pl.DataFrame({"a": [dt.date(2024, 1, 31), dt.date(2023, 5, 2), None]})
    np.testing.assert_allclose(encoder.transform(frame), TableEncoder.fit(expected).transform(expected))
    np.testing.assert_allclose(encoder.transform(expected), encoder.transform(frame))
    with pytest.raises(TableError, match="column 'a' holds 'soon' in row .*; expected dates"):
        encoder.transform(pl.DataFrame({"a": ["soon"]}))


def test_an_ambiguous_date_has_its_day_first():
    (column,) = TableEncoder.fit(pl.DataFrame({"a": ["01/02/2024", "05/02/2024", "07/02/2024"]})).columns
    assert column.form == "%d/%m/%Y"


# --- numbers in text


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["$1,234.50", "$7.25", "-$2,000"], [1234.5, 7.25, -2000]),
        (["1.234,5 €", "7,25 €", "-2.000 €"], [1234.5, 7.25, -2000]),
        (["12.5%", "7%", "100 %"], [12.5, 7, 100]),
        (["1 234 kg", "12 kg", "1\u00a0000 kg"], [1234, 12, 1000]),
        (["1'234", "56", "7'890"], [1234, 56, 7890]),
        (["¥1,234", "¥56", "¥7"], [1234, 56, 7]),
        (["3,5", "4,25", "−5"], [3.5, 4.25, -5]),
        (["1.234.567", "8", "9"], [1234567, 8, 9]),
        (["12万", "3万", "45万"], [12, 3, 45]),
        (["0.5 mg/l", "3 mg/l", "7.25 mg/l"], [0.5, 3, 7.25]),
    ],
)
def test_numbers_hidden_in_text(written, values):
    found = find_format(written)
    assert [found.parse(text) for text in written] == values
    encoder = TableEncoder.fit(pl.DataFrame({"a": written}))
    np.testing.assert_allclose(
        encoder.transform(pl.DataFrame({"a": written})), encoder.transform(pl.DataFrame({"a": values}))
    )
    np.testing.assert_allclose(
        through_json(encoder).transform(pl.DataFrame({"a": written[:1]}))[0, 0],
        bent((values[0] - np.mean(values)) / np.std(values)),
    )


@pytest.mark.parametrize(
    "written",
    [
        ["007", "123", "456"],
        ["192.168.1.10", "10.0.0.1", "8.8.8.8"],
        ["31.12.2024x", "1.1.2024x"],
        ["item 1", "item 2"],
        ["1st", "2nd", "3rd"],
        ["12:30", "14:45"],
        ["10-20", "20-30"],
        ["1,23,45", "12"],
        ["red", "blue"],
        [],
    ],
)
def test_text_that_is_no_number(written):
    assert find_format(written) is None


def test_a_few_marks_among_numbers_count_as_missing():
    values = [str(i / 7) for i in range(100)] + ["unknown", "n.d.", "unknown"]
    encoder = TableEncoder.fit(pl.DataFrame({"a": values}))
    assert encoder.feature_names == ["a", "a is missing"]
    assert encoder.transform(pl.DataFrame({"a": values}))[:, 1].tolist() == [0] * 100 + [1] * 3
    assert "'unknown' and 'n.d.' counted as missing (3 rows)" in str(encoder.columns[0].describe())
    with pytest.raises(TableError, match="column 'a' holds 'absent'"):
        encoder.transform(pl.DataFrame({"a": ["absent"]}))


@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=2, max_size=8),
    st.sampled_from([("", "."), (",", "."), (".", ","), (" ", ","), ("'", ".")]),
    st.sampled_from(["", "$", "€", "USD "]),
    st.sampled_from(["", " kg", "%"]),
)
def test_what_is_written_in_any_format_is_read_back(values, separators, prefix, suffix):
    thousands, decimal = separators
    swap = str.maketrans({",": thousands, ".": decimal})
    written = [prefix + f"{value:,.2f}".translate(swap) + suffix for value in values]
    found = find_format(written)
    assert [found.parse(text) for text in written] == [float(value) for value in values]


# --- kinds, scaling, booleans


def test_kinds_can_be_given():
    frame = pl.DataFrame({"zip": [10115, 20095, 10115, 80331], "x": [1.0, 2.0, 4.0, 8.0], "n": ["1", "2", "1", "3"]})
    encoder = TableEncoder.fit(frame, kinds={"zip": "category", "n": "number"})
    assert encoder.feature_names == ["zip=10115", "zip=20095", "zip=80331", "x", "n"]
    for kinds, words in (
        ({"zap": "number"}, "unknown column 'zap'.*did you mean 'zip'"),
        ({"zip": "numbr"}, "unknown kind of column 'numbr'.*did you mean 'number'"),
        ({"x": "boolean"}, "column 'x' has 4 values; expected two"),
        ({"x": "date"}, "column 'x' holds '1'; expected dates of one form"),
    ):
        with pytest.raises(ValueError, match=words):
            TableEncoder.fit(frame, kinds=kinds)
    with pytest.raises(ValueError, match="unknown scaling 'max'"):
        TableEncoder.fit(frame, scaling="max")


def test_robust_scaling_by_hand():
    values = [1.0, 2.0, 3.0, 4.0, 1000.0]
    X = TableEncoder.fit(pl.DataFrame({"a": values}), scaling="robust").transform(pl.DataFrame({"a": values}))
    np.testing.assert_allclose(X[:, 0], bent((np.array(values) - 3) / 2, 3))
    mostly_zero = pl.DataFrame({"a": [0.0] * 9 + [8.0]})
    X = TableEncoder.fit(mostly_zero, scaling="robust").transform(mostly_zero)
    assert X[-1, 0] == pytest.approx(bent(2.0, 3)), "half the range where the quartiles are one"


@pytest.mark.parametrize(
    ("values", "true"),
    [
        (["no", "yes"], "yes"),
        (["是", "否"], "是"),
        ([True, False], "true"),
        (["TRUE", "False"], "true"),
        (["m", "f"], "m"),
    ],
)
def test_two_values_are_one_feature(values, true):
    encoder = TableEncoder.fit(pl.DataFrame({"a": [*values, None, *values]}))
    assert encoder.feature_names == [f"a={true}"]
    assert sorted(encoder.transform(pl.DataFrame({"a": [*values, None]}))[:, 0]) == [-1, 0, 1]


def test_true_in_parquet_is_true_in_text():
    encoder = TableEncoder.fit(pl.DataFrame({"a": [True, False, True]}))
    X = encoder.transform(pl.DataFrame({"a": ["true", "FALSE", "True"]}))
    assert X[:, 0].tolist() == [1, -1, 1]


def test_rare_levels_are_pooled_and_unseen_ones_with_them():
    words = ["a"] * 500 + ["b"] * 400 + ["c"] * 99 + ["d"]
    encoder = TableEncoder.fit(pl.DataFrame({"w": words}))
    assert encoder.feature_names == ["w=a", "w=b", "w=c", "w=other"]
    assert encoder.transform(pl.DataFrame({"w": ["d", "never"]}))[:, 3].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("row", list(range(100, 200)), "identifier"),
        ("row", list(np.random.default_rng(0).permutation(105)[:100]), "identifier"),
        ("customer_id", list(range(0, 10**6, 10**4)), "identifier"),
        ("price", list(range(0, 10**6, 10**4)), None),
        ("price", [x / 2 for x in range(100)], None),
        ("price", [*range(99), 5], None),
    ],
)
def test_identifiers_are_set_aside(name, values, why):
    encoder = TableEncoder.fit(pl.DataFrame({name: values, "x": [1, 2] * 50}))
    assert (why is None) == (name not in encoder.ignored)
    assert why is None or why in str(encoder.ignored[name])


@pytest.mark.parametrize(
    ("train", "later", "words"),
    [
        ([1.0, 2.0], DAYS, "holds '2020-01-01'; expected numbers"),
        (DAYS, [1.0, 2.0], "holds '1.0' in row 0 .*; expected dates"),
        (DAYS, ["2020-13-01"], "holds '2020-13-01' in row 0 .*; expected dates"),
        ([1, 2], ["3", "four"], "holds 'four' in row 1 .*; expected numbers"),
        ([1, 2], [1.0, 1e200], r"is 1e\+200 in row 1"),
        ([1, 2], [float("-inf")], "is infinite in row 0"),
        ([1, 2], [10**400], "holds '1000"),
    ],
)
def test_another_kind_at_prediction(train, later, words):
    encoder = TableEncoder.fit(pl.DataFrame({"a": train}))
    frame = pd.DataFrame({"a": pd.Series(later, dtype=object)}) if later == [10**400] else pl.DataFrame({"a": later})
    with pytest.raises(TableError, match="column 'a' " + words):
        encoder.transform(frame)


def test_a_missing_column_is_named_with_those_present():
    encoder = TableEncoder.fit(pl.DataFrame({"a": [1, 2], "b": ["u", "v"]}))
    with pytest.raises(TableError, match=r"no column 'b'.*training table: a, b.*columns present: a, B"):
        encoder.transform(pl.DataFrame({"a": [1], "B": ["u"]}))


def test_only_gaps_at_prediction():
    encoder = TableEncoder.fit(pl.DataFrame({"a": [1.0, 2.0, 9.0], "d": [*DAYS[::2], DAYS[0]]}))
    X = encoder.transform(pl.DataFrame({"a": ["", " "], "d": [None, None]}))
    np.testing.assert_array_equal(X[:, 0], encoder.transform(pl.DataFrame({"a": [2.0, 2.0], "d": DAYS[:2]}))[:, 0])
    assert not X[:, 1:].any()


def test_a_number_that_never_varied_does_not_explode():
    gaps = pl.DataFrame({"a": [0.1] * 5 + [None]})
    assert np.std([0.1] * 6) > 0, "rounding: dividing by this would make 7e15 of 0.2"
    encoder = TableEncoder.fit(gaps)
    np.testing.assert_allclose(encoder.transform(pl.DataFrame({"a": [0.1, 0.2]})), [[0, 0], [bent(0.1), 0]])


@pytest.mark.parametrize("size", [1e-150, 1e-165, 1e-300, 1e149])
def test_scales_of_any_size_give_the_same_features(size):
    values = np.array([1.0, 2.0, 4.0, 7.0])

    def features(x):
        frame = pl.DataFrame({"a": x})
        return TableEncoder.fit(frame).transform(frame)

    np.testing.assert_allclose(features(values * size), features(values), rtol=1e-12)


def test_the_smallest_numbers_that_differ():
    frame = pl.DataFrame({"a": [0.0, 5e-324]})
    np.testing.assert_allclose(TableEncoder.fit(frame).transform(frame), [[0], [bent(1)]])


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64])
def test_whole_numbers_that_are_one_float(dtype):
    ids = pl.Series([2**53, 2**53 + 1] * 30, dtype=dtype)
    frame = pl.DataFrame({"id": ids, "same": [7] * 60, "x": [1.5, 2.5] * 30})
    assert {name: str(why) for name, why in TableEncoder.fit(frame).ignored.items()} == {
        "id": "different only in digits that a float64 does not have",
        "same": "the same value in every row",
    }


def test_numbers_too_large_to_square():
    with pytest.raises(TableError, match=r"column 'a' is 1e\+200 in row 0"):
        TableEncoder.fit(pl.DataFrame({"a": [1e200, 2e200]}))


def test_whole_numbers_that_pandas_made_floats_are_still_levels():
    encoder = TableEncoder.fit(pd.DataFrame({"a": ["1", "2", "x", 2.0]}))
    assert encoder.feature_names == ["a=1", "a=2", "a=x"]
    X = encoder.transform(pd.DataFrame({"a": [1, None, 2]}))
    assert X.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_a_name_to_ignore_is_not_a_set_of_letters():
    frame = pl.DataFrame({"get": [1, 2], "b": [1, 2], "target": [3, 4]})
    assert TableEncoder.fit(frame, ignore="target").feature_names == ["get", "b"]
    assert TableEncoder.fit(frame, ignore=["target", "b"]).feature_names == ["get"]


def test_columns_numbered_by_pandas():
    frame = pd.DataFrame(np.arange(6.0).reshape(3, 2))
    encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == ["0", "1"]
    scaled = StandardScaler().fit_transform(frame.to_numpy())
    np.testing.assert_allclose(through_json(encoder).transform(frame), bent(scaled))
    with pytest.raises(TableError, match="two columns of one name"):
        TableEncoder.fit(pd.DataFrame([[1, 2], [3, 4]], columns=[0, "0"]))


def test_a_rare_level_and_an_unseen_one_share_a_feature_where_levels_are_pooled():
    words = [f"w{i % 150:03}" for i in range(600)] + ["w000"] * 300 + ["once"]
    encoder = TableEncoder.fit(pl.DataFrame({"w": words}))
    (column,) = encoder.columns
    assert isinstance(column, CategoryColumn)
    assert column.pooled
    assert "w000" in column.levels
    assert encoder.transform(pl.DataFrame({"w": ["never seen"]}))[0, -1] == column.size < 1


def through_json(encoder):
    return TableEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))


frames = st.fixed_dictionaries(
    {
        "x": st.lists(st.none() | st.floats(-1e9, 1e9), min_size=8, max_size=8),
        "c": st.lists(st.none() | st.text(max_size=3), min_size=8, max_size=8),
        "b": st.lists(st.none() | st.booleans(), min_size=8, max_size=8),
        "d": st.lists(st.none() | st.dates(), min_size=8, max_size=8),
        "k": st.just([0, 1] * 4),
    }
)


@given(frames)
def test_encoders_survive_json(columns):
    kinds = {"x": pl.Float64, "c": pl.String, "b": pl.Boolean, "d": pl.Date, "k": pl.Int64}
    frame = pl.DataFrame(columns, kinds)
    encoder = TableEncoder.fit(frame)
    again = through_json(encoder)
    assert again == encoder
    X = again.transform(frame)
    np.testing.assert_array_equal(X, encoder.transform(frame))
    assert np.isfinite(X).all()
    assert X.shape == (8, len(encoder.feature_names))


def test_what_to_dict_gives_is_no_window_into_the_encoder():
    encoder = TableEncoder.fit(pl.DataFrame({"a": [1, 2], "k": [7, 7]}))
    encoder.to_dict()["ignored"]["a"] = "changed"
    assert set(encoder.ignored) == {"k"}


NUMBER = {"kind": "number", "name": "a", "center": 0.0, "scale": 1.0, "median": 0.0, "bend": 5.0}
NUMBER |= {"has_missing": False, "text": None}
TEXT = {"prefix": "$", "suffix": "", "thousands": ",", "decimal": ".", "marks": [], "example": "$1", "others": []}
TEXT |= {"powers": False, "brackets": False, "ranges": False, "spans": False, "about": False, "rows": 0}
CATEGORY = {"kind": "category", "name": "c", "levels": ["a", None], "pooled": False}
BOOLEAN = {"kind": "boolean", "name": "b", "false": "no", "true": "yes"}
DATE = {"kind": "date", "name": "d", "form": "%d.%m.%Y", "parts": {"year": [2000.0, 1.0]}, "has_missing": True}
DATE |= {"marks": [], "other": ""}
SEVERAL = {"kind": "numbers", "name": "s", "between": "/", "example": "1/2"}
SEVERAL |= {"parts": [{**NUMBER, "name": "s 1"}, {**NUMBER, "name": "s 2"}]}


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [3],
        "NUMBER",
        [NUMBER, NUMBER],
        [{**NUMBER, "kind": "banana"}],
        [{**NUMBER, "kind": []}],
        [{**NUMBER, "center": 10**400}],
        [{**NUMBER, "center": float("nan")}],
        [{**NUMBER, "center": "1"}],
        [{**NUMBER, "center": True}],
        [{**NUMBER, "scale": 0.0}],
        [{**NUMBER, "scale": -1.0}],
        [{**NUMBER, "bend": 0}],
        [{**NUMBER, "text": {}}],
        [{**NUMBER, "text": {**TEXT, "decimal": "x"}}],
        [{**NUMBER, "text": {**TEXT, "thousands": "."}}],
        [{**NUMBER, "text": {**TEXT, "marks": [1]}}],
        [{**NUMBER, "text": {**TEXT, "others": ["kg", "kg"]}}],
        [{**BOOLEAN, "true": "no"}],
        [{**BOOLEAN, "true": True}],
        [{**DATE, "form": "%c"}],
        [{**DATE, "parts": {}}],
        [{**DATE, "parts": {"century": [0.0, 1.0]}}],
        [{**DATE, "parts": {"year": [0.0, 0.0]}}],
        [{**DATE, "parts": {"year": 3}}],
        [{**NUMBER, "name": 3}],
        [{**NUMBER, "has_missing": "false"}],
        [{**CATEGORY, "levels": "abc"}],
        [{**CATEGORY, "levels": []}],
        [{**CATEGORY, "levels": ["a", "a"]}],
        [{**CATEGORY, "levels": [{}]}],
        [{**CATEGORY, "pooled": None}],
    ],
)
def test_nonsense_is_no_encoder(columns):
    with pytest.raises(TableError, match="damaged description of the columns"):
        TableEncoder.from_dict({"columns": columns, "ignored": {}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([NUMBER, {**NUMBER, "text": TEXT}, CATEGORY, BOOLEAN, DATE, SEVERAL]), st.data())
def test_one_field_replaced_by_anything_is_an_encoder_or_a_table_error(column, draw):
    key = draw.draw(st.sampled_from(sorted(column)))
    changed = {**column, key: draw.draw(json_values)}
    try:
        encoder = TableEncoder.from_dict({"columns": [changed], "ignored": {}})
    except TableError:
        return
    assert through_json(encoder) == encoder


# --- what a column is follows from all rows, what is computed from the training rows alone


def test_what_stands_in_held_out_rows_only_does_not_break_training():
    x = [*(f"{i}.5" for i in range(197)), "unknown", "$1", "x"]
    frame = pl.DataFrame({"a": x[:198], "b": [f"${i}.00" for i in range(197)] + ["$1,234.50"]})
    encoder = TableEncoder.fit(frame, rows=np.arange(150))
    assert [column.kind for column in encoder.columns] == ["number", "number"]
    np.testing.assert_allclose(encoder.columns[0].center, np.mean(np.arange(150) + 0.5))
    assert np.isfinite(encoder.transform(frame)).all()


def test_levels_and_scales_come_from_the_training_rows():
    frame = pl.DataFrame({"c": ["a", "b", "c", "d"] * 5, "x": [1.0, 2.0, 3.0, 1000.0] * 5, "k": [1, 1, 1, 2] * 5})
    encoder = TableEncoder.fit(frame, rows=np.array([i for i in range(20) if i % 4 < 3]))
    assert encoder.feature_names == ["c=a", "c=b", "c=c", "x"]
    assert encoder.columns[1].center == 2
    assert {name: str(why) for name, why in encoder.ignored.items()} == {
        "k": "the same value in every training row, though not in all others"
    }


def test_a_date_that_never_changes():
    frame = pl.DataFrame({"d": ["2024-01-05", None] * 10, "e": ["2024-1-5", "2024-01-05"] * 10, "x": [1, 2] * 10})
    assert {name: str(why) for name, why in TableEncoder.fit(frame).ignored.items()} == dict.fromkeys(
        "de", "the same date in every row"
    )


def test_a_date_before_all_time_zones():
    frame = pl.DataFrame({"d": ["0001-01-01T00:00:00+01:00", "2024-01-01T00:00:00+01:00"] * 3, "x": [1, 2, 3] * 2})
    assert TableEncoder.fit(frame).columns[0].kind == "boolean"


@pytest.mark.parametrize(
    ("written", "later"),
    [(["$1,234", "$2,000"], "$1,5"), (["1.234,50 €", "7,25 €"], "3.14 €"), (["1.234,50 €", "7,25 €"], "1234.50 €")],
)
def test_groups_of_digits_that_are_none_are_refused(written, later):
    with pytest.raises(ValueError, match=r"\d"):
        find_format(written).parse(later)


def test_a_group_does_not_begin_with_zero():
    found = find_format(["0,125", "1,250", "0,375"])
    assert [found.parse(text) for text in ("0,125", "1,250", "0,5")] == [0.125, 1.25, 0.5]


@pytest.mark.parametrize("name", ["paid", "bid", "humid", "amount_paid", "Year", "年份"])
def test_names_that_only_look_like_identifiers(name):
    values = np.random.default_rng(0).choice(np.arange(1500, 2900), 60, replace=False)
    assert name not in TableEncoder.fit(pl.DataFrame({name: values, "x": [1, 2] * 30})).ignored
    years = list(range(1960, 2020))
    assert ("ear" not in name and "年" not in name) or name not in TableEncoder.fit(
        pl.DataFrame({name: years, "x": [1, 2] * 30})
    ).ignored


@pytest.mark.parametrize("name", ["id", "customer_id", "userID", "userId", "客户编号", "学号", "客户ID", "Unnamed: 0"])
def test_names_of_identifiers(name):
    values = np.random.default_rng(0).choice(10**6, 60, replace=False)
    assert name in TableEncoder.fit(pl.DataFrame({name: values, "x": [1, 2] * 30})).ignored


def test_an_identifier_is_better_than_nothing():
    assert TableEncoder.fit(pl.DataFrame({"x": range(100)})).feature_names == ["x"]


@pytest.mark.parametrize(
    "values",
    [
        [dt.date(2024, 1, 31), dt.date(2023, 5, 2), None],
        [dt.datetime(2024, 1, 31), dt.datetime(2023, 5, 2), None],
        [Decimal("1.5"), Decimal("2.25"), None],
        [1, None, 3.5],
        [np.int64(1), 2, 4],
    ],
)
def test_objects_of_pandas_are_what_they_hold(values):
    boxed = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    typed = pl.DataFrame({"a": [float(v) if isinstance(v, Decimal | int | np.integer) else v for v in values]})
    encoder = TableEncoder.fit(boxed)
    assert encoder.columns[0].kind == TableEncoder.fit(typed).columns[0].kind != "category"
    np.testing.assert_allclose(encoder.transform(boxed), TableEncoder.fit(typed).transform(typed))


def test_column_names_of_several_levels():
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    with pytest.raises(TableError, match="names of several levels"):
        TableEncoder.fit(frame)


@pytest.mark.parametrize(
    "written",
    [
        ["1/31/2024 3:30 PM", "5/2/2023 12:00 AM"],
        ["31/01/24", "02/05/23"],
        ["31-Jan-2024", "02-May-2023"],
        ["2024-01", "2023-05"],
        ["2024年1月", "2023年5月"],
        ["2024-01-31 12:00:00.123456789", "2023-05-02 00:00:00.000000000"],
        ["2024-01-31 12:00:00 UTC", "2023-05-02 00:00:00 UTC"],
    ],
)
def test_more_forms_of_dates(written):
    (column,) = TableEncoder.fit(pl.DataFrame({"a": [*written, None]})).columns
    assert isinstance(column, DateColumn)
    us = column.encode(as_frame(pl.DataFrame({"a": written}))["a"])
    assert us[0, 0] == pytest.approx(bent(1.0), abs=1e-9)
    assert us[1, 0] == pytest.approx(bent(-1.0), abs=1e-9)


def test_a_few_marks_among_dates_count_as_missing():
    days = [f"2024-0{1 + i % 9}-1{i % 9}" for i in range(60)]
    frame = pl.DataFrame({"d": [*days, "unknown", "0000-00-00"]})
    encoder = through_json(TableEncoder.fit(frame))
    (column,) = encoder.columns
    assert (column.form, column.marks) == ("ISO 8601", ("0000-00-00", "unknown"))
    assert encoder.transform(frame)[:, -1].tolist() == [0] * 60 + [1, 1]
    with pytest.raises(TableError, match="column 'd' holds 'soon' in row .*; expected dates"):
        encoder.transform(pl.DataFrame({"d": ["soon"]}))


def test_a_frequent_word_among_numbers_counts_as_missing_and_is_said():
    frame = pl.DataFrame({"a": [f"{i}.5" if i % 5 else "closed" for i in range(200)], "x": [1, 2] * 100})
    encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == ["a", "a is missing", "x"]
    assert "'closed' counted as missing (40 rows)" in str(encoder.columns[0].describe())
