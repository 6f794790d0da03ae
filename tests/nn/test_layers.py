"""Layers in a network, against arithmetic written out here."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.execute import Reference
from clearprop.nn import ACTIVATIONS

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))


def f64(layers, loss=None, **options):
    return cp.Network(3, layers, loss, dtype="float64", **options)


def test_dense_is_xw_plus_b():
    net = f64([cp.Dense(4)])
    net.parameters["b1"] = [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_allclose(net.predict(X), X @ net.parameters["W1"] + [1, 2, 3, 4], rtol=1e-14)


def test_layers_of_one_sample_and_of_a_batch_agree():
    net = f64([cp.Dense(4, "tanh"), cp.Dense(2)])
    np.testing.assert_allclose(np.stack([net.predict(x) for x in X]), net.predict(X), rtol=1e-13)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_named_activation(name):
    z = X @ f64([cp.Dense(3, name)]).parameters["W1"]
    e = np.exp
    softplus = np.log(1 + e(z))
    erf = np.vectorize(__import__("math").erf)
    expected = {
        "sigmoid": 1 / (1 + e(-z)),
        "tanh": (e(z) - e(-z)) / (e(z) + e(-z)),
        "relu": z * (z > 0),
        "leaky_relu": np.where(z > 0, z, 0.01 * z),
        "elu": np.where(z > 0, z, e(z) - 1),
        "selu": 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (e(z) - 1)),
        "gelu": z * 0.5 * (1 + erf(z / np.sqrt(2))),
        "silu": z / (1 + e(-z)),
        "swish": z / (1 + e(-z)),
        "mish": z * np.tanh(softplus),
        "softplus": softplus,
        "softsign": z / (1 + np.abs(z)),
        "softmax": e(z) / e(z).sum(axis=1, keepdims=True),
        "exp": e(z),
    }.get(name, z)
    np.testing.assert_allclose(f64([cp.Dense(3, name)]).predict(X), expected, rtol=1e-12, atol=1e-15)


def test_a_users_activation_is_differentiated():
    def bent(z):
        return cp.where(z > 0, z, 0.3 * z) + cp.sin(z)

    net = f64([cp.Dense(4, bent), cp.Dense(1)], "squared_error")
    t = net.trace(X, X[:, 0])
    slope = np.where(t.z[1] > 0, 1.0, 0.3) + np.cos(t.z[1])
    np.testing.assert_allclose(t.delta[1], (t.delta[2] @ net.parameters["W2"].T) * slope, rtol=1e-13)


def test_a_users_loss_is_differentiated():
    net = f64([cp.Dense(1)], lambda a, y: cp.softplus(a - y) + cp.softplus(y - a))
    y = X[:, 1]
    t = net.trace(X, y)
    d = t.a[1][:, 0] - y
    assert t.loss == pytest.approx(np.mean(np.log1p(np.exp(d)) + np.log1p(np.exp(-d))), rel=1e-14)
    np.testing.assert_allclose(t.delta[1][:, 0], np.tanh(d / 2) / len(X), rtol=1e-12)


def test_dropout_only_in_training_and_keeps_the_mean():
    net = cp.Network(1, [cp.Dense(20000, init=1.0), cp.Dropout(0.3)], lambda a, y: cp.mean(a, 1), dtype="float64")
    assert (net.predict([[1.0]]) == 1).all()
    d = net.trace([[1.0]], np.zeros((1, 20000)), mode="training")["d1"]
    assert set(np.unique(d)) == {0.0, 1 / 0.7}
    assert (d == 0).mean() == pytest.approx(0.3, abs=0.01)


def test_dropout_differs_between_layers_steps_and_epochs():
    net = cp.Network(50, [cp.Dropout(0.5), cp.Dense(50), cp.Dropout(0.5)], lambda a, y: cp.mean(a, 1))
    t = net.trace(np.ones((4, 50)), np.zeros((4, 50)), mode="training")
    dropped_first, dropped_second = t["d0"] == 0, t["d1"] == 0
    assert (dropped_first != dropped_second).any()
    assert (dropped_first[0] != dropped_first[1]).any()


def test_batch_norm_training_and_running_statistics():
    net = f64([cp.Dense(2), cp.BatchNorm(momentum=0.25)], "squared_error")
    y = np.zeros((6, 2))
    z = X @ net.parameters["W1"]
    n1 = net.trace(X, y, mode="training")["n1"]
    np.testing.assert_allclose(n1, (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5), rtol=1e-12)
    net.fit(X, y, optimizer=cp.GradientDescent(1e-12), epochs=1, batch_size=6)
    np.testing.assert_allclose(net.running["running_mean1"], 0.25 * z.mean(0), rtol=1e-9)
    np.testing.assert_allclose(net.running["running_var1"], 0.75 + 0.25 * z.var(0, ddof=1), rtol=1e-9)
    inference = (z - net.running["running_mean1"]) / np.sqrt(net.running["running_var1"] + 1e-5)
    np.testing.assert_allclose(net.predict(X), inference, rtol=1e-9)


def test_batch_norm_needs_two_rows():
    net = f64([cp.Dense(2), cp.BatchNorm()], "squared_error")
    with pytest.raises(InvalidValueError, match="two rows"):
        net.fit(X[:1], np.zeros((1, 2)), epochs=1)


def test_layer_norm():
    net = f64([cp.Dense(4), cp.LayerNorm(), cp.Activation("relu")])
    net.parameters["gamma1"], net.parameters["beta1"] = [1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.3, 0.4]
    z = X @ net.parameters["W1"]
    n = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(net.predict(X), np.maximum(n * [1, 2, 3, 4] + [0.1, 0.2, 0.3, 0.4], 0), rtol=1e-12)


@pytest.mark.parametrize(
    "layers",
    [
        [cp.Dense(4, "tanh"), cp.BatchNorm(), cp.Dense(2)],
        [cp.Dense(4), cp.BatchNorm(), cp.Activation("sigmoid"), cp.Dense(2)],
        [cp.LayerNorm(), cp.Dense(4, "tanh", bias=False), cp.LayerNorm(), cp.Dense(2)],
        [cp.Dense(4, "softmax"), cp.Dense(2)],
    ],
    ids=["bn-after", "bn-before", "ln", "inner-softmax"],
)
@pytest.mark.parametrize("mode", ["training", "inference"])
def test_gradient_of_every_parameter_by_central_differences(layers, mode):
    net = f64(layers, "squared_error", l1=0.01, l2=0.1)
    y = rng.normal(size=(6, 2))
    t = net.trace(X, y, mode=mode)
    program = Reference().load(t.layer_graph)
    given = {name: t.inputs()[name] for name in t.layer_graph.inputs}

    def loss(**moved):
        return float(program.run({**given, **moved}, len(X))["L"])

    assert loss() == pytest.approx(t.loss, rel=1e-14)
    h = 1e-6
    for name in net.parameters:
        value = np.array(net.parameters[name])
        for index in np.ndindex(value.shape):
            losses = []
            for sign in (1, -1):
                moved = value.copy()
                moved[index] += sign * h
                losses.append(loss(**{name: moved}))
            assert t[f"d{name}"][index] == pytest.approx((losses[0] - losses[1]) / (2 * h), rel=1e-6, abs=1e-8)


def test_linear_checks_its_inputs():
    with pytest.raises(ShapeError, match="in_features=3"):
        f64([cp.Linear(4, 2)])


def test_names_of_layers_without_activation():
    net = f64([cp.Dense(4), cp.Dense(2)])
    t = net.trace(X)
    assert list(t.values) == ["a0", "z1", "a1", "z2", "a2"]
    assert (t.a[1] == t.z[1]).all()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: cp.Dense(0), InvalidValueError, "units 0; expected a positive integer"),
        (lambda: cp.Dense(2.5), InvalidValueError, "units 2.5"),
        (lambda: cp.Dense(2, "rleu"), UnknownNameError, "did you mean 'relu'"),
        (lambda: cp.Dense(2, "LeakyReLU"), UnknownNameError, "did you mean 'leaky_relu'"),
        (lambda: cp.Dense(2, 7), DTypeError, "activation 7"),
        (lambda: cp.Dense(2, init="hee"), UnknownNameError, "did you mean 'he'"),
        (lambda: cp.Dropout(1.0), InvalidValueError, r"\[0, 1\)"),
        (lambda: cp.BatchNorm(momentum=0), InvalidValueError, "momentum"),
        (lambda: cp.Activation(None), DTypeError, "activation"),
        (lambda: f64([7]), DTypeError, "layer 7"),
        (lambda: f64([cp.Dense]), DTypeError, "layer"),
        (lambda: f64([]), ShapeError, "without layers"),
        (lambda: f64([cp.Dense(2, lambda z: 3)]), DTypeError, "returned int"),
        (lambda: f64([cp.Dense(2, lambda z: cp.sum(z))]), ShapeError, "type unchanged"),
        (lambda: cp.Network(0, [cp.Dense(1)]), InvalidValueError, "n_inputs 0"),
        (lambda: cp.Network(2, [cp.Dense(1)], dtype="float16"), ClearpropError, "float16"),
        (lambda: cp.Network(2, [cp.Dense(1)], seed=-1), InvalidValueError, "seed -1"),
        (lambda: cp.Network(2, [cp.Dense(1)], l2=-1), InvalidValueError, "l2"),
    ],
)
def test_mistakes_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_numpy_integers_are_integers():
    net = cp.Network(np.int64(3), [cp.Dense(np.int32(4)), cp.Linear(np.int64(4), np.int16(2))], "squared_error")
    assert type(net.architecture.layers[0].units) is int
    net.fit(X, np.zeros((6, 2)), epochs=np.int64(1), batch_size=np.int64(3), seed=np.uint8(1))


def test_all_names_of_a_second_normalisation_have_one_suffix():
    net = f64([cp.Dense(3), cp.LayerNorm(), cp.Activation("tanh"), cp.BatchNorm(), cp.Dense(1)], "squared_error")
    assert [k for k in net.parameters if k.endswith("_2")] == ["gamma1_2", "beta1_2"]
    assert list(net.running) == ["running_mean1_2", "running_var1_2"]
    assert "n1_2" in net.trace(X).values


def test_a_layer_of_ones_own_with_parameters():
    class Scale:
        def build(self, x, scope):
            s = scope.parameter("s", (3,), cp.Constant(2.0))
            return x * cp.broadcast(s, x.shape, [1])

    net = f64([cp.Dense(3), Scale(), cp.Dense(1)], "squared_error")
    assert list(net.parameters) == ["W1", "b1", "s1", "W2", "b2"]
    a1 = X @ net.parameters["W1"] * 2
    np.testing.assert_allclose(net.predict(X), a1 @ net.parameters["W2"], rtol=1e-13)
    with pytest.raises(InvalidValueError, match="second parameter named 's1'"):
        f64([cp.Dense(3), Scale(), Scale()])


def test_a_layer_of_ones_own_whose_matrix_has_no_fans_given():
    class Mixed:
        def build(self, x, scope):
            x = scope.open_layer(x)
            return scope.named(x @ scope.parameter("U", (3, 500), cp.He()), "z")

    U = cp.Network(3, [Mixed()]).parameters["U1"]
    assert U.std() == pytest.approx((2 / 3) ** 0.5, rel=0.1)


def test_functions_of_ones_own_are_read_anew_in_every_fit():
    factor = 1.0

    def loss(a, y):
        return (a - y) ** 2 * factor

    def fit():
        net = cp.Network(3, [cp.Dense(1)], loss)
        return net.fit(X, np.ones(6), epochs=1, batch_size=6).loss[0]

    first = fit()
    factor = 100.0
    assert fit() == pytest.approx(100 * first)
