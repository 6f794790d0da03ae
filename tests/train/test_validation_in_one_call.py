"""Many epochs with validation in one call of the executor come to the bits of one call per epoch."""

from __future__ import annotations

import os
import signal
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DivergenceError
from clearprop.execute import Batches, HeldOut, Native, Reference, Validation, instruction_sets
from clearprop.graph import Graph, N, variable
from clearprop.graph import mean as mean_of
from clearprop.graph import sum as sum_of
from clearprop.train import loop

EXECUTORS = [Reference(), *([Native(1), Native(2)] if instruction_sets() else [])]
each_executor = pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: f"{e.name}{getattr(e, 'threads', '')}")
rng = np.random.default_rng(0)
X = rng.normal(size=(90, 5)).astype(np.float32)
labels = rng.integers(0, 3, 90)
y = (X @ np.arange(5) + np.sin(4 * X[:, 0]) + rng.normal(size=90)).astype(np.float32)
weights = rng.uniform(0.1, 3, 90)


def classifier(**options):
    layers = [cp.Dense(24, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(3, "softmax")]
    return cp.Network(5, layers, "cross_entropy", seed=1, **options)


def regressor(**options):
    return cp.Network(5, [cp.Dense(40, "tanh"), cp.Dense(1)], "mean_squared_error", seed=1, **options)


def called(monkeypatch):
    """The numbers of epochs of the executor's calls from now on."""
    epochs, batches = [], loop.Loop._batches
    monkeypatch.setattr(loop.Loop, "_batches", lambda self: epochs.append(batches(self)) or epochs[-1])
    return epochs


def outcome(net, X, y, **arguments):
    """All that a fit comes to, but its seconds; or what it raises."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            history = net.fit(X, y, metrics=[], **arguments)
    except DivergenceError as error:
        return str(error), net._run.epoch, parameters(net)
    columns = {name: [float(v).hex() for v in values] for name, values in history.columns.items() if name != "seconds"}
    ends = (
        history.best_epoch,
        history.stopped_by,
        history.step_loss,
        len(history.columns.get("seconds", [])),
        net._run.epoch,
    )
    return columns, ends, parameters(net), [str(w.message) for w in said]


def parameters(net):
    return {name: a.tobytes() for name, a in net.arrays().items()}


def same_in_one_call_as_epoch_by_epoch(make, X, y, **arguments):
    together, apart = make(), make()
    for _ in range(2):  # the second goes on from the first
        expected = outcome(apart, X, y, callbacks=[lambda event: None], **arguments)
        assert outcome(together, X, y, **arguments) == expected
    return expected


@each_executor
@pytest.mark.parametrize("rule", [None, cp.EarlyStopping(patience=3), cp.EarlyStopping(patience=2, min_delta=0.05)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_history_and_weights_are_those_of_one_call_per_epoch(executor, rule, dtype, monkeypatch):
    calls = called(monkeypatch)
    fit = {"executor": executor, "early_stopping": rule, "epochs": 30, "batch_size": 16, "optimizer": cp.Adam(0.03)}
    held_out = (X[60:], labels[60:], weights[60:])
    columns, ends, _, _ = same_in_one_call_as_epoch_by_epoch(
        lambda: classifier(dtype=dtype), X[:60], labels[:60], validation=held_out, sample_weight=weights[:60], **fit
    )
    assert [b.epochs for b in calls].count(30) == 2  # one call each
    assert len(columns["validation_loss"]) == ends[3]
    assert rule is None or ends[1] == "early stopping"
    same_in_one_call_as_epoch_by_epoch(lambda: regressor(dtype=dtype), X, y, validation=0.3, **fit)


@each_executor
@settings(max_examples=10)
@given(patience=st.integers(1, 5), epochs=st.integers(0, 12), rate=st.floats(0.001, 1), restore=st.booleans())
def test_any_rule_any_number_of_epochs(executor, patience, epochs, rate, restore):
    rule = cp.EarlyStopping(patience=patience, restore_best=restore)
    fit = {"executor": executor, "early_stopping": rule, "epochs": epochs, "optimizer": cp.SGD(rate / 20)}
    same_in_one_call_as_epoch_by_epoch(regressor, X[:40], y[:40], validation=(X[40:60], y[40:60]), **fit)


@each_executor
def test_rows_in_several_chunks_and_calls_of_few_epochs(executor, monkeypatch):
    monkeypatch.setattr(loop, "MOST_STEPS", 7 * 3)  # epochs of three steps, seven in a call
    calls = called(monkeypatch)
    many = rng.normal(size=(9001, 5)).astype(np.float32)
    fit = {"executor": executor, "epochs": 20, "early_stopping": 6, "optimizer": cp.Adam(0.05)}
    same_in_one_call_as_epoch_by_epoch(regressor, X, y, validation=(many, many[:, 0]), **fit)
    assert {b.epochs for b in calls} >= {7, 1}


@each_executor
@pytest.mark.parametrize("rate", [0.2, 0.6, 3.0, 1e30])
def test_divergence_leaves_the_same_weights_and_says_the_same(executor, rate):
    fit = {"executor": executor, "epochs": 60, "validation": (X[60:], y[60:]), "optimizer": cp.SGD(rate)}
    line = lambda: cp.Network(5, [cp.Dense(1)], "mean_squared_error", seed=1)  # noqa: E731
    said, *_ = same_in_one_call_as_epoch_by_epoch(line, X[:60] * 3, y[:60], batch_size=30, **fit)
    assert "training diverged" in said


@each_executor
def test_an_optimizer_that_overflows(executor):
    fit = {"executor": executor, "epochs": 5, "validation": (X[60:], y[60:]), "optimizer": cp.Adam(1e-3)}
    line = lambda: cp.Network(5, [cp.Dense(1)], "mean_absolute_error", seed=1)  # noqa: E731
    said, *_ = same_in_one_call_as_epoch_by_epoch(line, X[:60] * 1e22, y[:60] * 1e22, **fit)
    assert "overflowed by epoch 1" in said


@each_executor
def test_a_loss_that_is_nan_is_never_the_best(executor):
    huge = np.full((2, 5), 3e38, np.float32)
    fit = {"executor": executor, "epochs": 6, "early_stopping": 3}
    *_, said = same_in_one_call_as_epoch_by_epoch(classifier, X, labels, validation=(huge, labels[:2]), **fit)
    assert [s for s in said if "validation_loss is NaN in epoch 1" in s]


@each_executor
def test_ctrl_c_keeps_the_best(executor, monkeypatch):
    net, asked = regressor(), threading.Semaphore(0)
    answer = loop.Interrupt.__call__
    monkeypatch.setattr(loop.Interrupt, "__call__", lambda interrupt: asked.release() or answer(interrupt))

    def press():
        for _ in range(3):
            asked.acquire(timeout=20)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    rule = cp.EarlyStopping(patience=10**9)
    history = net.fit(
        X[:60],
        y[:60],
        epochs=10**6,
        validation=(X[60:], y[60:]),
        metrics=[],
        early_stopping=rule,
        executor=executor,
        optimizer=cp.Adam(0.1),
    )
    thread.join()
    assert history.stopped_by == "interrupt"
    assert history.epochs == len(history.validation_loss) > 0
    best = int(np.argmin(history.validation_loss))
    assert history.best_epoch == best + 1
    assert net.evaluate(X[60:], y[60:], [])["loss"] == pytest.approx(history.validation_loss[best], rel=1e-6)


# --- the contract of sessions


def line(executor):
    """Programs of one step of w ← w − η ∂L/∂w and of L = mean (x · w)², both of columns x."""
    x, w, eta = variable("x", (N, 1), "f64"), variable("w", (1, 1), "f64"), variable("η", (), "f64")
    squares = sum_of((x @ w) ** 2, axis=1)
    loss = mean_of(squares, axis=0)
    step = executor.load(Graph({"L": loss, "w'": w - eta * w}), {"w'": "w"})
    return step, executor.load(Graph({"loss": loss}))


@each_executor
def test_a_session_remembers_the_best_state_and_stops_when_patience_runs_out(executor):
    """w is 4 → 2 → 0 → −2 → −4 …, and the loss its square over the mean square of the rows: least at 0."""
    step, scorer = line(executor)
    state = {"w": np.full((1, 1), 4.0)}
    session = step.open(state, ["w"])
    assert session.validates(scorer)
    data, rates = {"x": np.arange(1.0, 5).reshape(4, 1)}, [0.5, 1.0, 0.0, 0.0, 0.0, 0.0]
    validation = Validation(HeldOut(scorer, data, np.array([3, 1])), patience=3)
    outcome = session.run(data, Batches(1, 1, 6), {"η": np.array(rates)}, ["L"], lambda: False, validation)
    assert validation.losses == [4 * 10.0, 0.0, 0.0, 0.0, 0.0]
    assert (validation.best, validation.waited, validation.best_epoch, validation.stopped) == (0.0, 3, 1, True)
    assert validation.best_state["w"].tolist() == [[0.0]]
    assert (len(outcome.reports), len(outcome.seconds), outcome.diverged) == (5, 5, False)


@each_executor
def test_steps_on_some_of_the_rows(executor):
    step, _ = line(executor)
    data = {"x": np.arange(10.0).reshape(10, 1)}
    among = np.array([7, 2, 5])

    def losses(data, among):
        session = step.open({"w": np.ones((1, 1))}, ["w"])
        batches = Batches(3, 2, 4, seed=3, among=among)
        return session.run(data, batches, {"η": np.zeros(4)}, ["L"], lambda: False).reports.tolist()

    assert losses(data, among) == losses({"x": data["x"][among]}, None)


@each_executor
@pytest.mark.parametrize("wrong", [[0, 10], [-1, 0]])
def test_row_numbers_out_of_range_are_refused(executor, wrong):
    step, scorer = line(executor)
    session = step.open({"w": np.ones((1, 1))}, ["w"])
    data, rates = {"x": np.ones((10, 1))}, {"η": np.zeros(1)}
    with pytest.raises(cp.InvalidValueError, match="row number"):
        session.run(data, Batches(2, 2, among=np.array(wrong)), rates, ["L"], lambda: False)
    validation = Validation(HeldOut(scorer, data, np.array(wrong)))
    with pytest.raises(cp.InvalidValueError, match="row number"):
        session.run(data, Batches(2, 2), rates, ["L"], lambda: False, validation)
