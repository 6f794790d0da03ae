"""Section 4: the computational graph and its layers."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import Graph, N, gradient, same_structure, simplify, variable

rng = np.random.default_rng(0)
x, g = variable("x"), variable("g")


def sigma(z):
    return 1 / (1 + np.exp(-z))


def names(y):
    return [node.op.name for node in Graph({"y": y}) if node.op.kind != "leaf"]


def node_rule(y, at, upstream, by=x):
    """What the graph's backward pass sends down, and y, at a point."""
    return cp.evaluate({"y": y, "d": gradient(y, by, g)}, {"x": at, "g": upstream})


def test_row_4_1_the_sigmoid_as_four_nodes():
    y = 1 / (1 + cp.exp(-x))
    assert names(y) == ["multiply", "exp", "add", "reciprocal"]
    for at in (-3.0, 0.0, 0.5, 4.0):
        assert cp.evaluate(y, {"x": at}) == pytest.approx(sigma(at), rel=1e-15)


def test_row_4_2_node_divide():
    for at in (0.5, 2.0, -3.0):
        v = node_rule(1 / x, at, 0.7)
        assert v["d"] == pytest.approx(0.7 * -(v["y"] ** 2), rel=1e-15)
        numeric = (1 / (at + 1e-6) - 1 / (at - 1e-6)) / 2e-6
        assert v["d"] == pytest.approx(0.7 * numeric, rel=1e-7)


def test_row_4_3_node_plus_passes_the_gradient_on():
    z = variable("z")
    dx, dz = gradient(x + z, [x, z], g)
    assert cp.evaluate({"dx": dx, "dz": dz}, {"g": 0.7}) == {"dx": 0.7, "dz": 0.7}
    assert same_structure(simplify(dx), g)


def test_row_4_4_node_exp():
    for at in (-1.0, 0.0, 2.0):
        v = node_rule(cp.exp(x), at, 0.7)
        assert v["d"] == pytest.approx(0.7 * v["y"], rel=1e-15)
        assert v["d"] == pytest.approx(0.7 * (np.exp(at + 1e-6) - np.exp(at - 1e-6)) / 2e-6, rel=1e-7)


def test_row_4_5_node_times_swaps_its_inputs():
    z = variable("z")
    dx, dz = gradient(x * z, [x, z], g)
    values = cp.evaluate({"dx": dx, "dz": dz}, {"g": 0.7, "x": 3.0, "z": -5.0})
    assert values == {"dx": 0.7 * -5.0, "dz": 0.7 * 3.0}


def test_row_4_6_along_the_chain():
    """g → −g·y² → the same → −g·y²·e⁻ˣ → g·y²·e⁻ˣ, each at its edge."""
    minus = (-x).named("m")
    e = cp.exp(minus).named("e")
    s = (e + 1.0).named("s")
    y = (1 / s).named("y")
    at, up = 0.4, 1.5
    chain = [y, s, e, minus, x]
    found = cp.evaluate(
        {f"d{n.name}": d for n, d in zip(chain, gradient(y, chain, g), strict=True)}, {"x": at, "g": up}
    )
    y_, e_ = sigma(at), np.exp(-at)
    expected = {
        "dy": up,
        "ds": -up * y_**2,
        "de": -up * y_**2,
        "dm": -up * y_**2 * e_,
        "dx": up * y_**2 * e_,
    }
    assert found == pytest.approx(expected, rel=1e-14)


def test_row_4_7_the_group_becomes_one_sigmoid_node():
    y = 1 / (1 + cp.exp(-x))
    before = Graph({"y": y, "dx": gradient(y, x, g)})
    after = simplify(before)
    fused = cp.sigmoid(x)
    assert after["y"].op.name == "sigmoid"
    assert same_structure(after, Graph({"y": fused, "dx": g * fused * (1.0 - fused)}))
    assert "exp" not in [node.op.name for node in after], "it needs only its output"
    for at in np.linspace(-5, 5, 21):
        a, b = (cp.evaluate(graph, {"x": at, "g": 0.7}) for graph in (before, after))
        assert a["y"] == pytest.approx(b["y"], rel=1e-14)
        assert a["dx"] == pytest.approx(b["dx"], rel=1e-13)


def test_row_4_8_class_sigmoid():
    layer = cp.layers.Sigmoid()
    at, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    out = layer.forward(at)
    assert layer.out is out
    np.testing.assert_allclose(out, sigma(at), rtol=1e-14)
    np.testing.assert_allclose(layer.backward(dout), dout * out * (1 - out), rtol=1e-14)
    node = variable("v", (4, 3))
    up = variable("u", (4, 3))
    by_nodes = cp.evaluate(gradient(1 / (1 + cp.exp(-node)), node, up), {"v": at, "u": dout})
    np.testing.assert_allclose(layer.backward(dout), by_nodes, rtol=1e-12)


def test_row_4_9_one_sample_through_an_affine_map():
    X, W, B = variable("X", (2,)), variable("W", (2, 3)), variable("B", (3,))
    assert (X @ W + B).shape == (3,)
    values = {"X": [1.0, 2.0], "W": [[1, 2, 3], [4, 5, 6]], "B": [0.1, 0.2, 0.3]}
    assert cp.evaluate(X @ W + B, values) == pytest.approx([9.1, 12.2, 15.3], rel=1e-15)


def test_row_4_10_inner_dimensions_must_match():
    with pytest.raises(cp.ShapeError, match=r"\(2,\) and \(3, 2\).*inner dimensions 2 and 3"):
        variable("X", (2,)) @ variable("W", (3, 2))


@pytest.mark.parametrize("shape", [(2,), (4, 2)])
def test_row_4_12_gradients_of_a_product(shape):
    values = {"X": rng.normal(size=shape), "W": rng.normal(size=(2, 3))}
    G = rng.normal(size=(*shape[:-1], 3))
    X, W, up = variable("X", shape), variable("W", (2, 3)), variable("G", G.shape)
    dX, dW = gradient(X @ W, [X, W], up)
    found = cp.evaluate({"X": dX, "W": dW}, {**values, "G": G})
    np.testing.assert_allclose(found["X"], G @ values["W"].T, rtol=1e-13)
    np.testing.assert_allclose(found["W"], np.atleast_2d(values["X"]).T @ np.atleast_2d(G), rtol=1e-13)
    for name, value in values.items():
        assert found[name].shape == value.shape
        for i in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[i] = 1e-6
            above, below = ({**values, name: value + s} for s in (step, -step))
            numeric = np.sum(G * (above["X"] @ above["W"] - below["X"] @ below["W"])) / 2e-6
            assert found[name][i] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("n", [1, 5])
def test_row_4_13_shapes_in_a_batch(n):
    X, G, W = variable("X", (N, 2)), variable("G", (N, 3)), variable("W", (2, 3))
    dX, dW = cp.matmul(G, W, transpose_b=True), cp.matmul(X, G, transpose_a=True)
    assert dX.shape == (N, 2)
    assert dW.shape == (2, 3)
    values = {"X": rng.normal(size=(n, 2)), "G": rng.normal(size=(n, 3)), "W": rng.normal(size=(2, 3))}
    found = cp.evaluate({"dX": dX, "dW": dW}, values)
    np.testing.assert_allclose(found["dX"], values["G"] @ values["W"].T, rtol=1e-13)
    np.testing.assert_allclose(found["dW"], values["X"].T @ values["G"], rtol=1e-13)


def test_row_4_14_the_gradient_of_the_bias_is_a_sum_over_samples():
    layer = cp.layers.Affine(np.zeros((2, 3)), [1.0, 2.0, 3.0])
    assert layer.forward(np.zeros((2, 2))).tolist() == [[1, 2, 3], [1, 2, 3]], "added to each sample"
    layer.backward([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert layer.db.tolist() == [5, 7, 9]


@pytest.mark.parametrize("shape", [(2,), (1, 2), (6, 2)])
def test_row_4_15_class_affine(shape):
    X, W, b = rng.normal(size=shape), rng.normal(size=(2, 3)), rng.normal(size=3)
    dout = rng.normal(size=(*shape[:-1], 3))
    layer = cp.layers.Affine(W, b)
    np.testing.assert_allclose(layer.forward(X), X @ W + b, rtol=1e-13)
    dx = layer.backward(dout)
    step = 1e-6
    for value, grad, f in (
        (X, dx, lambda v: v @ W + b),
        (W, layer.dW, lambda v: X @ v + b),
        (b, layer.db, lambda v: X @ W + v),
    ):
        assert grad.shape == value.shape
        for i in np.ndindex(value.shape):
            up, down = value.copy(), value.copy()
            up[i] += step
            down[i] -= step
            assert grad[i] == pytest.approx(np.sum(dout * (f(up) - f(down))) / (2 * step), rel=1e-6, abs=1e-8)


def test_row_4_16_softmax_with_cross_entropy():
    z, t = rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])
    layer = cp.layers.SoftmaxWithLoss()
    layer.forward(z, t)
    dz = layer.backward()
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(dz, (p - np.eye(4)[t]) / 5, rtol=1e-12, atol=1e-17)
    for i in range(5):  # through the full Jacobian of softmax: J = diag(p) − p pᵀ, da = −t/p / N
        jacobian = np.diag(p[i]) - np.outer(p[i], p[i])
        da = -np.eye(4)[t[i]] / p[i] / 5
        np.testing.assert_allclose(dz[i], jacobian @ da, rtol=1e-10, atol=1e-15)

    def loss(v):
        return -np.log(np.exp(v) / np.exp(v).sum(1, keepdims=True))[range(5), t].mean()

    for i in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        assert dz[i] == pytest.approx((loss(up) - loss(down)) / 2e-6, rel=1e-5, abs=1e-9)
    net = cp.Network(4, [cp.Dense(4, "softmax", init=cp.Constant(0))], "cross_entropy", dtype="float64")
    net.parameters["W1"] = np.eye(4)
    np.testing.assert_allclose(net.trace(z, t).delta[1], dz, rtol=1e-12, atol=1e-17)
