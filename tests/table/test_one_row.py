"""One row without a data frame: the same features, bit by bit, for every kind of column and value."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DataWarning, DTypeError, ShapeError, TableError
from clearprop.table.encoder import TableEncoder
from clearprop.table.one_row import RowEncoder
from clearprop.table.unseen import Unseen

N = 600
RNG = np.random.default_rng(0)
DAY = datetime(2021, 3, 1)
COLUMNS = {
    "x": RNG.normal(size=N),
    "wild": np.exp(3 * RNG.normal(size=N)),
    "gaps": [None if i % 7 == 0 else float(i % 50) for i in range(N)],
    "whole": RNG.integers(-5, 90, N),
    "flag": RNG.integers(0, 2, N),
    "truth": RNG.random(N) > 0.5,
    "answer": RNG.choice(["yes", "no"], N),
    "colour": RNG.choice(["red", "green", "Blue", None], N).tolist(),
    "zip": RNG.choice(["01234", "02139", "10001"], N),
    "shop": [f"s{i % 90 if i < 500 else i}" for i in range(N)],
    "price": [f"${1 + i % 90},{100 + i % 800}.50" for i in range(N)],
    "power": [f"{i % 90} {'hp' if i % 4 else 'kW'}" for i in range(N)],
    "pressure": [f"{100 + i % 60}/{60 + i % 40}" for i in range(N)],
    "day": [DAY + timedelta(hours=7 * i) for i in range(N)],
    "written": [f"{DAY + timedelta(days=i):%d.%m.%Y}" for i in range(N)],
    "clock": [f"{i % 24:02}:{i % 60:02}" for i in range(N)],
    "mark": [("-", "?", "low", "high")[i % 4] for i in range(N)],
}
FRAME = pl.DataFrame(COLUMNS, strict=False)
ENCODER = TableEncoder.fit(FRAME)
ENCODE = RowEncoder(ENCODER)


def test_every_column_is_used():
    assert [column.name for column in ENCODER.columns] == list(COLUMNS)
    assert {column.kind for column in ENCODER.columns} == {"number", "category", "boolean", "date", "numbers"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_the_table(dtype):
    expected = ENCODER.transform(FRAME, dtype)
    for i, row in enumerate(FRAME.iter_rows(named=True)):
        assert ENCODE(row, dtype).tobytes() == expected[i : i + 1].tobytes(), row


numbers = st.one_of(
    st.none(),
    st.floats(-1e6, 1e6),
    st.just(float("nan")),
    st.integers(-(10**18), 10**18),
    st.booleans(),
    st.floats(-1e3, 1e3).map(str),
    st.sampled_from(
        ["", " 7 ", "-", "NA", "1e3", np.float32(0.1), np.int16(7), Decimal("1.5"), pd.NA, np.ma.masked, 1e149]
    ),
)
words = st.one_of(
    st.none(),
    st.sampled_from(["yes", "no", "NO ", "Y", "red", "BLUE", "s7", "s550", "s-never", "-", "?", "01234", 1234, 1234.0]),
    st.sampled_from([True, False, 0, 1, 1.0, np.bool_(True), "ｒｅｄ", "", " ", "None", b"red", float("nan")]),
    st.text(max_size=4),
)
dates = st.one_of(
    st.none(),
    st.datetimes(datetime(1600, 1, 1), datetime(3000, 1, 1)),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(pd.Timestamp),
    st.dates(date(1990, 1, 1)).map(lambda d: f"{d:%d.%m.%Y}"),
    st.sampled_from([pd.NaT, "", "31.12.2024", "2024-12-31", "12:30", "-"]),
)
VALUES = {
    **dict.fromkeys(["x", "wild", "gaps", "whole", "flag"], numbers),
    **dict.fromkeys(["truth", "answer", "colour", "zip", "shop", "mark"], words),
    "price": st.sampled_from(["$1,234.50", "$7", "", None, "-", 12, "cheap"]),
    "power": st.sampled_from(["7 hp", "7 kW", "7", None, "many"]),
    "pressure": st.sampled_from(["120/80", "", None, "-", "120"]),
    **dict.fromkeys(["day", "written", "clock"], dates),
}


def outcome(encode):
    """The features, or the error."""
    unseen = Unseen()
    try:
        return encode(unseen).tobytes(), unseen.to_dict()
    except TableError as error:
        return type(error), str(error)


@given(st.data())
def test_any_value_is_what_a_data_frame_makes_of_it(data):
    """The frame is pandas', whose columns of objects hold anything."""
    name = data.draw(st.sampled_from(list(VALUES)))
    row = {**FRAME.row(data.draw(st.integers(0, 20)), named=True), name: data.draw(VALUES[name])}
    frame = pd.DataFrame({key: pd.Series([value], dtype=object) for key, value in row.items()})
    expected = outcome(lambda unseen: ENCODER.transform(frame, "float32", unseen))
    got = outcome(lambda unseen: ENCODE(row, "float32", unseen))
    assert got[0] == expected[0], (row[name], got, expected)
    assert got[1] == expected[1] or got[0] is TableError


def test_a_row_without_a_column_is_an_error():
    row = FRAME.drop("zip").row(0, named=True)
    with pytest.raises(TableError, match="no column 'zip'"):
        ENCODE(row)


def test_it_can_be_copied():
    row = FRAME.row(0, named=True)
    assert pickle.loads(pickle.dumps(ENCODE))(row).tobytes() == ENCODE(row).tobytes()


@pytest.fixture(scope="module")
def model():
    target = np.where(COLUMNS["x"] + (np.array(COLUMNS["zip"]) == "01234") > 0.3, "p", "q")
    return cp.TableModel.train(FRAME.with_columns(y=pl.Series(target)), "y", epochs=3, split="random").model


def test_everything_that_people_hand_over(model):
    frame = FRAME.head(3)
    expected = model.outputs(FRAME)[:3]
    rows = frame.rows(named=True)
    pandas = frame.to_pandas()
    given = [frame, pandas, frame.to_arrow(), rows, tuple(rows), frame.to_dict(as_series=False), pandas.to_numpy()]
    for one in given:
        np.testing.assert_array_equal(model.outputs(one), expected)
    for one in (rows[0], frame.head(1), pandas.iloc[0], pandas.iloc[:1], pandas.to_numpy()[0]):
        np.testing.assert_array_equal(model.outputs(one), expected[:1])
    many = FRAME.rows(named=True)
    np.testing.assert_array_equal(model.outputs(many), model.outputs(FRAME))
    assert model.predict(rows) == model.predict(frame)


def test_no_rows_give_no_answers(model):
    for nothing in (FRAME.head(0), FRAME.head(0).to_pandas(), []):
        assert model.predict(nothing) == []
        assert model.predict_proba(nothing).shape == (0, 2)


def test_what_is_no_table_is_said(model):
    for wrong in (5, "x", [1, 2], None):
        with pytest.raises(DTypeError):
            model.predict(wrong)
    with pytest.raises(ShapeError, match="17 columns, in the order of the training table"):
        model.predict(np.zeros((2, 3)))


def test_a_level_never_seen_is_said_of_one_row_too(model):
    with pytest.warns(DataWarning, match="zip"):
        model.predict({**FRAME.row(0, named=True), "zip": "99999"})


def test_a_model_is_equal_to_its_copy(model):
    assert pickle.loads(pickle.dumps(model)) == model
    assert cp.TableModel.train(FRAME.with_columns(y=pl.Series(COLUMNS["x"])), "y", epochs=1).model != model


def test_an_error_names_the_row_among_a_few(model):
    rows = FRAME.head(3).rows(named=True)
    rows[2] = {**rows[2], "x": "much"}
    with pytest.raises(TableError, match=r"'much' in row 2 \(counted from 0\)"):
        model.predict(rows)


@pytest.mark.parametrize("n", [1, 8, 9, 300])
def test_lists_of_any_length_are_answered_alike(model, n):
    rows = [FRAME.row(i, named=True) for i in range(n)]
    rows[-1] = {**rows[-1], "whole": 1.5, "x": pd.NA}
    np.testing.assert_array_equal(model.outputs(rows)[-1:], model.outputs(rows[-1:]))
    with pytest.raises(TableError, match=r"no column 'x'"):
        model.predict([*rows, {"whole": 1}])
    with pytest.raises(DTypeError, match="a list that holds NoneType"):
        model.predict([*rows, None])


def test_what_no_row_can_hold(model):
    row = FRAME.row(0, named=True)
    for wrong in (10**400, [1.0], {"a": 1}, np.array(1.0)):
        with pytest.raises(TableError):
            model.predict({**row, "x": wrong})
    with pytest.raises(TableError):
        model.predict({**row, "colour": ["red"]})
    with pytest.raises(ShapeError, match="columns of 1 to 2 values"):
        model.predict({name: [value] * (1 + (name == "x")) for name, value in row.items()})


def test_numbers_of_numpy_are_read_without_a_frame(monkeypatch):
    table = pl.DataFrame({"x": [1.0, 2.5, 4.0, None], "k": [3, 5, 8, 9], "c": ["a", "b", "a", "b"]})
    encoder = TableEncoder.fit(table)
    row = {"x": np.float64(2.5), "k": np.int64(8), "c": "b"}
    expected = encoder.transform(pl.DataFrame({"x": [2.5], "k": [8], "c": ["b"]}))
    monkeypatch.setattr(TableEncoder, "transform", None)  # not to be called
    encode = RowEncoder(encoder)
    assert np.array_equal(encode(row), expected)
    assert np.array_equal(encode({**row, "x": np.float64("nan")}), encode({**row, "x": None}))


def test_a_column_that_is_not_there_is_said_also_beside_a_rare_value():
    encode = RowEncoder(TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0, 2.0], "y": [2.0, 1.0, 4.0]})))
    with pytest.raises(TableError, match=r"no column 'y'"):
        encode({"x": False})
