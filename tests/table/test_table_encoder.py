"""Columns to features: against scikit-learn's imputer, scaler and one-hot encoder, in every library's own dress."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from clearprop.errors import TableError
from clearprop.table import CategoryColumn, NumberColumn, TableEncoder, read_table

numbers = hnp.arrays(np.float64, st.integers(3, 30), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan))


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_numbers_against_scikit_learn(values):
    there = values[~np.isnan(values)]
    if len(there) == 0 or (len(there) == len(values) and there.min() == there.max()):
        return
    X = TableEncoder.fit(pl.DataFrame({"x": values})).transform(pl.DataFrame({"x": values}))
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    expected = imputer.fit_transform(values[:, None])
    filled = expected[:, :1]
    if filled.std() > 1e-9 * np.abs(filled).max():  # below that scikit-learn calls a column constant
        expected[:, :1] = StandardScaler().fit_transform(filled)
        np.testing.assert_allclose(X, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(X[:, 1:], expected[:, 1:])


def test_a_whole_real_table_against_scikit_learn(data):
    frame = read_table(data / "titanic.csv").to_pandas()
    train, later = frame.iloc[:600], frame.iloc[600:]
    encoder = TableEncoder.fit(train)
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
            np.testing.assert_allclose(ours[:, :1], theirs.transform(later[[column.name]]), rtol=1e-9, atol=1e-12)
            if column.has_missing:
                np.testing.assert_array_equal(ours[:, 1], later[column.name].isna())
        else:
            text = [f.astype(object).where(f.notna(), None) for f in (train[column.name], later[column.name])]
            names = [None if v is None else str(v) for v in sorted({*text[0]} - {None}, key=str)]
            names += [None] if None in column.levels else []
            assert list(column.levels) == names
            theirs = OneHotEncoder(categories=[np.array(names, object)], handle_unknown="ignore", sparse_output=False)
            train_text, later_text = ([[None if v is None else str(v)] for v in part] for part in text)
            np.testing.assert_array_equal(ours, theirs.fit(train_text).transform(later_text))


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


def test_dates_are_days():
    (column,) = TableEncoder.fit(DRESSES["date"][0]).columns
    first = dt.date(2020, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal()
    assert column.median == first + 1.5
    noon = TableEncoder.fit(pl.DataFrame({"a": [dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 2, 12)]}))
    assert noon.columns[0].mean == 0.75


@pytest.mark.parametrize(
    ("train", "later", "words"),
    [
        ([1.0, 2.0], DAYS, "holds '2020-01-01'; expected numbers"),
        (DAYS, [1.0, 2.0], "holds '1.0'; expected dates"),
        (DAYS, ["2020-01-01"], "holds '2020-01-01'; expected dates"),
        ([1, 2], ["3", "four"], "holds 'four'; expected numbers"),
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
    medians = encoder.transform(pl.DataFrame({"a": [2.0, 2.0], "d": [DAYS[0], DAYS[0]]}))
    np.testing.assert_array_equal(X, medians)


def test_a_number_that_never_varied_does_not_explode():
    gaps = pl.DataFrame({"a": [0.1] * 5 + [None]})
    assert np.std([0.1] * 6) > 0, "rounding: dividing by this would make 7e15 of 0.2"
    encoder = TableEncoder.fit(gaps)
    np.testing.assert_allclose(encoder.transform(pl.DataFrame({"a": [0.1, 0.2]})), [[0, 0], [0.1, 0]])


def test_numbers_too_large_to_square():
    with pytest.raises(TableError, match=r"column 'a' is 1e\+200 in row 0"):
        TableEncoder.fit(pl.DataFrame({"a": [1e200, 2e200]}))


def test_whole_numbers_that_pandas_made_floats_are_still_levels():
    encoder = TableEncoder.fit(pl.DataFrame({"a": ["1", "2"]}))
    X = encoder.transform(pd.DataFrame({"a": [1, None, 2]}))
    assert X.tolist() == [[1, 0], [0, 0], [0, 1]]


def test_a_name_to_ignore_is_not_a_set_of_letters():
    frame = pl.DataFrame({"get": [1, 2], "b": [1, 2], "target": [3, 4]})
    assert TableEncoder.fit(frame, ignore="target").feature_names == ["get", "b"]
    assert TableEncoder.fit(frame, ignore=["target", "b"]).feature_names == ["get"]


def test_columns_numbered_by_pandas():
    frame = pd.DataFrame(np.arange(6.0).reshape(3, 2))
    encoder = TableEncoder.fit(frame)
    assert encoder.feature_names == ["0", "1"]
    np.testing.assert_allclose(through_json(encoder).transform(frame), StandardScaler().fit_transform(frame.to_numpy()))
    with pytest.raises(TableError, match="two columns of one name"):
        TableEncoder.fit(pd.DataFrame([[1, 2], [3, 4]], columns=[0, "0"]))


def test_a_rare_level_and_an_unseen_one_share_a_feature_where_levels_are_pooled():
    words = [f"w{i % 150:03}" for i in range(600)] + ["w000"] * 300
    encoder = TableEncoder.fit(pl.DataFrame({"w": words}))
    (column,) = encoder.columns
    assert isinstance(column, CategoryColumn)
    assert column.pooled
    assert "w000" in column.levels
    assert encoder.transform(pl.DataFrame({"w": ["never seen"]}))[0, -1] == 1


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


@settings(max_examples=100, deadline=None)
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


NUMBER = {"kind": "number", "name": "a", "mean": 0.0, "std": 1.0, "median": 0.0, "has_missing": False}
CATEGORY = {"kind": "category", "name": "c", "levels": ["a", None], "pooled": False}


def test_a_description_without_dates_is_still_read():
    """A model file that was written before columns could be dates."""
    encoder = TableEncoder.from_dict({"columns": [NUMBER, CATEGORY], "ignored": {}})
    assert encoder.feature_names == ["a", "c=a", "c=missing"]
    assert encoder.columns[0] == NumberColumn("a", 0.0, 1.0, 0.0, False)


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [3],
        "NUMBER",
        [NUMBER, NUMBER],
        [{**NUMBER, "kind": "banana"}],
        [{**NUMBER, "kind": []}],
        [{**NUMBER, "mean": 10**400}],
        [{**NUMBER, "mean": float("nan")}],
        [{**NUMBER, "mean": "1"}],
        [{**NUMBER, "mean": True}],
        [{**NUMBER, "std": 0.0}],
        [{**NUMBER, "std": -1.0}],
        [{**NUMBER, "name": 3}],
        [{**NUMBER, "has_missing": "false"}],
        [{**NUMBER, "is_date": 1}],
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


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([NUMBER, CATEGORY]), st.data())
def test_one_field_replaced_by_anything_is_an_encoder_or_a_table_error(column, draw):
    key = draw.draw(st.sampled_from(sorted(column)))
    changed = {**column, key: draw.draw(json_values)}
    try:
        encoder = TableEncoder.from_dict({"columns": [changed], "ignored": {}})
    except TableError:
        return
    assert through_json(encoder) == encoder
