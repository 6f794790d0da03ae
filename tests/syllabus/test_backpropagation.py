"""Section 3: BP1 to BP4."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import gradient, variable
from numeric import slope

rng = np.random.default_rng(0)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def squared(a, y):
    return 0.5 * float(np.sum((y - a) ** 2))


def deep(sizes=(3, 4, 5, 2)):
    """Sigmoid layers with biases, a sample and a target."""
    net = cp.Network(sizes[0], [cp.Dense(n, "sigmoid") for n in sizes[1:]], "squared_error", dtype="float64")
    for layer, n in enumerate(sizes[1:], 1):
        net.parameters[f"b{layer}"] = rng.normal(size=n)
    return net, rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])


def loss_from_z(net, layer, z, y):
    """The loss as a function of z[layer], by plain NumPy."""
    a = sigma(z)
    for k in range(layer + 1, net.depth + 1):
        a = sigma(a @ net.parameters[f"W{k}"] + net.parameters[f"b{k}"])
    return squared(a, y)


def test_row_3_1_the_gradient_by_a_is_the_vector_of_partial_derivatives():
    a, y = variable("a", (5,)), rng.normal(size=5)
    target = variable("y", (5,))
    at = rng.normal(size=5)
    grad = cp.evaluate(gradient(cp.squared_error(a, target), a), {"a": at, "y": y})
    assert grad.shape == (5,)
    np.testing.assert_allclose(grad, slope(lambda v: squared(v, y), at), rtol=1e-7)
    np.testing.assert_allclose(grad, at - y, rtol=1e-14)


def test_row_3_2_the_elementwise_product_needs_equal_shapes():
    a, b = variable("a", (3,)), variable("b", (3,))
    assert cp.evaluate(a * b, {"a": [1, 2, 3], "b": [4, 5, 6]}).tolist() == [4, 10, 18]
    for shape in [(4,), (3, 1), (1, 3), (1,)]:
        with pytest.raises(cp.ShapeError, match=r"\(3,\) and"):
            a * variable("c", shape)


def test_row_3_3_half_the_squared_distance():
    a, y = variable("a", (2,)), variable("y", (2,))
    loss = cp.evaluate(cp.squared_error(a, y), {"a": [0.8, 0.3], "y": [1.0, 0.0]})
    assert loss == pytest.approx(0.5 * (0.2**2 + 0.3**2), rel=1e-14)
    assert loss == pytest.approx(0.065, abs=1e-12)


def test_row_3_4_delta_is_the_derivative_by_z():
    net, x, y = deep()
    t = net.trace(x, y)
    for layer in (1, 2, 3):
        expected = slope(lambda z, k=layer: loss_from_z(net, k, z, y), t.z[layer][0])
        np.testing.assert_allclose(t.delta[layer][0], expected, rtol=1e-6, atol=1e-10)


def test_row_3_5_bp1():
    net, x, y = deep()
    t = net.trace(x, y)
    a = t.a[3][0]
    bp1 = (a - y) * a * (1 - a)
    np.testing.assert_allclose(t.delta[3][0], bp1, rtol=1e-13)
    np.testing.assert_allclose(bp1, slope(lambda z: loss_from_z(net, 3, z, y), t.z[3][0]), rtol=1e-6)


def test_row_3_6_the_worked_example():
    """a = [0.8, 0.3], y = [1, 0]: ∇ₐL = [−0.2, 0.3], f′ = [0.16, 0.21], δ = [−0.032, 0.063]."""
    net = cp.Network(2, [cp.Dense(2, "sigmoid")], "squared_error", dtype="float64")
    net.parameters["W1"] = np.eye(2)
    z = np.log([0.8 / 0.2, 0.3 / 0.7])  # σ(z) = [0.8, 0.3]
    t = net.trace(z, [1.0, 0.0])
    assert t.a[1][0] == pytest.approx([0.8, 0.3], abs=1e-14)
    assert t.loss == pytest.approx(0.065, abs=1e-12)
    assert t.da[1][0] == pytest.approx([-0.2, 0.3], abs=1e-12)
    pre = variable("z", (2,))
    f_prime = cp.evaluate(gradient(cp.sum(cp.sigmoid(pre)), pre), {"z": z})
    assert f_prime == pytest.approx([0.16, 0.21], abs=1e-12)
    assert t.delta[1][0] == pytest.approx([-0.032, 0.063], abs=1e-12)


@pytest.mark.parametrize("sizes", [(3, 4, 5, 2), (4, 4, 4, 4)], ids=["3-4-5-2", "square"])
def test_row_3_7_bp2(sizes):
    """δ[l] = (W[l+1]ᵀ δ[l+1]) ⊙ f′(z[l]); on square layers a wrong W would go unnoticed by its shape alone."""
    net, x, y = deep(sizes)
    t = net.trace(x, y)
    for layer in (2, 1):
        W_next = net.parameters[f"W{layer + 1}"].T  # (n_{l+1}, n_l): the column convention
        a = t.a[layer][0]
        bp2 = (W_next.T @ t.delta[layer + 1][0]) * a * (1 - a)
        np.testing.assert_allclose(t.delta[layer][0], bp2, rtol=1e-12)
        numeric = slope(lambda z, k=layer: loss_from_z(net, k, z, y), t.z[layer][0])
        np.testing.assert_allclose(t.delta[layer][0], numeric, rtol=1e-6, atol=1e-8)
    if sizes == (4, 4, 4, 4):
        wrong = (net.parameters["W1"] @ t.delta[2][0]) * t.a[1][0] * (1 - t.a[1][0])
        scale = np.abs(t.delta[1]).max()
        assert np.abs(wrong - t.delta[1][0]).max() > 0.1 * scale, "BP2 with W[l] has the shape but not the value"


def by_parameter(net, name, x, y):
    twin = net.copy()

    def loss(value):
        twin.parameters[name] = value
        return twin.trace(x, y).loss

    return slope(loss, net.parameters[name])


def test_row_3_8_bp3():
    net, x, y = deep()
    t = net.trace(x, y)
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(t.db[layer], t.delta[layer][0])
        np.testing.assert_allclose(t.db[layer], by_parameter(net, f"b{layer}", x, y), rtol=1e-6, atol=1e-10)


def test_row_3_9_bp4():
    net, x, y = deep()
    t = net.trace(x, y)
    for layer in (1, 2, 3):
        column = t.dW[layer].T  # ∂L/∂w_ij = a[l−1]_j δ[l]_i
        for i in range(column.shape[0]):
            for j in range(column.shape[1]):
                assert column[i, j] == pytest.approx(t.a[layer - 1][0, j] * t.delta[layer][0, i], rel=1e-14)
        np.testing.assert_allclose(t.dW[layer], by_parameter(net, f"W{layer}", x, y), rtol=1e-6, atol=1e-10)
