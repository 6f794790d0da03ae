"""Metrics, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import r2_score

import clearprop as cp
from clearprop.train import r2

rng = np.random.default_rng(0)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e4])
def test_r2_of_long_float32_columns_far_from_zero(offset):
    y = (offset + rng.normal(size=(300_000, 2))).astype(np.float32)
    a = (y + 0.5 * rng.normal(size=y.shape)).astype(np.float32)
    assert r2(y, a) == pytest.approx(r2_score(y.astype(np.float64), a.astype(np.float64)), abs=1e-6)


def test_accuracy_of_questions_of_which_several_may_be_true():
    X = rng.normal(size=(200, 3))
    Y = (X[:, :2] > 0).astype(float)
    net = cp.Network(3, [cp.Dense(2, "sigmoid")], "binary_cross_entropy", dtype="float64")
    net.parameters["W1"] = [[9.0, 0.0], [0.0, 9.0], [1.0, 1.0]]
    expected = np.mean((net.predict(X) >= 0.5) == Y)
    assert 0.9 < expected < 1
    assert net.evaluate(X, Y)["accuracy"] == expected
    assert net.evaluate(X, Y, "accuracy")["accuracy"] == expected
