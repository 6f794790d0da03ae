"""Section 0: the symbols, from logistic regression to two layers. Each against arithmetic written out here."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from numeric import slope

x = np.array([0.5, -1.0, 2.0])
w = np.array([0.1, 0.2, 0.3])
b = 0.4
y = 1.0


def sigma(z):
    return 1 / (1 + np.exp(-z))


def neuron():
    net = cp.Network(3, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = w[:, None], [b]
    return net


def two_layers(seed=0):
    return cp.Network(
        3, [cp.Dense(4, "sigmoid"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=seed, dtype="float64"
    )


def cross_entropy(a, y):
    return float(np.mean(-(y * np.log(a) + (1 - y) * np.log(1 - a))))


def test_row_0_1_z_is_w_transposed_x_plus_b():
    t = neuron().trace(x, [y])
    z = 0.1 * 0.5 + 0.2 * -1.0 + 0.3 * 2.0 + 0.4  # = 0.85
    assert t.z[1].item() == pytest.approx(z, rel=1e-15)
    assert t.dW[1][:, 0] == pytest.approx(slope(lambda v: cross_entropy(sigma(v @ x + b), y), w), rel=1e-7)
    assert t.db[1] == pytest.approx(slope(lambda v: cross_entropy(sigma(w @ x + v[0]), y), [b]), rel=1e-7)


def test_row_0_2_linear_part_then_non_linear_part():
    net = neuron()
    t = net.trace(x, [y])
    assert t.a[1].item() == pytest.approx(sigma(t.z[1].item()), rel=1e-15)
    assert t.a[1].item() == pytest.approx(net.predict(x).item(), rel=1e-15), "a is ŷ"
    assert t.loss == pytest.approx(-np.log(t.a[1].item()), rel=1e-14)
    assert list(t.values)[:4] == ["a0", "z1", "a1", "L"]


def test_row_0_3_the_bias_is_added_to_every_sample():
    X = np.stack([x, 2 * x, -x, 0 * x])
    net = neuron()
    assert net.parameters["W1"].shape == (3, 1)
    assert net.parameters["b1"].shape == (1,)
    z = net.trace(X).z[1]
    assert z.shape == (4, 1)
    assert z[:, 0] == pytest.approx([w @ row + b for row in X], rel=1e-14)


def test_row_0_4_layer_roles():
    net = cp.Network(3, [cp.Dense(5), cp.Dense(4), cp.Dense(1)])
    roles = [line.split()[1] for line in net.summary().splitlines()[1:5]]
    assert roles == ["input", "hidden", "hidden", "output"]


def test_row_0_5_layers_and_samples_are_never_mixed_up():
    """t.z[l][i]: the first index is the layer, from 1; the second the sample, from 0."""
    net = two_layers()
    X = np.stack([x, -x, 2 * x])
    t = net.trace(X)
    for i, sample in enumerate(X):
        alone = net.trace(sample)
        for layer in (1, 2):
            assert t.z[layer][i] == pytest.approx(alone.z[layer][0], rel=1e-13)
    with pytest.raises(cp.UnknownNameError):
        t.z[0]
    with pytest.raises(cp.UnknownNameError):
        t.z[3]


def test_row_0_6_two_layers_forward_by_hand():
    net = two_layers()
    W1, b1, W2, b2 = (net.parameters[k] for k in ("W1", "b1", "W2", "b2"))
    a1 = [sigma(sum(x[i] * W1[i, j] for i in range(3)) + b1[j]) for j in range(4)]
    a2 = sigma(sum(a1[j] * W2[j, 0] for j in range(4)) + b2[0])
    t = net.trace(x, [y])
    assert t.a[1][0] == pytest.approx(a1, rel=1e-14)
    assert t.a[2].item() == pytest.approx(a2, rel=1e-14)
    assert t.loss == pytest.approx(cross_entropy(a2, y), rel=1e-13)


def test_row_0_7_backward_order_and_every_gradient():
    net = two_layers()
    t = net.trace(x, [y])
    order = list(t.values)[list(t.values).index("L") + 1 :]
    assert order == ["da2", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1"]
    W1, b1, W2, b2 = (np.array(net.parameters[k]) for k in ("W1", "b1", "W2", "b2"))

    def from_z1(z1):
        return cross_entropy(sigma(sigma(z1) @ W2 + b2), y)

    def from_a1(a1):
        return cross_entropy(sigma(a1 @ W2 + b2), y)

    expected = {
        "da2": slope(lambda a: cross_entropy(a, y), t.a[2]),
        "dz2": slope(lambda z: cross_entropy(sigma(z), y), t.z[2]),
        "dW2": slope(lambda v: cross_entropy(sigma(t.a[1] @ v + b2), y), W2),
        "db2": slope(lambda v: cross_entropy(sigma(t.a[1] @ W2 + v), y), b2),
        "da1": slope(from_a1, t.a[1]),
        "dz1": slope(from_z1, t.z[1]),
        "dW1": slope(lambda v: from_z1(x[None] @ v + b1), W1),
        "db1": slope(lambda v: from_z1(x[None] @ W1 + v), b1),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(t[name], value, rtol=1e-6, atol=1e-9)


def test_row_0_8_a_gradient_has_the_shape_of_its_variable():
    net = two_layers()
    X = np.stack([x, -x])
    t = net.trace(X, [0.0, 1.0])
    assert (t.a[0] == X).all()
    for layer in (1, 2):
        assert t.da[layer].shape == t.a[layer].shape
        assert t.dz[layer].shape == t.z[layer].shape
        assert t.dW[layer].shape == net.parameters[f"W{layer}"].shape
        assert t.db[layer].shape == net.parameters[f"b{layer}"].shape
