"""Initial values: the spread that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError
from clearprop.nn import INITIALIZERS, resolve_activation, resolve_initializer

IN, OUT = 400, 300


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (cp.Normal(0.01), 1e-4),
        (cp.Glorot(), 2 / (IN + OUT)),
        (cp.Glorot("normal"), 2 / (IN + OUT)),
        (cp.He(), 2 / IN),
        (cp.He("uniform"), 2 / IN),
        (cp.LeCun(), 1 / IN),
        (cp.FanInUniform(), (2 / np.sqrt(IN)) ** 2 / 12),
    ],
    ids=str,
)
def test_variance(initializer, variance):
    net = cp.Network(IN, [cp.Dense(OUT, init=initializer)], dtype="float64")
    W = net.parameters["W1"]
    assert W.shape == (IN, OUT)
    assert W.var() == pytest.approx(variance, rel=0.02)
    assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)
    assert (net.parameters["b1"] == 0).all()


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("relu", cp.He()), ("gelu", cp.He()), ("tanh", cp.Glorot()), ("sigmoid", cp.Glorot()), ("selu", cp.LeCun())],
)
def test_default_suits_the_activation(activation, expected):
    assert resolve_activation(activation).initializer == expected


def test_signals_keep_their_size_through_deep_relu_nets():
    net = cp.Network(100, [cp.Dense(100, "relu")] * 20, dtype="float64")
    a = net.trace(np.random.default_rng(0).normal(size=(200, 100))).a
    assert 0.2 < a[20].std() / a[1].std() < 5


def test_constant_and_zeros():
    net = cp.Network(2, [cp.Dense(2, init=0.5, bias_init=cp.Constant(0.1)), cp.Dense(1, init="zeros")])
    assert np.allclose(net.parameters["W1"], 0.5)
    assert np.allclose(net.parameters["b1"], 0.1)
    assert (net.parameters["W2"] == 0).all()


def test_same_seed_same_weights():
    layers = [cp.Dense(5, "relu"), cp.Dense(3)]
    one, two, other = (cp.Network(4, layers, seed=s).parameters for s in (1, 1, 2))
    assert all((one[k] == two[k]).all() for k in one)
    assert (one["W1"] != other["W1"]).all()
    assert cp.Network(4, [*layers, cp.Dense(2)], seed=1).parameters["W1"].tolist() == one["W1"].tolist()


def test_names_and_mistakes():
    assert resolve_initializer("xavier") == resolve_initializer("glorot")
    assert set(INITIALIZERS) >= {"zeros", "normal", "he", "kaiming", "lecun"}
    for bad in ("hee", object(), True):
        with pytest.raises(ClearpropError):
            resolve_initializer(bad)
    with pytest.raises(ClearpropError, match="normal, uniform"):
        cp.He("gaussian")
    with pytest.raises(ClearpropError, match="≥ 0"):
        cp.Normal(-1.0)
