"""Targets and splits where tables are awkward: missing marks, constants, dates, nonsense from a file, tiny tables."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder, StandardScaler

from clearprop.errors import InvalidValueError, TableError, UnknownNameError
from clearprop.table.encoder import as_frame
from clearprop.table.number_target import NumberTarget
from clearprop.table.rows import with_target
from clearprop.table.split import split_rows
from clearprop.table.target import ClassTarget, fit_target, target_from_dict, target_to_dict


def series(values, dtype=None):
    return as_frame(pl.DataFrame({"y": pl.Series(values, dtype=dtype, strict=False)}))["y"]


@pytest.mark.parametrize("labels", [["b", "a", "c", "a"], [10, 9, 10, -1], [True, False, True, True]])
def test_classes_against_scikit_learn(labels):
    target, theirs = fit_target(series(labels), "classification"), LabelEncoder()
    codes = target.encode(series(labels))
    assert codes.dtype == np.int64
    np.testing.assert_array_equal(codes, theirs.fit_transform(labels))
    assert list(target.classes) == theirs.classes_.tolist()
    assert target.decode(codes) == labels
    assert [type(label) for label in target.decode(codes)] == [type(label) for label in labels]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=30))
def test_numbers_against_scikit_learn(values):
    y = np.array(values)
    if y.std() <= 1e-9 * np.abs(y).max():
        return
    target = fit_target(series(values), "regression")
    np.testing.assert_allclose(
        target.encode(series(values)), StandardScaler().fit_transform(y[:, None])[:, 0], rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(target.decode(target.encode(series(values))), y, rtol=1e-12, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([i % 20 for i in range(401)], "classification"),  # 20 of 401 rows are less than 5 %
        ([i % 20 for i in range(400)], "regression"),  # 5 % is not less than 5 %
        ([i % 21 for i in range(5000)], "regression"),  # 21 classes are too many to be guessed
        ([i % 10 for i in range(12)], "classification"),  # 10 may be any share
        ([i % 11 for i in range(12)], "regression"),
        ([dt.date(2020, 1, 1 + i % 2) for i in range(100)], "regression"),
    ],
)
def test_where_classes_end_and_numbers_begin(values, task):
    assert fit_target(series(values)).task == task


def test_a_constant_is_found_in_spite_of_rounding():
    assert np.std([0.1] * 6) > 0
    with pytest.raises(TableError, match="'y' is the same in every row"):
        fit_target(series([0.1] * 6), "regression")
    with pytest.raises(TableError, match="missing in every row"):
        fit_target(series([None, None], pl.Float64), "regression")
    with pytest.raises(TableError, match="one class only"):
        fit_target(series([None, None], pl.String))


def test_targets_of_any_scale():
    y = np.array([1.0, 2.0, 4.0])
    expected = fit_target(series(y), "regression").encode(series(y))
    for size in (1e-165, 1e-300):
        target = fit_target(series(y * size), "regression")
        np.testing.assert_allclose(target.encode(series(y * size)), expected, rtol=1e-12)
        np.testing.assert_allclose(target.decode(expected), y * size, rtol=1e-12)
    close = series([2**53, 2**53 + 1])
    with pytest.raises(TableError, match="'y' is different only in digits that a float64 does not have"):
        fit_target(close, "regression")
    with pytest.raises(TableError, match="'y' is different only in digits .*, in the training rows"):
        NumberTarget("y", 0.0, 1.0).fitted_to(close)


def test_too_large_infinite_and_unknown():
    with pytest.raises(TableError, match=r"'y' is 1e\+200 in row 0"):
        fit_target(series([1e200, -1e200]), "regression")
    with pytest.raises(TableError, match="infinite in row 1"):
        NumberTarget("y", 0.0, 1.0).encode(series([1.0, float("inf")]))
    with pytest.raises(UnknownNameError, match="did you mean 'classification'"):
        fit_target(series([1, 2]), "clasification")


@pytest.mark.parametrize(
    "gone",
    [
        pd.array(["u", None, "v"], "string"),
        pd.Categorical(["u", None, "v"]),
        pd.Series(["u", float("nan"), "v"], dtype=object),
    ],
)
def test_a_missing_label_is_no_class_in_any_library(gone):
    frame = as_frame(pd.DataFrame({"y": gone}))
    assert fit_target(frame["y"]).classes == ("u", "v")
    with pytest.raises(TableError, match="'y' is missing in row 1"):
        fit_target(frame["y"]).encode(frame["y"])
    kept, dropped, _ = with_target(frame.to_native(), "y")
    assert (dropped, fit_target(kept["y"]).encode(kept["y"]).tolist()) == (1, [0, 1])


@given(
    st.builds(
        ClassTarget,
        st.text(max_size=5),
        (st.sets(st.text(max_size=3), min_size=2) | st.sets(st.integers(), min_size=2) | st.just({False, True})).map(
            lambda labels: tuple(sorted(labels))
        ),
    )
    | st.builds(NumberTarget, st.text(max_size=5), st.floats(-1e150, 1e150), st.floats(1e-150, 1e150))
)
def test_targets_survive_json(target):
    again = target_from_dict(json.loads(json.dumps(target_to_dict(target))))
    assert again == target
    if isinstance(target, ClassTarget):
        assert [type(label) for label in again.classes] == [type(label) for label in target.classes]


CLASSES = {"task": "classification", "name": "y", "classes": ["a", "b"]}
NUMBERS = {"task": "regression", "name": "y", "mean": 0.0, "std": 1.0}


@pytest.mark.parametrize(
    "data",
    [
        {**CLASSES, "classes": "ab"},
        {**CLASSES, "classes": ["a", "a"]},
        {**CLASSES, "classes": [1, True]},
        {**CLASSES, "classes": [0.5, 1.5]},
        {**CLASSES, "classes": [[], []]},
        {**CLASSES, "classes": ["a"]},
        {**CLASSES, "name": 3},
        {**NUMBERS, "task": "guess"},
        {**NUMBERS, "mean": 10**400},
        {**NUMBERS, "std": "1"},
        {**NUMBERS, "std": 0},
        {**NUMBERS, "std": float("inf")},
        {**NUMBERS, "name": None},
        [],
    ],
)
def test_nonsense_is_no_target(data):
    with pytest.raises(TableError, match="damaged description of the target"):
        target_from_dict(data)


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.5, 0.5), (0.9, 0.9), (float("nan"), 0.0), (1.0, 0.0)])
def test_shares_that_leave_nothing(shares):
    with pytest.raises(InvalidValueError, match="below 1 together"):
        split_rows(10, seed=0, fractions=shares)


def test_labels_of_another_length():
    with pytest.raises(InvalidValueError, match="2 labels to stratify 5 rows"):
        split_rows(5, seed=0, fractions=(0.2, 0.2), stratify=np.array([0, 1]))


def test_a_split_depends_on_its_seed_and_its_labels_alone():
    labels = np.array(["a", "b"] * 50)
    first = split_rows(100, seed=1, fractions=(0.2, 0.2), stratify=labels)
    np.random.default_rng(0).random(5)  # other generators do not matter
    again = split_rows(100, seed=1, fractions=(0.2, 0.2), stratify=labels)
    other = split_rows(100, seed=2, fractions=(0.2, 0.2), stratify=labels)
    np.testing.assert_array_equal(first.test, again.test)
    assert first.test.tolist() != other.test.tolist()
    assert first.train.dtype == np.int64


def test_no_rows_and_few_rows():
    for n in range(5):
        split = split_rows(n, seed=0, fractions=(0.4, 0.4))
        assert len(split.train) + len(split.validation) + len(split.test) == n
        assert len(split.train) >= min(n, 1)


def test_a_blank_label_is_a_missing_one():
    frame = pl.DataFrame({"x": range(40), "y": ["a", "b", "", " "] * 10})
    kept, dropped, _ = with_target(frame, "y")
    assert (len(kept), dropped) == (20, 20)
