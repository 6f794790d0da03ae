"""Section 1: the two-layer network, activations, initialisation and symmetry."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import gradient, variable

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))
y = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
OR = (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1]))
XOR = (OR[0], np.array([0, 1, 1, 0]))


def sigma(z):
    return 1 / (1 + np.exp(-z))


def network(activation="tanh", **options):
    layers = [cp.Dense(4, activation, **options), cp.Dense(1, "sigmoid")]
    return cp.Network(3, layers, "binary_cross_entropy", dtype="float64")


def central(f, at, h=1e-6):
    return (f(at + h) - f(at - h)) / (2 * h)


def value(function, at):
    z = variable("z", np.shape(at))
    return cp.evaluate(function(z), {"z": at})


def derivative(function, at):
    z = variable("z", np.shape(at))
    return cp.evaluate(gradient(cp.sum(function(z)), z), {"z": at})


def test_row_1_1_a_one_layer_network_is_logistic_regression():
    """Ten steps of batch gradient descent, beside the loop of a logistic regression."""
    net = cp.Network(3, [cp.Dense(1, "sigmoid", init="zeros")], "binary_cross_entropy", dtype="float64")
    w, b = np.zeros(3), 0.0
    for _ in range(10):
        error = sigma(X @ w + b) - y
        w, b = w - 0.5 * X.T @ error / 6, b - 0.5 * error.mean()
    net.fit(X, y, optimizer=cp.GradientDescent(0.5), epochs=10, batch_size=6)
    np.testing.assert_allclose(net.parameters["W1"][:, 0], w, rtol=1e-12)
    assert net.parameters["b1"].item() == pytest.approx(b, rel=1e-12)


def test_row_1_2_three_four_one_is_a_two_layer_network():
    net = network()
    assert net.depth == 2
    assert net.trace(X).a[1].shape == (6, 4)


def test_row_1_3_twenty_one_parameters():
    net = network()
    assert net.n_parameters == 4 * 3 + 4 + 1 * 4 + 1 == 21
    assert {k: v.size for k, v in net.parameters.items()} == {"W1": 12, "b1": 4, "W2": 4, "b2": 1}


def test_row_1_4_stacked_neurons_equal_the_matrix():
    net = network("sigmoid")
    W, b = net.parameters["W1"], net.parameters["b1"]
    rows = W.T  # in the column convention the rows of W are the neurons' wᵀ
    per_neuron = [[sigma(rows[j] @ sample + b[j]) for j in range(4)] for sample in X]
    np.testing.assert_allclose(net.trace(X).a[1], per_neuron, rtol=1e-13)


def test_row_1_6_tanh_by_its_formula_and_without_overflow():
    z = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(value(cp.tanh, z), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), rtol=1e-12)
    assert value(cp.tanh, np.array([-1000.0, 1000.0])).tolist() == [-1.0, 1.0]
    assert (np.abs(value(cp.tanh, np.linspace(-15, 15, 31))) < 1).all()


def test_row_1_7_derivative_of_tanh():
    z = np.linspace(-3, 3, 25)
    np.testing.assert_allclose(derivative(cp.tanh, z), central(np.tanh, z), rtol=1e-7)
    np.testing.assert_allclose(derivative(cp.tanh, z), 1 - np.tanh(z) ** 2, rtol=1e-12)
    assert derivative(cp.tanh, 0.0) == 1
    assert derivative(cp.tanh, np.array([-400.0, 400.0])).tolist() == [0, 0]


@pytest.mark.parametrize(("activation", "about", "within"), [("tanh", 0.26, 0.1), ("sigmoid", 2e-6, 2e-6)])
def test_row_1_8_tanh_mitigates_vanishing_gradients(activation, about, within):
    """10 layers of 50, N(0, 1/n) weights; the mean over 20 networks of ‖δ[1]‖/‖δ[10]‖."""
    ratios = []
    for seed in range(20):
        layers = [cp.Dense(50, activation, init=cp.LeCun())] * 10
        net = cp.Network(50, layers, "squared_error", seed=seed, dtype="float64")
        draw = np.random.default_rng(seed)
        t = net.trace(draw.normal(size=(1, 50)), draw.normal(size=(1, 50)))
        ratios.append(np.linalg.norm(t.delta[1]) / np.linalg.norm(t.delta[10]))
    assert np.mean(ratios) == pytest.approx(about, abs=within)


def test_row_1_9_mean_outputs_for_standard_normal_inputs():
    z = np.random.default_rng(0).normal(size=200_000)
    assert value(cp.tanh, z).mean() == pytest.approx(0.0, abs=0.01)
    assert value(cp.sigmoid, z).mean() == pytest.approx(0.5, abs=0.01)


def test_row_1_10_defaults_that_suit():
    from clearprop.estimators import TableModel
    from clearprop.table import load_demo

    assert cp.Recipe().activation == "relu"
    layers = TableModel.train(load_demo("moons"), "target", epochs=0).model.network.architecture.layers
    assert [layer.activation for layer in layers] == ["relu"] * (len(layers) - 1) + ["sigmoid"]


def test_row_1_11_linear_activations_collapse():
    """Any depth equals one layer: in the row convention W = W1·W2, b = b1·W2 + b2."""
    net = cp.Network(3, [cp.Dense(4), cp.Dense(5), cp.Dense(2)], dtype="float64", seed=3)
    for name in ("b1", "b2", "b3"):
        net.parameters[name] = rng.normal(size=net.parameters[name].shape)
    W1, b1, W2, b2, W3, b3 = (net.parameters[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3"))
    W, b = W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3
    one = cp.Network(3, [cp.Dense(2)], dtype="float64")
    one.parameters["W1"], one.parameters["b1"] = W, b
    assert np.abs(net.predict(X) - one.predict(X)).max() < 1e-12
    bent = cp.Network(3, [cp.Dense(4, "relu"), cp.Dense(2)], dtype="float64")
    collapsed = X @ bent.parameters["W1"] @ bent.parameters["W2"]
    assert np.abs(bent.predict(X) - collapsed).max() > 0.01, "with a bend in between nothing collapses"


def test_row_1_12_derivative_of_the_sigmoid():
    z = np.linspace(-6, 6, 25)
    a = sigma(z)
    np.testing.assert_allclose(derivative(cp.sigmoid, z), np.exp(-z) / (1 + np.exp(-z)) ** 2, rtol=1e-12)
    np.testing.assert_allclose(derivative(cp.sigmoid, z), a * (1 - a), rtol=1e-12)
    by_nodes = derivative(lambda v: 1 / (1 + cp.exp(-v)), z)
    np.testing.assert_allclose(by_nodes, a * (1 - a), rtol=1e-12)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_row_1_13_delta_of_sigmoid_with_cross_entropy(target):
    net = network()
    t = net.trace(X[0], [target])
    assert t.dz[2].item() == pytest.approx(t.a[2].item() - target, rel=1e-13)
    z = t.z[2].item()
    by_differences = central(lambda v: -(target * np.log(sigma(v)) + (1 - target) * np.log(1 - sigma(v))), z)
    assert t.dz[2].item() == pytest.approx(by_differences, rel=1e-7)
    by_a = -target / t.a[2].item() + (1 - target) / (1 - t.a[2].item())
    assert t.da[2].item() == pytest.approx(by_a, rel=1e-12)


def test_row_1_14_gradients_of_the_output_layer():
    net = network()
    t = net.trace(X[0], [1.0])
    np.testing.assert_allclose(t.dW[2], np.outer(t.a[1][0], t.dz[2][0]), rtol=1e-14)
    np.testing.assert_allclose(t.db[2], t.dz[2][0], rtol=1e-15)
    assert t.dW[2].T.shape == (1, 4), "dz[2] a[1]ᵀ in the column convention"

    def loss(v):
        twin = net.copy()
        twin.parameters["b2"] = [v]
        return twin.trace(X[0], [1.0]).loss

    assert t.db[2].item() == pytest.approx(central(loss, net.parameters["b2"].item()), rel=1e-7)


def test_row_1_15_gradients_of_the_hidden_layer():
    net = network("sigmoid")
    t = net.trace(X[0], [1.0])
    W2 = net.parameters["W2"]
    da1 = W2[:, 0] * t.dz[2].item()
    np.testing.assert_allclose(t.da[1][0], da1, rtol=1e-13)
    dz1 = da1 * sigma(t.z[1][0]) * (1 - sigma(t.z[1][0]))
    np.testing.assert_allclose(t.dz[1][0], dz1, rtol=1e-12)
    np.testing.assert_allclose(t.dW[1], np.outer(X[0], dz1), rtol=1e-12)
    np.testing.assert_allclose(t.db[1], dz1, rtol=1e-12)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_1_17_equal_units_stay_equal_for_ever(activation, dtype):
    layers = [cp.Dense(5, activation, init=cp.Constant(0.3), bias_init=0.1), cp.Dense(1, "sigmoid", init=0.2)]
    net = cp.Network(3, layers, "binary_cross_entropy", dtype=dtype)
    before = net.parameters["W1"]
    net.fit(X, y, optimizer=cp.Adam(0.02), epochs=100, batch_size=3, executor=cp.Reference(fixed_order=True))
    W1, W2 = net.parameters["W1"], net.parameters["W2"]
    assert (W1[:, :1] == W1).all(), "the columns (units) are equal to the last bit after 200 steps"
    assert (W2[:1] == W2).all()
    assert (before != W1).all()


def test_row_1_18_zero_initialisation_is_fine_for_logistic_regression():
    net = cp.Network(2, [cp.Dense(1, "sigmoid", init="zeros")], "binary_cross_entropy")
    net.fit(*OR, optimizer=cp.GradientDescent(1.0), epochs=200, batch_size=4)
    assert ((net.predict(OR[0])[:, 0] > 0.5) == OR[1]).all()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_row_1_19_an_all_zero_network(activation):
    net = cp.Network(
        3,
        [cp.Dense(4, activation, init="zeros"), cp.Dense(1, "sigmoid", init="zeros")],
        "binary_cross_entropy",
        dtype="float64",
    )
    target = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    net.fit(
        X, target, optimizer=cp.GradientDescent(0.5), epochs=50, batch_size=6, executor=cp.Reference(fixed_order=True)
    )
    W1, W2 = net.parameters["W1"], net.parameters["W2"]
    if activation == "sigmoid":
        assert (W1 != 0).all()
        assert (W1[:, :1] == W1).all()
        assert (W2[:1] == W2).all()
    else:
        assert (W1 == 0).all()
        assert (W2 == 0).all()
        assert (net.parameters["b1"] == 0).all()
        assert net.parameters["b2"].item() == pytest.approx(np.log(2), rel=0.05), "the log-odds of 4 in 6"


def test_row_1_20_small_random_weights_are_the_cure():
    layers = [cp.Dense(200, "tanh", init=cp.Normal(0.01)), cp.Dense(1, "sigmoid", init=cp.Normal(0.01))]
    net = cp.Network(300, layers, "binary_cross_entropy", dtype="float64")
    assert net.parameters["W1"].std() == pytest.approx(0.01, rel=0.02)
    assert (net.parameters["b1"] == 0).all()
    small = network("tanh", init=cp.Normal(0.01))
    small.fit(X, y, optimizer=cp.GradientDescent(0.5), epochs=200, batch_size=6)
    W1 = small.parameters["W1"]
    gaps = [np.abs(W1[:, i] - W1[:, j]).max() for i in range(4) for j in range(i)]
    assert min(gaps) > 1e-3, "after training no two units are alike"
