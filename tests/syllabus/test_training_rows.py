"""Section 2: neurons, layers, depth, and training."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import Graph, gradient, variable
from clearprop.table import load_demo

CORNERS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])
rng = np.random.default_rng(0)


def right(net, X, y):
    return int(((net.predict(X)[:, 0] > 0.5) == y).sum())


def test_row_2_1_a_line_cannot_do_xor_and_a_network_can():
    """No line has more than 3 of the 4 corners right: tried are 2,000 lines, and 10 trained neurons."""
    lines = np.random.default_rng(0).normal(size=(2000, 3))
    sides = CORNERS @ lines[:, :2].T + lines[:, 2] > 0
    assert (sides == XOR[:, None]).sum(axis=0).max() == 3
    for seed in range(10):
        neuron = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=seed)
        neuron.fit(CORNERS, XOR, optimizer=cp.Adam(0.1), epochs=200, batch_size=4)
        assert right(neuron, CORNERS, XOR) <= 3
    net = cp.Network(2, [cp.Dense(8, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    net.fit(CORNERS, XOR, optimizer=cp.Adam(0.1), epochs=200, batch_size=4)
    assert right(net, CORNERS, XOR) == 4


def test_row_2_2_a_neuron_with_four_inputs():
    net = cp.Network(4, [cp.Dense(1, "tanh")], dtype="float64")
    net.parameters["W1"], net.parameters["b1"] = [[0.1], [-0.2], [0.3], [0.4]], [0.5]
    z = 0.1 * 1 - 0.2 * 2 + 0.3 * 3 + 0.4 * 4 + 0.5  # = 2.7
    assert net.predict([1.0, 2.0, 3.0, 4.0]).item() == pytest.approx(np.tanh(z), rel=1e-14)


def test_row_2_3_nodes_as_sums_and_as_matrices():
    net = cp.Network(4, [cp.Dense(3, "relu"), cp.Dense(2)], dtype="float64")
    for name in ("b1", "b2"):
        net.parameters[name] = rng.normal(size=net.parameters[name].shape)
    x = rng.normal(size=4)
    values = list(x)
    for layer, bend in ((1, lambda z: max(z, 0.0)), (2, lambda z: z)):
        W, b = net.parameters[f"W{layer}"], net.parameters[f"b{layer}"]
        sums = [sum(v * W[i, j] for i, v in enumerate(values)) + b[j] for j in range(W.shape[1])]
        values = [bend(z) for z in sums]
    assert net.predict(x) == pytest.approx(values, rel=1e-13)


def test_row_2_6_the_activation_stands_between_the_nodes():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)])
    graph = net.graph()
    assert graph["a1"].op.name == "tanh"
    assert graph["a1"].inputs == (graph["z1"],)
    assert graph["z2"].inputs[0] is graph["a1"]
    assert list(net.trace([0.0, 0.0]).values) == ["a0", "z1", "a1", "z2", "a2"]


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "silu", "softplus", "abs"])
def test_row_2_7_activations_have_a_finite_derivative_everywhere(name):
    """Away from 0, where kinks are, against central differences; at 0 finite, for ReLU 0."""
    f = getattr(cp, name)
    x = variable("x", (40,))
    at = np.concatenate([np.linspace(-3, -0.1, 20), np.linspace(0.1, 3, 20)])
    slope = cp.evaluate(gradient(cp.sum(f(x)), x), {"x": at})
    h = 1e-6
    numeric = (cp.evaluate(f(x), {"x": at + h}) - cp.evaluate(f(x), {"x": at - h})) / (2 * h)
    np.testing.assert_allclose(slope, numeric, rtol=1e-6, atol=1e-8)
    zero = variable("zero")
    at_zero = cp.evaluate(gradient(f(zero), zero), {"zero": 0.0})
    assert np.isfinite(at_zero)
    if name == "relu":
        assert at_zero == 0


def mean_square(f, g, points=200_001):
    """The mean over [−1, 1] of (f − g)², by the trapezoidal rule."""
    x = np.linspace(-1, 1, points)
    return np.trapezoid((f(x) - g(x)) ** 2, x) / 2


def test_row_2_9_sums_of_relus_bend_a_line():
    def square(x):
        return x**2

    def relu(z):
        node = variable("z", z.shape)
        return cp.evaluate(cp.relu(node), {"z": z})

    assert mean_square(square, lambda x: 0 * x + 1 / 3) == pytest.approx(4 / 45, rel=1e-6), "the best line is flat"
    # c(relu(x) + relu(−x)) + b = c|x| + b; the normal equations over [0, 1] give c = 1, b = −1/6
    two = mean_square(square, lambda x: relu(x) + relu(-x) - 1 / 6)
    assert two == pytest.approx(1 / 180, rel=1e-6)
    free = best_free_hinges(square, relu)
    assert free == pytest.approx(0.0011, abs=0.00005)
    x = np.linspace(-3, 3, 601)
    np.testing.assert_allclose(relu(x + 1) - relu(x - 1), np.clip(x + 1, 0, 2), atol=1e-15)


def best_free_hinges(square, relu):
    """Least squares over output weights and bias for hinges at ±h, the best h of a grid."""
    x = np.linspace(-1, 1, 4001)
    errors = []
    for h in np.linspace(0, 0.9, 181):
        A = np.stack([relu(x - h), relu(-x - h), np.ones_like(x)], 1)
        c, *_ = np.linalg.lstsq(A, square(x), rcond=None)
        errors.append(np.trapezoid((A @ c - square(x)) ** 2, x) / 2)
    return min(errors)


def test_row_2_10_circles_sums_and_matrices_agree():
    """The edges of the diagram, the sums written out, and the matrices give the same outputs."""
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2, "sigmoid")], dtype="float64")
    x = rng.normal(size=3)
    edges = [
        ((layer - 1, i), (layer, j), net.parameters[f"W{layer}"][i, j])
        for layer, (n, m) in ((1, (3, 4)), (2, (4, 2)))
        for i in range(n)
        for j in range(m)
    ]
    assert len(edges) == 3 * 4 + 4 * 2
    circles = {(0, i): x[i] for i in range(3)}
    bends = {1: np.tanh, 2: lambda z: 1 / (1 + np.exp(-z))}
    for layer, units in ((1, 4), (2, 2)):
        for j in range(units):
            incoming = sum(circles[a] * w for a, b, w in edges if b == (layer, j))
            circles[layer, j] = bends[layer](incoming + net.parameters[f"b{layer}"][j])
    matrices = x
    for layer in (1, 2):
        matrices = bends[layer](matrices @ net.parameters[f"W{layer}"] + net.parameters[f"b{layer}"])
    assert net.predict(x) == pytest.approx([circles[2, j] for j in range(2)], rel=1e-13)
    assert net.predict(x) == pytest.approx(matrices, rel=1e-13)


def test_row_2_11_hyperparameters_are_not_learned():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error", l2=0.1)
    before = net.hyperparameters
    net.fit(CORNERS, XOR, epochs=3)
    assert net.hyperparameters == before
    assert not set(net.hyperparameters) & set(net.parameters)
    step = net.step_graph(cp.SGD(0.1))
    assert "η'" not in step.outputs
    assert "η" in step.inputs


def test_row_2_12_theta_is_all_weights_and_biases():
    net = cp.Network(2, [cp.Dense(3), cp.Dense(4), cp.Dense(1)])
    assert list(net.parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert net.n_parameters == (2 * 3 + 3) + (3 * 4 + 4) + (4 * 1 + 1) == sum(v.size for v in net.parameters.values())


def test_row_2_13_training_is_forward_gradient_update():
    """Each parameter moves by −η times its traced gradient, and the loss falls."""
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
    t = net.trace(CORNERS, XOR)
    before = {k: np.array(v) for k, v in net.parameters.items()}
    net.fit(CORNERS, XOR, optimizer=cp.GradientDescent(0.3), epochs=1, batch_size=4)
    for name, value in before.items():
        assert (net.parameters[name] != value).any()
        np.testing.assert_allclose(net.parameters[name], value - 0.3 * t[f"d{name}"], rtol=1e-11, atol=1e-14)
    assert net.trace(CORNERS, XOR).loss < t.loss


@pytest.mark.parametrize("hidden", [[], [4], [4] * 8])
def test_row_2_14_one_procedure_for_one_neuron_and_a_deep_network(hidden):
    X = rng.normal(size=(40, 2))
    y = X @ [1.0, -1.0]
    net = cp.Network(2, [*(cp.Dense(n, "tanh") for n in hidden), cp.Dense(1)], "mean_squared_error")
    history = net.fit(X, y, optimizer=cp.Adam(0.02), epochs=60, batch_size=10)
    assert history.loss[-1] < 0.2 * history.loss[0]


def test_row_2_15_fully_connected():
    """Each output answers each input: no entry of the Jacobian is 0."""
    net = cp.Network(4, [cp.Dense(6, "tanh"), cp.Dense(3)], dtype="float64")
    x = rng.normal(size=4)
    jacobian = np.array([(net.predict(x + 1e-6 * e) - net.predict(x - 1e-6 * e)) / 2e-6 for e in np.eye(4)])
    assert (np.abs(jacobian) > 1e-6).all()


def test_row_2_16_more_layers_are_not_always_better():
    """Held-out loss on a noisy sine, mean of 5 seeds: 2 layers beat 1, and 12 sigmoid layers are worse than 2."""
    draw = np.random.default_rng(1)
    x, x_new = draw.uniform(-3, 3, (100, 1)), draw.uniform(-3, 3, (300, 1))
    y, y_new = np.sin(2 * x) + 0.1 * draw.normal(size=x.shape), np.sin(2 * x_new)

    def held_out(depth):
        losses = []
        for seed in range(5):
            hidden = [cp.Dense(10, "sigmoid")] * (depth - 1)
            net = cp.Network(1, [*hidden, cp.Dense(1)], "mean_squared_error", seed=seed)
            assert net.depth == depth
            net.fit(x, y, optimizer=cp.Adam(0.03), epochs=150, batch_size=25)
            losses.append(net.evaluate(x_new, y_new)["loss"])
        return np.mean(losses)

    by_depth = {depth: held_out(depth) for depth in (1, 2, 12)}
    assert by_depth[2] < 0.5 * by_depth[1]
    assert by_depth[2] < 0.5 * by_depth[12]


def test_row_2_17_linear_has_pytorchs_signature():
    parameters = inspect.signature(cp.Linear).parameters
    assert list(parameters)[:3] == ["in_features", "out_features", "bias"]
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[3:])  # what PyTorch has not
    assert parameters["bias"].default is True
    net = cp.Network(3, [cp.Linear(3, 2), cp.Linear(2, 1, bias=False)], dtype="float64")
    assert list(net.parameters) == ["W1", "b1", "W2"]
    weight, bias = rng.normal(size=(2, 3)), rng.normal(size=2)  # PyTorch's layout: weight is (out, in)
    net.parameters["W1"], net.parameters["b1"] = weight.T, bias
    x = rng.normal(size=3)
    expected = (weight @ x + bias) @ net.parameters["W2"]
    assert net.predict(x) == pytest.approx(expected, rel=1e-13)


def test_row_2_18_underfitting_and_overfitting():
    frame = load_demo("moons")
    X, y = frame.select("x1", "x2").to_numpy(), (frame["target"] == "class 1").to_numpy().astype(int)
    held_out = slice(250, None)
    # Underfitting: one neuron draws a line, which is poor on the training rows themselves.
    line = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    line.fit(X[:250], y[:250], optimizer=cp.Adam(0.05), epochs=100)
    under = line.evaluate(X[:250], y[:250])["accuracy"], line.evaluate(X[held_out], y[held_out])["accuracy"]
    assert under[0] < 0.92
    assert abs(under[0] - under[1]) < 0.06
    # Overfitting: labels that are noise, learned by heart from 40 rows.
    noise = np.random.default_rng(0).integers(0, 2, 500)
    large = cp.Network(
        2, [cp.Dense(200, "relu"), cp.Dense(200, "relu"), cp.Dense(1, "sigmoid")], "binary_cross_entropy"
    )
    large.fit(X[:40], noise[:40], optimizer=cp.Adam(0.01), epochs=400)
    over = large.evaluate(X[:40], noise[:40])["accuracy"], large.evaluate(X[held_out], noise[held_out])["accuracy"]
    assert over[0] >= 0.95
    assert over[1] < 0.6


def test_names_travel_to_the_gradient():
    """Beside the row: da1 stands between dz2 and dz1 in the step graph."""
    step = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error").step_graph()
    assert isinstance(step, Graph)
    assert step["da1"].inputs[0] is step["dz2"]
