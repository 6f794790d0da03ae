"""Parameters as a mapping: read and assigned one by one, all at once, and as either convention writes them."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError

NUMBERS = {"W1": [[0.15, 0.25], [0.20, 0.30]], "b1": 0.35, "W2": [0.4, 0.45], "b2": [[0.6]]}


def net():
    return cp.Network(2, [cp.Dense(2, "sigmoid"), cp.Dense(1, "sigmoid")], "squared_error", dtype="float64")


def test_all_at_once():
    given = net()
    given.parameters = NUMBERS
    np.testing.assert_array_equal(given.parameters["W1"], NUMBERS["W1"])
    np.testing.assert_array_equal(given.parameters["b1"], [0.35, 0.35])
    np.testing.assert_array_equal(given.parameters["W2"], [[0.4], [0.45]])
    np.testing.assert_array_equal(given.parameters["b2"], [0.6])
    other = net()
    other.parameters = given.parameters
    assert other.predict([1.0, 2.0]) == given.predict([1.0, 2.0])


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({k: v for k, v in NUMBERS.items() if k != "b1"}, UnknownNameError, "without b1.*update"),
        (NUMBERS | {"W3": 1}, UnknownNameError, "no parameter 'W3'"),
        (NUMBERS | {"W2": [1, 2, 3]}, ShapeError, r"W2 set to an array of shape \(3,\); expected \(2, 1\)"),
        (NUMBERS | {"b2": np.inf}, InvalidValueError, "b2 set to values that are not finite"),
        ([1, 2], DTypeError, "a mapping"),
    ],
)
def test_all_or_none(values, error, words):
    given = net()
    before = given.arrays()
    with pytest.raises(error, match=words):
        given.parameters = values
    assert all(np.array_equal(a, before[name]) for name, a in given.arrays().items())


def test_in_the_column_convention():
    given = cp.Network(3, [cp.Dense(2)], dtype="float64")
    columns = given.parameters_in("column")
    columns["W1"] = [[1, 2, 3], [4, 5, 6]]
    columns["b1"] = [[7], [8]]
    np.testing.assert_array_equal(given.parameters["W1"], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(given.predict([1.0, 1.0, 1.0]), [13.0, 23.0])
    assert repr(columns) == "{W1: (2, 3), b1: (2,)}"
    with pytest.raises(ShapeError, match=r"\(3, 2\); expected \(2, 3\).*parameters_in\('row'\)"):
        columns["W1"] = np.ones((3, 2))
    with pytest.raises(ShapeError, match=r"parameters_in\('column'\)"):
        given.parameters["W1"] = np.ones((2, 3))
    with pytest.raises(ValueError, match="read-only"):
        columns["W1"][0, 0] = 7
