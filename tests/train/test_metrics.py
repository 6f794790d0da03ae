"""Metrics, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import r2_score

import clearprop as cp
from clearprop.train import Metric, r2

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


# --- what a metric may be called, see and give


def loss(y, a):
    return 0.0


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (["r2", loss], "a metric named 'loss'"),
        (Metric("seconds", loss, True), "a metric named 'seconds'"),
        ([lambda y, a: 1.0, lambda y, a: 2.0], "two metrics named '<lambda>'; expected a name of its own.*__name__"),
        (3, "metrics 3; expected names or functions"),
        (lambda y, a: None, "metric '<lambda>' gave a NoneType; expected a number"),
        (lambda y, a: y, "metric '<lambda>' gave an ndarray"),
        (lambda y, a: "0.5", "metric '<lambda>' gave a str"),
    ],
)
def test_metrics_that_are_refused(metrics, words):
    net = cp.Network(1, [cp.Dense(1)], "squared_error")
    X, y = [[0.0], [1.0]], [0.0, 1.0]
    with pytest.raises(cp.ClearpropError, match=words):
        net.evaluate(X, y, metrics)
    with pytest.raises(cp.ClearpropError, match=words):
        net.fit(X, y, epochs=1, validation=(X, y), metrics=metrics)


def test_a_metric_cannot_change_what_it_is_given():
    X, y = np.ones((3, 1), np.float32), np.ones((3, 1), np.float32)
    net = cp.Network(1, [cp.Dense(1)], "squared_error")
    for change in (lambda y, a: y.fill(0), lambda y, a: a.fill(0)):
        with pytest.raises(ValueError, match="read-only"):
            net.evaluate(X, y, change)
    assert (y == 1).all()
    assert y.flags.writeable
