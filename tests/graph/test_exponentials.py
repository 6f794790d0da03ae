"""Sigmoid and tanh in any way of writing: found by simplify, with derivatives that stay finite far out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.graph import Graph, expand, gradient, same_structure, simplify, topological

x = cp.variable("x")
e = cp.exp

WRITTEN = {
    "tanh": lambda x: (e(x) - e(-x)) / (e(x) + e(-x)),
    "tanh, turned": lambda x: -(e(-x) - e(x)) / (e(-x) + e(x)),
    "tanh by e^-2x": lambda x: (1 - e(-2 * x)) / (1 + e(-2 * x)),
    "tanh by e^2x": lambda x: (e(2 * x) - 1) / (e(2 * x) + 1),
    "tanh as 2/(…) - 1": lambda x: 2 / (1 + e(-2 * x)) - 1,
    "tanh as 1 - 2/(…)": lambda x: 1 - 2 / (e(2 * x) + 1),
    "tanh as 2 sigmoid - 1": lambda x: 2 * cp.sigmoid(2 * x) - 1,
    "sigmoid": lambda x: 1 / (1 + e(-x)),
    "sigmoid by e^x": lambda x: e(x) / (1 + e(x)),
    "softplus": lambda x: cp.log(1 + e(x)),
    "silu": lambda x: x / (1 + e(-x)),
}
with np.errstate(over="ignore"):
    TRUE = {
        "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        "sigmoid": (lambda x: 0.5 + np.tanh(x / 2) / 2, lambda x: (1 - np.tanh(x / 2) ** 2) / 4),
        "softplus": (lambda x: np.logaddexp(0.0, x), lambda x: 0.5 + np.tanh(x / 2) / 2),
        "silu": (
            lambda x: x * (0.5 + np.tanh(x / 2) / 2),
            lambda x: 0.5 + np.tanh(x / 2) / 2 + x * (1 - np.tanh(x / 2) ** 2) / 4,
        ),
    }


def with_slope(y):
    return Graph({"y": y, "slope": gradient(y, x)})


def is_stable_under_rewriting(graph):
    once = simplify(graph)
    return same_structure(simplify(once), once) and same_structure(simplify(expand(graph)), once)


@pytest.mark.parametrize("name", WRITTEN)
def test_value_and_slope_are_finite_and_right_everywhere(name):
    value, slope = TRUE[name.split()[0].rstrip(",")]
    graph = with_slope(WRITTEN[name](x))
    found = simplify(graph)
    assert not any(node.op is cp.exp(x).op for node in topological(list(found.outputs.values())))
    for at in (-800.0, -30.0, -1.5, -1e-3, 0.0, 0.4, 2.0, 36.0, 800.0):
        numbers = cp.evaluate(found, {x: at})
        np.testing.assert_allclose(numbers["y"], value(at), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(numbers["slope"], slope(at), rtol=1e-9, atol=1e-15)
    assert is_stable_under_rewriting(graph)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.startswith("tanh")][:4])
def test_the_slope_of_tanh_becomes_the_textbook_s(name):
    y = cp.tanh(x)
    assert same_structure(simplify(with_slope(WRITTEN[name](x))), Graph({"y": y, "slope": 1.0 - y * y}))


def test_the_slope_of_sigmoid_becomes_the_textbook_s():
    y = cp.sigmoid(x)
    for name in ("sigmoid", "sigmoid by e^x"):
        assert same_structure(simplify(with_slope(WRITTEN[name](x))), Graph({"y": y, "slope": y * (1.0 - y)}))


def test_an_activation_written_with_exponentials_trains_far_out():
    net = cp.Network(1, [cp.Dense(2, WRITTEN["tanh by e^-2x"]), cp.Dense(1)], "squared_error", dtype="float64", seed=0)
    plain = cp.Network(1, [cp.Dense(2, "tanh"), cp.Dense(1)], "squared_error", dtype="float64", seed=0)
    plain.parameters = net.parameters
    for at in (0.7, 3000.0):
        t, expected = (n.trace([at], [1.0]) for n in (net, plain))
        np.testing.assert_allclose(t.dW[1], expected.dW[1], rtol=1e-10)


NAMES, FACTORS = st.sampled_from(sorted(WRITTEN)), st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0])
LINKS = st.tuples(st.sampled_from(["chain", "product", "difference"]), NAMES, NAMES, FACTORS)


def linked(links):
    """Sums, products and chains of such functions."""
    y = x
    for kind, first, second, c in links:
        f, g = WRITTEN[first], WRITTEN[second]
        y = f(y * c) if kind == "chain" else f(y) * g(x) if kind == "product" else f(y) - g(y) * c
    return y


@given(st.lists(LINKS, min_size=1, max_size=3), st.floats(-2, 2))
def test_any_sum_and_product_keeps_its_value(links, at):
    graph = with_slope(linked(links))
    raw, found = (cp.evaluate(g, {x: at}) for g in (graph, simplify(graph)))
    for name, number in raw.items():
        np.testing.assert_allclose(found[name], number, rtol=1e-8, atol=1e-8)
    assert is_stable_under_rewriting(graph)
