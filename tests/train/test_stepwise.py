"""Training step by step: the same numbers as a fit that runs through, and back to where it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
Y = (X[:, 0] * X[:, 1] > 0).astype(float)


def network(dtype="float64"):
    layers = [cp.Dense(5, "tanh"), cp.Dense(1, "sigmoid")]
    return cp.Network(3, layers, "binary_cross_entropy", seed=3, dtype=dtype)


@given(
    steps=st.lists(st.integers(1, 17), min_size=1, max_size=6),
    batch_size=st.integers(1, 25),
    optimizer=st.sampled_from(["sgd", "adam", "rmsprop", "adagrad"]),
    shuffle=st.booleans(),
)
def test_any_division_into_steps_has_the_bits_of_a_fit(steps, batch_size, optimizer, shuffle):
    net = network()
    training = net.stepwise(X, Y, optimizer=optimizer, batch_size=batch_size, shuffle=shuffle)
    whole = network()
    done = 0
    for some in steps:
        done += len(training.advance(some).reports)
    assert done == sum(steps)
    epochs = -(-done // training.per_epoch)
    if training.batch:
        training.advance(training.per_epoch - training.batch)
    whole.fit(X, Y, optimizer=optimizer, batch_size=batch_size, shuffle=shuffle, epochs=epochs)
    for name in net.parameters:
        assert np.array_equal(net.parameters[name], whole.parameters[name]), name


def test_the_rows_that_are_told_are_those_that_are_learned_from():
    net = network()
    training = net.stepwise(X, Y, optimizer=cp.GradientDescent(0.1), batch_size=4)
    for _ in range(12):
        rows = training.rows
        trace = net.trace(X[rows], Y[rows])
        expected = {name: net.parameters[name] - 0.1 * trace[f"d{name}"] for name in net.parameters}
        training.advance(1)
        for name, values in expected.items():
            np.testing.assert_allclose(net.parameters[name], values, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_going_back_and_on_again_gives_the_same_bits(optimizer):
    net = network()
    training = net.stepwise(X, Y, optimizer=optimizer, batch_size=4)
    training.advance(9)
    there = training.snapshot()
    training.advance(20)
    first = net.arrays()
    training.go_to(there)
    assert (training.run.step, training.run.epoch, training.batch) == (9, 1, 3)
    training.advance(20)
    for name, values in net.arrays().items():
        assert np.array_equal(values, first[name])


def test_predictions_follow_each_step():
    net = network()
    training = net.stepwise(X, Y, optimizer="adam")
    before = net.predict(X)
    start = training.snapshot()
    training.advance(3)
    assert not np.array_equal(net.predict(X), before)
    training.go_to(start)
    assert np.array_equal(net.predict(X), before)


def test_a_step_that_diverges_is_told_and_leaves_finite_parameters():
    net = cp.Network(3, [cp.Dense(1)], "squared_error", dtype="float64")
    outcome = net.stepwise(X, Y, optimizer="sgd", learning_rate=1e200).advance(10)
    assert outcome.diverged
    assert all(np.isfinite(a).all() for a in net.arrays().values())


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_trace_explains_the_step_that_comes_next_with_the_moments_of_before(steps):
    net = network()
    adam = cp.Adam(0.05)
    training = net.stepwise(X, Y, optimizer=adam, batch_size=23)
    training.advance(steps)
    rows = training.rows
    trace = net.trace(X[rows], Y[rows])
    trace.optimizer, trace.steps_before, trace.slots = adam, steps, training.snapshot().slots
    text = trace.explain(only="b2'", digits=12).to_text()
    assert f"step {steps + 1} of Adam" in trace.explain().to_text()
    training.advance(1)
    printed = text.strip().splitlines()[-1].split("=")[-1].strip().replace("−", "-")
    assert float(printed) == pytest.approx(float(net.parameters["b2"][0]), rel=1e-10)
