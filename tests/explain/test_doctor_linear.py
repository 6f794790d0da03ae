"""Layers without a bend are one layer, residual sums among them; what bends anywhere is not."""

import numpy as np
import pytest

import clearprop as cp
from clearprop.explain.doctor.linear import linear_map

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(float)
LAST = cp.Dense(1, "sigmoid")
DEEP = [cp.Residual([cp.Dense(3)], shortcut=[cp.Dense(3)]) for _ in range(40)]

STRAIGHT = {
    "a chain": ([cp.Dense(4), cp.Linear(4, 3), LAST], "W[1]·W[2]·W[3]"),
    "a sum": ([cp.Residual([cp.Dense(4), cp.Dropout(0.5), cp.Dense(3, bias=False)]), LAST], "(W[1]·W[2] + I)·W[4]"),
    "a sum at the end": ([cp.Residual([cp.Dense(3)]), cp.Residual([cp.Dense(1)], [cp.Dense(1)])], None),
    "a shortcut": ([cp.Residual([cp.Dense(2)], shortcut=[cp.Dense(2)]), LAST], "(W[1] + W[2])·W[4]"),
    "a sum in a sum": ([cp.Residual([cp.Residual([cp.Dense(3)]), cp.Dense(3)]), LAST], "((W[1] + I)·W[3] + I)·W[5]"),
    "a narrow layer beside the inputs": ([cp.Residual([cp.Dense(1), cp.Dense(3)]), LAST], "(W[1]·W[2] + I)·W[4]"),
    "forty shortcuts": ([*DEEP, LAST], "…·W[121]"),
}
BENT = {
    "a relu within": [cp.Residual([cp.Dense(3, "relu"), cp.Dense(3)]), LAST],
    "a relu behind": [cp.Residual([cp.Dense(3)]), cp.Activation("relu"), LAST],
    "a relu in the shortcut": [cp.Residual([cp.Dense(2)], shortcut=[cp.Dense(2, "relu")]), LAST],
    "a normalisation": [cp.Residual([cp.Dense(3), cp.LayerNorm()]), LAST],
    "batch statistics": [cp.Residual([cp.Dense(3), cp.BatchNorm()]), LAST],
}


def collapse(layers):
    loss = "binary_cross_entropy" if layers[-1] is LAST else "mean_squared_error"
    net = cp.Network(3, layers, loss, seed=1, dtype="float64")
    return net, {finding.illness: finding for finding in cp.diagnose(net, X, Y)}.get("linear_collapse")


@pytest.mark.parametrize("name", STRAIGHT)
def test_layers_without_a_bend_are_one(name):
    layers, product = STRAIGHT[name]
    net, found = collapse(layers)
    L, trace = net.architecture.depth, net.trace(np.concatenate([np.zeros((1, 3)), np.eye(3)]))
    b, *rows = trace.z[L]
    np.testing.assert_allclose(found.numbers["b"], b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.numbers["W"], np.array(rows) - b, rtol=1e-9, atol=1e-9 * np.abs(rows).max())
    assert f"in {L - 1} of {L - 1} hidden" in found.measured("en")
    assert product is None or f"W = {product} (3 × 1)" in found.measured("en")
    assert product is None or f"W = {product}（3 × 1）" in found.measured("zh")


@pytest.mark.parametrize("name", BENT)
def test_layers_with_a_bend_are_not(name):
    net, found = collapse(BENT[name])
    assert found is None
    assert linear_map(net.architecture, net.parameters) is None


def test_a_sum_of_narrow_layers_is_as_narrow_as_both():
    layers = [cp.Residual([cp.Dense(1), cp.Dense(3)], shortcut=[cp.Dense(1), cp.Dense(3)]), cp.Dense(3)]
    net = cp.Network(3, layers, "mean_squared_error", seed=1, dtype="float64")
    one = linear_map(net.architecture, net.parameters)
    assert one.rank == np.linalg.matrix_rank(one.W) == 2
    assert "linear_collapse" not in {finding.illness for finding in cp.diagnose(net, X, X)}
