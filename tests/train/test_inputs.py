"""X, y and weights: what may come in, and what is refused with what words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.nn import LOSSES
from clearprop.train import as_features, as_targets

NAN = float("nan")


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], np.int8),
        np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]),
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
        pl.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
    ],
    ids=["list", "int8", "fortran", "pandas", "polars"],
)
def test_features_come_in_many_forms(X):
    array = as_features(X, 2, "f32")
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    assert array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (np.zeros((5, 3)), ShapeError, r"X has shape \(5, 3\); expected \(N, 2\)"),
        (np.zeros(3), ShapeError, r"\(3,\)"),
        (np.zeros((0, 2)), ShapeError, "no rows"),
        ([[1, NAN], [1, 1]], InvalidValueError, "nan at row 0, column 1"),
        ([[1, 1], [np.inf, 1]], InvalidValueError, "inf at row 1, column 0"),
        ([[1, 1], [1e300, 1]], InvalidValueError, "1e\\+300, too large for float32"),
        ([["a", "b"]], DTypeError, "X holds"),
        ([[1], [1, 2]], ShapeError, "ragged"),
    ],
)
def test_features_that_are_refused(X, error, words):
    with pytest.raises(error, match=words):
        as_features(X, 2, "f32")


@pytest.mark.parametrize(
    ("y", "loss", "k", "expected", "form"),
    [
        ([0, 2, 1], "cross_entropy", 3, [0, 2, 1], "labels"),
        ([0.0, 2.0, 1.0], "cross_entropy", 3, [0, 2, 1], "labels"),
        ([[0], [2], [1]], "cross_entropy", 3, [0, 2, 1], "labels"),
        (np.eye(3)[[0, 2, 1]], "cross_entropy", 3, [0, 2, 1], "labels"),
        ([[0.5, 0.5], [1, 0], [0, 1]], "cross_entropy", 2, [[0.5, 0.5], [1, 0], [0, 1]], "rows"),
        ([True, False, True], "binary_cross_entropy", 1, [[1], [0], [1]], "rows"),
        ([1, 2, 3], "squared_error", 1, [[1], [2], [3]], "rows"),
        ([[1, 2], [3, 4], [5, 6]], "squared_error", 2, [[1, 2], [3, 4], [5, 6]], "rows"),
    ],
)
def test_targets_are_brought_to_one_form(y, loss, k, expected, form):
    array, found = as_targets(y, LOSSES[loss], k, 3, "f64")
    assert found == form
    assert array.tolist() == expected


@pytest.mark.parametrize(
    ("y", "loss", "k", "error", "words"),
    [
        ([0, 3, 1], "cross_entropy", 3, InvalidValueError, "label 3 at row 1; expected integers 0 … 2"),
        ([0, -1, 1], "cross_entropy", 3, InvalidValueError, "label -1 at row 1"),
        ([0, 0.5, 1], "cross_entropy", 3, InvalidValueError, "label 0.5 at row 1"),
        ([[0.5, 0.6], [1, 0], [0, 1]], "cross_entropy", 2, InvalidValueError, "sum to 1"),
        ([[1, 0], [1, 0], [1, 0]], "cross_entropy", 3, ShapeError, r"\(N, 3\)"),
        ([0, 2, 1], "binary_cross_entropy", 1, InvalidValueError, "target 2; expected 0 or 1"),
        ([0, NAN, 1], "squared_error", 1, InvalidValueError, "nan at row 1"),
        ([0, 1], "squared_error", 1, ShapeError, "y has 2 rows; expected 3"),
        ([[1, 2], [3, 4], [5, 6]], "squared_error", 1, ShapeError, "a column per output"),
        (["a", "b", "c"], "cross_entropy", 3, DTypeError, "y holds"),
    ],
)
def test_targets_that_are_refused(y, loss, k, error, words):
    with pytest.raises(error, match=words):
        as_targets(y, LOSSES[loss], k, 3, "f64")


def test_one_sample_with_its_target():
    net = cp.Network(2, [cp.Dense(3, "softmax")], "cross_entropy", dtype="float64")
    assert net.trace([0.1, 0.2], 1).loss == net.trace([[0.1, 0.2]], [1]).loss
    regression = cp.Network(2, [cp.Dense(3)], "squared_error", dtype="float64")
    assert regression.trace([0.1, 0.2], [1, 2, 3]).loss == regression.trace([[0.1, 0.2]], [[1, 2, 3]]).loss


def test_numbers_that_only_float64_holds():
    wide = cp.Network(2, [cp.Dense(1)], "squared_error", dtype="float64")
    assert np.isfinite(wide.predict([[1e300, 1.0]])).all()
    narrow = cp.Network(2, [cp.Dense(1)], "squared_error")
    with pytest.raises(InvalidValueError, match="X has 1e\\+300, too large"):
        narrow.predict([[1e300, 1.0]])
    with pytest.raises(InvalidValueError, match="y has 1e\\+300, too large"):
        narrow.fit([[1.0, 1.0]], [1e300], epochs=1)
    with pytest.raises(InvalidValueError, match="not finite"):
        narrow.parameters["b1"] = [1e300]


@pytest.mark.parametrize("weight", [NAN, np.inf, "heavy"])
def test_class_weights_that_are_no_numbers(weight):
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    with pytest.raises(InvalidValueError, match="class_weight"):
        net.fit([[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1, class_weight={0: weight})
