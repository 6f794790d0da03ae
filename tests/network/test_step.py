"""One plain step: θ ← θ − η ∂L/∂θ in place, and the trace of before it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import BusyError, DivergenceError, InvalidValueError, ShapeError
from clearprop.execute import instruction_sets

rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
labels = np.array([0, 1, 1, 0, 1, 0])

NETWORKS = {
    "plain": ([cp.Dense(4, "tanh"), cp.Dense(2)], "mse", y),
    "labels": ([cp.Dense(4, "relu"), cp.Dense(2, "softmax")], "cross_entropy", labels),
    "frozen": ([cp.Dense(4, "tanh", trainable={"b": False}), cp.Dense(2, trainable=False)], "squared_error", y),
    "factors": ([cp.Dense(4, "sigmoid", learning_rate_factor={"W": 0.5}), cp.Dense(2, bias=False)], "mse", y),
    "normalised": ([cp.Dense(4), cp.BatchNorm(), cp.Activation("tanh"), cp.Dense(2)], "mse", y),
    "own function": ([cp.Dense(4, lambda z: z * cp.sigmoid(z)), cp.Dense(2)], lambda a, t: cp.mean((a - t) ** 2, 1), y),
}


@pytest.fixture(params=["native", "reference"], autouse=True)
def executor(request, monkeypatch):
    if request.param == "native" and not instruction_sets():
        pytest.skip("the native machine was not built")
    monkeypatch.setenv("CLEARPROP_EXECUTOR", request.param)


def network(name, dtype="float64", **options):
    layers, loss, target = NETWORKS[name]
    return cp.Network(3, layers, loss, seed=1, dtype=dtype, **options), target


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_one_step_of_fit_by_gradient_descent(name, dtype):
    stepped, target = network(name, dtype, l1=0.01, l2=0.1)
    fitted = stepped.copy()
    for _ in range(3):
        stepped.step(X, target, 0.3)
        fitted.fit(X, target, optimizer="gradient_descent", learning_rate=0.3, epochs=1, batch_size=6, shuffle=False)
    for found, wanted in ((stepped.parameters, fitted.parameters), (stepped.running, fitted.running)):
        for parameter in wanted:
            np.testing.assert_array_equal(found[parameter], wanted[parameter], parameter)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_trace_holds_the_gradients_that_were_followed(name):
    net, target = network(name)
    before, loss = net.arrays(), net.trace(X, target, "training").loss
    trace = net.step(X, target, 0.3)
    assert (trace.mode, trace.loss) == ("training", loss)
    for parameter in net.parameters:
        np.testing.assert_array_equal(trace.parameters[parameter], before[parameter])
    for declared in net.architecture.parameters.values():
        if declared.is_state:
            continue
        change = 0.3 * declared.learning_rate_factor * trace[declared.name.gradient] if declared.trainable else 0
        np.testing.assert_allclose(net.parameters[declared.name], before[declared.name] - change, atol=1e-14)


def test_dropout_drops_others_each_time_and_the_trace_shows_which():
    net = cp.Network(3, [cp.Dense(30, "tanh"), cp.Dropout(0.5), cp.Dense(2)], "mse", dtype="float64")
    dropped = []
    for _ in range(3):
        before = net.arrays()
        trace = net.step(X, y, 0.1)
        dropped.append(trace["d1"] == 0)
        for parameter in net.parameters:
            np.testing.assert_allclose(net.parameters[parameter], before[parameter] - 0.1 * trace["d" + parameter])
    assert not np.array_equal(dropped[0], dropped[1])
    assert 0.3 < np.mean(dropped) < 0.7


def test_what_an_optimizer_keeps_stays_and_fit_goes_on_from_the_step():
    net, target = network("plain", "float32")
    net.fit(X, target, epochs=3)
    slots = {name: a.copy() for name, a in net._run.optimizer_arrays().items()}
    net.step(X, target, 0.5)
    for name, a in net._run.optimizer_arrays().items():
        np.testing.assert_array_equal(a, slots[name])
    other = net.copy()
    other.parameters = net.parameters
    net.fit(X, target, epochs=2)
    other.fit(X, target, epochs=2)
    net.step(X, target, 0.5)
    other.step(X, target, 0.5)
    np.testing.assert_array_equal(net.parameters["W1"], other.parameters["W1"])
    np.testing.assert_allclose(net.predict(X), net.trace(X).a[2], rtol=1e-4, atol=1e-5)


def test_a_function_that_reads_another_number_now_is_planned_anew():
    slope = [1.0]

    def activation(z):
        return slope[0] * cp.tanh(z)

    net = cp.Network(3, [cp.Dense(4, activation), cp.Dense(2)], "mse", dtype="float64")
    for slope[0] in (1.0, 5.0, 1.0):
        before = net.parameters["W1"]
        trace = net.step(X, y, 0.1)
        np.testing.assert_allclose(net.parameters["W1"], before - 0.1 * trace.dW[1], atol=1e-14)


def test_any_batch_size_one_sample_and_a_pickled_network():
    net, target = network("labels")
    for rows in (slice(0, 2), slice(0, 6), slice(0, 2)):
        again = net.copy()
        net.step(X[rows], target[rows], 0.1)
        pickle.loads(pickle.dumps(again)).step(X[rows], target[rows], 0.1)
        again.step(X[rows].tolist(), target[rows].tolist(), 0.1)
        np.testing.assert_array_equal(net.parameters["W1"], again.parameters["W1"])
    assert net.step(X[0], 1, np.float32(0.1)).samples == 1


def test_a_step_too_far_leaves_everything_as_it_was():
    net = cp.Network(3, [cp.Dense(2)], "mse")
    before = net.arrays()
    with pytest.raises(DivergenceError, match="not finite after a step with learning rate 3e\\+38; .*smaller"):
        net.step(1e3 * X, y, 3e38)
    assert all(np.array_equal(a, before[name]) for name, a in net.arrays().items())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda net: net.step(X, y, 0.0), InvalidValueError, "learning_rate = 0.0; expected a number > 0"),
        (lambda net: net.step(X, y, True), InvalidValueError, "learning_rate = True"),
        (lambda net: net.step(X, y, "fast"), InvalidValueError, "learning_rate = 'fast'"),
        (lambda net: net.step(X[:, :2], y, 0.1), ShapeError, r"\(N, 3\)"),
        (lambda net: net.step(X, y[:4], 0.1), ShapeError, "y has 4 rows"),
        (lambda net: network("labels")[0].step(X, labels + 1, 0.1), InvalidValueError, "label 2"),
        (lambda net: network("normalised")[0].step(X[0], y[0], 0.1), InvalidValueError, "one row per batch"),
        (lambda net: cp.Network(3, [cp.Dense(1)]).step(X, y[:, 0], 0.1), InvalidValueError, "no loss"),
        (lambda net: cp.Network(3, [cp.Dense(2, trainable=False)], "mse").step(X, y, 0.1), InvalidValueError, "frozen"),
        (lambda net: net.fit(X, y, epochs=1, callbacks=lambda e: net.step(X, y, 0.1) and None), BusyError, "one fit"),
    ],
)
def test_mistakes_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call(network("plain")[0])


def test_a_rate_beyond_all_floats_is_refused():
    net, target = network("plain")
    with pytest.raises(InvalidValueError, match="a number > 0"):
        net.step(X, target, 10**400)


def test_predictions_are_of_now_where_a_step_breaks_off(monkeypatch):
    net, target = network("plain")
    net.predict(X)
    assign = net._run.assign

    def assign_two(name, values):
        if name == "W2":
            raise KeyboardInterrupt
        assign(name, values)

    monkeypatch.setattr(net._run, "assign", assign_two)
    with pytest.raises(KeyboardInterrupt):
        net.step(X, target, 0.5)
    again = network("plain")[0]
    again.parameters = net.parameters
    np.testing.assert_array_equal(net.predict(X), again.predict(X))
