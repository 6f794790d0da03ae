"""Schedules of what is no learning rate: dropout, weight decay, penalties, against the same done by hand."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DivergenceError, InvalidValueError, ModelFileError
from clearprop.execute import default_executor, instruction_sets
from clearprop.interop import describe_architecture, revive_architecture
from clearprop.nn import Moment
from clearprop.train import scalar_table, step_graph

rng = np.random.default_rng(0)
X, y = rng.normal(size=(24, 3)), rng.normal(size=(24, 2))
EXECUTORS = [cp.Reference(), *([None] if instruction_sets() else [])]  # None: the native machine


def constant(number):
    """A schedule that gives one number in every step."""
    return cp.StepDecay(number, factor=1.0)


def net(rate=0.4, dtype="float64", **options):
    layers = [cp.Dense(8, "tanh"), cp.Dropout(rate), cp.Dense(4), cp.Dropout(rate), cp.Dense(2)]
    return cp.Network(3, layers, "squared_error", seed=1, dtype=dtype, **options)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [cp.SGD, cp.AdamW])
def test_a_schedule_that_stands_still_gives_the_bits_of_the_number(make, dtype, executor):
    plain = net(0.3, dtype, l1=0.01, l2=0.02)
    scheduled = net(constant(0.3), dtype, l1=constant(0.01), l2=constant(0.02))
    losses = [
        each.fit(X, y, optimizer=make(0.01, weight_decay=decay), epochs=3, batch_size=8, executor=executor).step_loss
        for each, decay in ((plain, 0.1), (scheduled, constant(0.1)))
    ]
    assert losses[0] == losses[1]
    assert all(np.array_equal(plain.parameters[name], value) for name, value in scheduled.parameters.items())


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_scheduled_scalars_run_on_the_native_machine():
    network = net(cp.Cosine(0.5), "float32", l1=cp.Cosine(0.1), l2=cp.Cosine(0.1))
    step = step_graph(network.architecture, cp.AdamW(1e-3, weight_decay=cp.Cosine(0.1)))
    assert {"p1", "p2", "λ", "λ₁", "λ₂"} <= set(step.graph.inputs)
    program = default_executor().load(step.graph, step.stored)
    assert program.why == ""
    assert step.scalars[0] == "η"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_decay_that_changes_by_hand(executor):
    """Gradient descent on a frozen gradient of 0: W is multiplied by 1 − η(t) λ(t), step after step."""
    W = np.array([[1.0, -2.0]])
    network = cp.Network(1, [cp.Dense(2, W=W, bias=False)], lambda a, y: cp.sum(a * 0.0, 1), dtype="float64")
    rate, decay = cp.Cosine(0.5), cp.StepDecay(0.4, factor=0.5, every=1)
    optimizer = cp.AdamW(rate, weight_decay=decay)
    network.fit(np.ones((6, 1)), np.zeros((6, 2)), optimizer=optimizer, epochs=3, batch_size=2, executor=executor)
    for step in range(9):
        W = W * (1 - 0.5 * 0.5 * (1 + np.cos(np.pi * step / 9)) * 0.4 * 0.5 ** (step // 3))
    np.testing.assert_allclose(network.parameters["W1"], W, rtol=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_penalty_that_changes_by_hand(executor):
    """The data say nothing: W ← W − η l2(t) W − η l1(t) sign W."""
    W = np.array([[1.0, -2.0]])
    l1, l2 = cp.StepDecay(0.1, factor=0.5, every=1), cp.WarmUp(cp.Cosine(0.3), steps=4)
    network = cp.Network(
        1, [cp.Dense(2, W=W, bias=False)], lambda a, y: cp.sum(a * 0.0, 1), dtype="float64", l1=l1, l2=l2
    )
    network.fit(
        *(np.ones((6, 1)), np.zeros((6, 2))),
        optimizer=cp.GradientDescent(0.5),
        epochs=3,
        batch_size=3,
        executor=executor,
    )
    for step in range(6):
        now = Moment(step, 6, 2)
        W = W - 0.5 * (l2.rate(now) * W + l1.rate(now) * np.sign(W))
    np.testing.assert_allclose(network.parameters["W1"], W, rtol=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_dropout_that_changes_drops_the_share_that_it_says(executor):
    """The loss is the mean of 1/(1 − p) over what is kept: by how much it swings about 1 tells p."""
    width = 40_000
    rate = cp.StepDecay(0.8, factor=0.25, every=1)
    network = cp.Network(
        1,
        [cp.Dense(width, W=1.0, trainable={"W": False}), cp.Dropout(rate)],
        lambda a, y: cp.mean(a**2, 1),
        dtype="float64",
    )
    told = network.fit(
        *(np.ones((1, 1)), np.zeros((1, width))), optimizer=cp.GradientDescent(1e-30), epochs=3, executor=executor
    )
    shares = [1 / (1 - p) for p in (0.8, 0.2, 0.05)]  # E[(kept/(1 − p))²] = 1/(1 − p)
    np.testing.assert_allclose(told.loss, shares, rtol=0.02)
    assert (network.predict([[1.0]]) == 1).all()


def test_the_rates_are_those_of_the_whole_fit_whatever_calls_it_is_run_in():
    """With a callback every epoch is a call of its own."""
    alone, watched = net(cp.Cosine(0.5)), net(cp.Cosine(0.5))
    alone.fit(X, y, epochs=4, batch_size=8)
    watched.fit(X, y, epochs=4, batch_size=8, callbacks=lambda event: None)
    assert all(np.array_equal(alone.parameters[name], value) for name, value in watched.parameters.items())
    other = net(cp.Cosine(0.5))
    other.fit(X, y, epochs=5, batch_size=8)
    table = scalar_table(other.architecture, cp.Adam(), np.arange(6), 12, 3, 0)
    np.testing.assert_allclose(table["p1"], 0.25 * (1 + np.cos(np.pi * np.arange(6) / 12)))
    assert next(iter(table)) == "η"


def test_traces_and_checks_show_the_first_step():
    network = net(cp.WarmUp(0.5, steps=10), l2=cp.Cosine(0.3))
    plain = net(0.05, l2=0.3)
    for mode in ("training", "inference"):
        assert network.trace(X, y, mode).loss == plain.trace(X, y, mode).loss
        assert cp.check_gradients(network, X, y, mode=mode).ok
    told = str(network.trace(X[:1], y[:1]).explain(optimizer=cp.AdamW(weight_decay=cp.Cosine(0.25))))
    assert "λ = 0.25" in told
    cp.diagnose(network, X, y)


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_a_profile_knows_what_is_scheduled():
    assert net(cp.Cosine(0.5)).profile(X, y, steps=2, batch_size=8, optimizer=cp.AdamW(weight_decay=cp.Cosine(0.1)))


# --- what is refused


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cp.Dropout(cp.Cosine(1.0)), r"dropout rate 1 by Cosine.*\[0, 1\)"),
        (lambda: cp.Dropout(cp.ReduceOnPlateau(0.5)), "dropout rate ReduceOnPlateau.*the learning rate"),
        (lambda: cp.AdamW(weight_decay=cp.ReduceOnPlateau(0.5)), "weight decay ReduceOnPlateau"),
        (lambda: net(l2=cp.ReduceOnPlateau(0.5)), "l2 ReduceOnPlateau"),
        (lambda: net(l2="much"), "l2 = 'much'; expected a finite number ≥ 0"),
        (lambda: cp.Adam(weight_decay=-1), "weight_decay = -1"),
    ],
)
def test_mistakes_are_named(make, words):
    with pytest.raises(InvalidValueError, match=words):
        make()


def test_a_schedule_that_leaves_its_range_ends_the_fit():
    network = net(cp.StepDecay(0.4, factor=2.0, every=1))
    before = network.arrays()
    with pytest.raises(InvalidValueError, match=r"dropout rate 1.6 by StepDecay.*\[0, 1\)"):
        network.fit(X, y, epochs=4)
    assert all(np.array_equal(before[name], value) for name, value in network.arrays().items())


class Odd(cp.Cosine):
    """A user's own schedule that gives no number at all."""

    def rate(self, now):
        return float("nan") if now.step else 0.1


def test_a_schedule_of_ones_own_that_is_no_number():
    with pytest.raises(InvalidValueError, match="weight decay nan by Odd"):
        net().fit(X, y, optimizer=cp.SGD(weight_decay=Odd(0.1)), epochs=1, batch_size=8)


def test_a_user_s_learning_rate_that_is_no_number_diverges_as_before():
    with pytest.raises(DivergenceError):
        net().fit(X, y, optimizer=cp.SGD(Odd(0.1)), epochs=1, batch_size=8)


# --- files


def test_schedules_come_back_from_a_file(tmp_path):
    network = net(cp.WarmUp(cp.Cosine(0.5, final=0.1), steps=3), l1=cp.StepDecay(0.1), l2=cp.Cosine(0.1))
    network.save(tmp_path / "m")
    loaded = cp.load(tmp_path / "m")
    assert loaded.architecture == network.architecture
    for each in (network, loaded):
        each.fit(X, y, epochs=2, batch_size=8)
    assert all(np.array_equal(network.parameters[name], value) for name, value in loaded.parameters.items())


@pytest.mark.parametrize(
    "l2",
    [
        {"class": "Dense", "units": 3},
        {"class": "Cosine", "learning_rate": -1},
        {"class": "Cosine", "learning_rate": "0.5"},
        {"class": "WarmUp", "learning_rate": {"class": "Zeros"}},
        {"class": "ReduceOnPlateau", "learning_rate": 0.5},
        {"class": "Schedule", "learning_rate": 0.5},
    ],
)
def test_schedules_of_strangers_are_checked(l2):
    described = json.loads(json.dumps(describe_architecture(net(l2=cp.Cosine(0.1)).architecture)))
    assert revive_architecture(described) == net(l2=cp.Cosine(0.1)).architecture
    with pytest.raises(ModelFileError):
        revive_architecture(described | {"l2": l2})


def test_a_checkpoint_knows_the_schedules(tmp_path):
    fit = {"checkpoint": tmp_path / "run", "batch_size": 8}
    whole = net(cp.Cosine(0.5))
    whole.fit(X, y, epochs=4, batch_size=8)

    def stop(event):
        return event.number == 2

    net(cp.Cosine(0.5)).fit(X, y, epochs=4, callbacks=stop, **fit)
    with pytest.raises(ModelFileError, match="another network"):
        net(cp.Cosine(0.4)).fit(X, y, epochs=4, resume=True, **fit)
    with pytest.raises(ModelFileError, match="update rules"):
        net(cp.Cosine(0.5)).fit(X, y, epochs=4, resume=True, optimizer=cp.Adam(weight_decay=cp.Cosine(0.1)), **fit)
    with pytest.warns(RuntimeWarning, match="the schedule of p1 of a fit of 4 epochs"):
        net(cp.Cosine(0.5)).fit(X, y, epochs=3, resume=True, **(fit | {"checkpoint": _copy(fit["checkpoint"])}))
    resumed = net(cp.Cosine(0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resumed.fit(X, y, epochs=4, resume=True, **fit)
    assert all(np.array_equal(whole.parameters[name], value) for name, value in resumed.parameters.items())


def _copy(path):
    other = path.with_name("copy")
    other.write_bytes(path.read_bytes())
    return other
