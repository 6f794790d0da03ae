"""The trace: names, order, and every number against arithmetic written out here."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError, UnknownNameError

rng = np.random.default_rng(0)
X = rng.normal(size=(8, 3))
y = rng.integers(0, 2, 8)


def network(**options):
    return cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", **options)


def test_trace_names_and_order():
    t = network(dtype="float64").trace(X, y)
    assert list(t.values) == [
        *("a0", "z1", "a1", "z2", "a2", "L"),
        *("da2", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1"),
    ]
    assert list(t.a) == [0, 1, 2]
    assert list(t.dW) == [1, 2]
    assert t.delta[1] is t.dz[1]
    assert all(v.dtype == np.float64 for v in t.values.values())


def test_trace_agrees_with_predict_and_with_arithmetic():
    net = network(dtype="float64")
    t = net.trace(X, y)
    W1, b1, W2, b2 = (net.parameters[k] for k in ("W1", "b1", "W2", "b2"))
    a1 = np.tanh(X @ W1 + b1)
    p = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    np.testing.assert_allclose(t.a[2], p, rtol=1e-13)
    np.testing.assert_allclose(t.a[2], net.predict(X), rtol=1e-14)
    delta2 = (p - y[:, None]) / 8
    np.testing.assert_allclose(t.da[2], (-(y[:, None] / p) + (1 - y[:, None]) / (1 - p)) / 8, rtol=1e-10)
    np.testing.assert_allclose(t.delta[2], delta2, rtol=1e-12)
    np.testing.assert_allclose(t.dW[2], a1.T @ delta2, rtol=1e-12)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    np.testing.assert_allclose(t.delta[1], delta1, rtol=1e-12)
    np.testing.assert_allclose(t.dW[1], X.T @ delta1, rtol=1e-12)
    np.testing.assert_allclose(t.db[1], delta1.sum(0), rtol=1e-12)


def test_trace_of_a_saturated_network_is_finite_where_the_mathematics_is():
    net = network(dtype="float64")
    net.parameters["b2"] = [1000.0]
    t = net.trace(X, np.zeros(8))
    assert t.loss == pytest.approx(1000, rel=0.01)
    np.testing.assert_allclose(t.delta[2], 1 / 8)
    assert np.isfinite(t.dW[1]).all()


def test_trace_without_target_and_unknown_names():
    t = network().trace(X)
    assert list(t.values) == ["a0", "z1", "a1", "z2", "a2"]
    with pytest.raises(InvalidValueError, match="without a target"):
        t.dW  # noqa: B018
    with pytest.raises(InvalidValueError, match="without a target"):
        t.loss  # noqa: B018
    with pytest.raises(UnknownNameError, match=r"no z\[3\]"):
        t.z[3]
    with pytest.raises(UnknownNameError, match="one of: a0"):
        t["z9"]
    with pytest.raises(InvalidValueError, match="mode"):
        network().trace(X, mode="test")


def test_trace_prints_a_table():
    text = repr(network().trace(X, y))
    assert "mode inference" in text
    assert all(name in text for name in ("a0", "dz1", "3 × 4"))


def test_a_trace_shows_the_network_as_it_was():
    """Nothing is computed before it is asked for, but the parameters are those of the moment of the call."""
    net = network(dtype="float64")
    t = net.trace(X, y)
    before = net.predict(X)
    net.fit(X, y, epochs=3)
    np.testing.assert_allclose(t.a[2], before, rtol=1e-14)


def test_a_parameter_that_nothing_depends_on_has_no_gradient():
    class Idle:
        def build(self, x, scope):
            scope.parameter("spare", (3,), cp.Zeros())
            return x

    net = cp.Network(3, [cp.Dense(2, "tanh"), Idle(), cp.Dense(1)], "squared_error")
    t = net.trace(X, y)
    assert "dspare1" not in t.values
    assert t.dW[1].shape == (3, 2)


def test_mappings_can_be_asked():
    t = network().trace(X, y)
    assert 9 not in t.z
    assert t.z.get(9) is None
    assert "W9" not in network().parameters


def test_a_trace_keeps_its_own_data():
    x, target = np.ones((1, 3)), np.zeros((1, 1))
    t, before = network().trace(x, target), network().trace(np.ones((1, 3)), np.zeros((1, 1)))
    x *= 100
    target += 1
    np.testing.assert_array_equal(t.z[1], before.z[1])
    assert t.loss == before.loss
    for array in (*t.values.values(), *t.parameters.values(), t.inputs()["X"], t.inputs()["y"]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_trace_is_a_mapping_of_names():
    t = network().trace(X, y)
    assert "z1" in t
    assert "z9" not in t
    assert 0 not in t
    assert list(t) == list(t.values)
    assert len(t) == len(t.values) == 14
    assert list(dict(t)) == list({**t}) == list(t)


def test_a_used_trace_can_be_pickled():
    t = network().trace(X, y)
    t.explain(only="dW1")
    back = pickle.loads(pickle.dumps(t))
    assert back.loss == t.loss
    np.testing.assert_array_equal(back.dW[1], t.dW[1])


def test_a_wrong_rule_of_an_op_is_reported(monkeypatch):
    t = network().trace(X, y)
    found = dict(t.values)
    monkeypatch.setitem(found, "dW1", found["dW1"] + 1)
    with pytest.raises(ClearpropError, match="dW1 of the simplified graph"):
        t._bypassed(found)
