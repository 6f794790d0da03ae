"""Rewriting: the textbook's simplification, patterns that must not match, aliases, small algebra."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import Graph, N, eliminate_common, expand, gradient, same_structure, simplify, substitute, variable
from clearprop.nn import Architecture, BinaryCrossEntropy, CrossEntropy, Dense


def ops(y):
    return [node.op.name for node in (y if isinstance(y, Graph) else Graph({"y": y})) if node.op.kind != "leaf"]


def test_the_sigmoid_graph_becomes_one_node_forward_and_backward():
    x, g = variable("x"), variable("g")
    y = 1 / (1 + cp.exp(-x))
    assert ops(y) == ["multiply", "exp", "add", "reciprocal"]
    both = Graph({"y": y, "dx": gradient(y, x, g)})
    fused = cp.sigmoid(x)
    assert same_structure(simplify(both), Graph({"y": fused, "dx": g * fused * (1.0 - fused)}))


def test_a_transposed_product_is_no_affine_map():
    """dW + λW once looked like affine(X, dz, λW): the flag of the product was not compared."""
    x, dz, row = variable("x", (N, 3)), variable("dz", (N, 4)), variable("row", (4,))
    y = cp.matmul(x, dz, transpose_a=True) + cp.broadcast(row, (3, 4), [1])
    assert "affine" not in ops(simplify(y))


def test_column_bias_is_no_row_bias():
    x, W, column = variable("x", (3, 3)), variable("W", (3, 3)), variable("c", (3,))
    assert "affine" not in ops(simplify(x @ W + cp.broadcast(column, (3, 3), [0])))
    assert ops(simplify(x @ W + cp.broadcast(column, (3, 3), [1]))) == ["affine"]


@pytest.mark.parametrize(
    "build",
    [
        lambda x: 1 / (cp.exp(-x) + 2.0),  # not +1
        lambda x: 1 / (cp.exp(x) + 1.0),  # not −x
        lambda x: (cp.exp(x) - cp.exp(-x)) / (cp.exp(x) - cp.exp(-x)),
        lambda x: cp.log(cp.exp(x) + 2.0),
        lambda x: x * cp.sigmoid(2.0 * x),
    ],
)
def test_near_misses_keep_their_value(build):
    x = variable("x")
    y = build(x)
    assert cp.evaluate(simplify(y), {"x": 0.7}) == pytest.approx(float(cp.evaluate(y, {"x": 0.7})), rel=1e-14)
    assert ops(simplify(y)) not in (["sigmoid"], ["tanh"], ["softplus"], ["silu"])


def test_losses_on_a_are_computed_from_logits():
    binary = Architecture(3, (Dense(1, "sigmoid"),), BinaryCrossEntropy())
    classes = Architecture(3, (Dense(4, "softmax"),), CrossEntropy())
    assert "sigmoid_cross_entropy" in ops(simplify(binary.loss_graph("f64")))
    assert "log" not in ops(simplify(binary.loss_graph("f64")))
    assert "softmax_cross_entropy" in ops(simplify(classes.loss_graph("f64", targets="labels")))


def test_delta_of_softmax_with_cross_entropy_is_p_minus_t():
    z, y = variable("z", (N, 3)), variable("y", (N,), "int64")
    t = cp.one_hot(y, 3)
    L = -cp.sum(t * cp.log(cp.softmax(z)), 1)
    g = variable("g", (N,))
    dz = simplify(gradient(simplify(L), z, g))
    assert same_structure(dz, simplify(cp.broadcast(g, (N, 3), [0]) * (cp.softmax(z) - t)))


def test_equal_values_are_computed_once_and_keep_all_their_names():
    x = variable("x")
    first, second = cp.exp(x).named("first"), cp.exp(x).named("second")
    graph = eliminate_common(Graph({"first": first, "second": second}))
    assert ops(graph).count("exp") == 1
    assert {graph["first"].name, graph["second"].name} == {"first", "second"}
    values = cp.evaluate(graph, {"x": 1.0})
    assert values["first"] == values["second"] == np.e


def test_names_survive_when_asked():
    z, y = variable("z1", (N, 1)), variable("y", (N, 1))
    a = cp.sigmoid(z).named("a1")
    L = cp.mean(-(y * cp.log(a) + (1.0 - y) * cp.log(1.0 - a))).named("L")
    assert "a1" not in simplify(Graph({"L": L})).named
    kept = simplify(Graph({"L": L}), keep_names=True)
    assert kept["a1"].op.name == "sigmoid"
    assert "sigmoid_cross_entropy" in ops(kept)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x: x + 0.0, lambda x: x),
        (lambda x: 1.0 * x, lambda x: x),
        (lambda x: -(-x), lambda x: x),
        (lambda x: x - (-x), lambda x: x + x),
        (lambda x: x + (-x * 1.0), lambda x: x - x),
        (lambda x: (x * 2.0) * 3.0, lambda x: x * 6.0),
        (lambda x: x**1, lambda x: x),
        (lambda x: cp.where(x > 0, x, x), lambda x: x),
        (lambda x: cp.cast(cp.cast(x, "float64"), "float64"), lambda x: x),
        (lambda x: cp.identity(x), lambda x: x),
    ],
)
def test_small_algebra(build, expected):
    x = variable("x", (2,))
    assert same_structure(simplify(build(x)), expected(x))


def test_one_hot_rows_sum_to_one():
    y = variable("y", (N,), "int64")
    assert ops(simplify(cp.sum(cp.one_hot(y, 3), 1))) == []


def test_substitute_replaces_a_variable():
    x, y = variable("x"), variable("y")
    assert same_structure(substitute(x * x + 1.0, {x: cp.exp(y)}), cp.exp(y) * cp.exp(y) + 1.0)


def test_expand_of_a_network_simplifies_to_the_network():
    network = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(5, "gelu"), cp.Dense(2, "softmax")], "cross_entropy")
    for graph in (
        network.graph(),
        network.step_graph(cp.Adam()),
        network.step_graph(cp.SGD(0.1, 0.9, True)),
    ):
        assert same_structure(simplify(expand(graph)), graph)
        assert not any(node.op.fused for node in expand(graph))


def test_deep_graphs_are_no_problem():
    x = variable("x")
    y = x
    for _ in range(2000):  # twice as deep as Python may call
        y = cp.tanh(y)
    assert len(Graph({"y": y})) == 2001
    assert cp.evaluate(gradient(y, x), {"x": 0.0}) == 1.0


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x**x,
        lambda x: x @ np.zeros(3),
        lambda x: np.zeros(3) * x,
        lambda x: x + True,
        lambda x: cp.where(x == 0, x, x),
        lambda x: cp.exp(3.0),
        lambda x: cp.clip(3, 0, 1),
        lambda x: cp.simplify(3),
        lambda x: cp.expand([x]),
        lambda x: cp.evaluate(3),
        lambda x: cp.gradient(3, x),
        lambda x: bool(x),
    ],
)
def test_what_is_no_node_is_named(mistake):
    with pytest.raises(cp.DTypeError, match="expected"):
        mistake(variable("x", (3,)))
