"""A start that is fitted to the data, layer by layer."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError

rng = np.random.default_rng(0)
X = rng.normal(size=(400, 4)) * [1, 100, 0.01, 5] + [0, 1000, 0, -3]
y = rng.normal(size=400)


def made(dtype="float64", parametrization="ntk", **first):
    layers = [
        cp.Dense(16, "selu", parametrization=parametrization, **first),
        cp.Dense(8, "tanh", parametrization=parametrization),
        cp.Dense(2, parametrization=parametrization),
    ]
    return cp.Network(4, layers, "squared_error", seed=1, dtype=dtype)


@pytest.mark.parametrize("parametrization", ["ntk", "standard"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_weighted_sum_spreads_by_one_and_has_its_zero_among_the_data(dtype, parametrization):
    net = cp.standardised_start(made(dtype, parametrization), X)
    z = net.trace(X).z
    for layer in (1, 2, 3):
        np.testing.assert_allclose(z[layer].std(axis=0), 1, rtol=1e-9 if dtype == "float64" else 1e-3)
        assert (z[layer].min(axis=0) < 0).all()
        assert (z[layer].max(axis=0) > 0).all()


def test_directions_stay_and_biases_differ():
    before = made()
    after = cp.standardised_start(made(), X)
    for name in ("W1", "W2", "W3"):
        ratio = after.parameters[name] / before.parameters[name]
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-9)
        assert (ratio > 0).all()
    assert len(set(after.parameters["b1"].round(6))) == 16


def test_without_biases_and_with_another_output():
    net = cp.standardised_start(made(), X, bias=False, last="zeros")
    assert not net.parameters["b1"].any()
    assert not net.predict(X).any()
    kept = cp.standardised_start(made(), X, last="kept")
    assert np.array_equal(kept.parameters["W3"], made().parameters["W3"])


def test_what_was_given_or_is_frozen_stays():
    W = rng.normal(size=(4, 16))
    given = cp.standardised_start(made(W=W), X)
    assert np.array_equal(given.parameters["W1"], W)
    z = given.trace(X).z[1] - given.parameters["b1"]
    assert (z.min(axis=0) <= -given.parameters["b1"]).all()
    assert (z.max(axis=0) >= -given.parameters["b1"]).all()
    frozen = cp.standardised_start(made(trainable=False), X)
    assert np.array_equal(frozen.parameters["W1"], made().parameters["W1"])


def test_a_pure_function_of_the_seed():
    one, same, other = (cp.standardised_start(made(), X, seed=s).arrays() for s in (3, 3, 4))
    assert all(np.array_equal(a, same[name]) for name, a in one.items())
    assert not np.array_equal(one["b1"], other["b1"])
    few = cp.standardised_start(made(), X, rows=50).trace(X).z[1].std(axis=0)
    assert (abs(few - 1) < 0.5).all()


def test_layers_behind_encodings_and_normalisations():
    cuts = [np.quantile(X[:, j], [0, 0.3, 0.7, 1]) for j in range(4)]
    layers = [cp.PiecewiseLinear(cuts), cp.Scale(), cp.Dense(6), cp.LayerNorm(), cp.Activation("relu"), cp.Dense(1)]
    net = cp.standardised_start(cp.Network(4, layers, "squared_error", dtype="float64"), X)
    np.testing.assert_allclose(net.trace(X).z[1].std(axis=0), 1, rtol=1e-9)
    assert np.isfinite(net.fit(X, y, epochs=2)["loss"]).all()


def test_inputs_that_never_change():
    net = cp.standardised_start(made(), np.ones((5, 4)))
    assert all(np.isfinite(a).all() for a in net.arrays().values())
    assert np.array_equal(net.parameters["W1"], made().parameters["W1"])


def test_errors():
    with pytest.raises(InvalidValueError, match="last 'zero'"):
        cp.standardised_start(made(), X, last="zero")
    with pytest.raises(InvalidValueError, match="without weighted sums"):
        cp.standardised_start(cp.Network(4, [cp.Scale()]), X)
    with pytest.raises(ShapeError):
        cp.standardised_start(made(), X[:, :3])
