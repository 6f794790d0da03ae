"""Runs that go wrong in numbers: divergence, monitors that are NaN, weights and batch sizes of any size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DivergenceError, InvalidValueError
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.train import Data, Metric, split_data

EXECUTORS = [Reference(), *([Native(1), Native(3)] if instruction_sets() else [])]
each_executor = pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: f"{e.name}{getattr(e, 'threads', '')}")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(64, 3)), rng.integers(0, 2, 64)


def normalised():
    layers = [cp.Dense(4), cp.BatchNorm(), cp.Activation("relu"), cp.Dense(1, "sigmoid")]
    return cp.Network(3, layers, "binary_cross_entropy", seed=0)


def network(**options):
    return cp.Network(3, [cp.Dense(8, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=0, **options)


# --- divergence


@each_executor
@pytest.mark.parametrize("epochs", [1, 2, 5])
@pytest.mark.parametrize("watched", [False, True])
def test_what_is_kept_after_divergence_is_finite_in_every_number(executor, epochs, watched, tmp_path):
    """Squares of 1e20 overflow float32: the running variance is infinite while the loss is still finite."""
    wide = X * [1, 1, 1e20]
    net = normalised()
    callbacks = [lambda event: False] if watched else []
    with pytest.raises(DivergenceError, match=r"epoch 1, batch \d\); the weights from before epoch 1 are kept"):
        net.fit(wide, y, epochs=epochs, batch_size=32, executor=executor, callbacks=callbacks)
    assert all(np.isfinite(a).all() for a in net.arrays().values())
    net.save(tmp_path / "m")
    np.testing.assert_array_equal(cp.load(tmp_path / "m").predict(X), net.predict(X))


@each_executor
def test_divergence_in_a_later_epoch_keeps_a_start_that_was_finite(executor):
    """A parameter that overflows in epoch 3 while the loss does not see it: weights squared by their own update."""
    from clearprop import graph as g
    from clearprop.graph import Graph, N, variable

    x, s = variable("x", (N, 1)), variable("s", (3,))
    graph = Graph({"loss": g.sum(g.sum(x, 1), 0), "s'": s * s})
    program = executor.load(graph, {"s'": "s"})
    state = {"s": np.full(3, 1e30)}
    batches = Batches(2, 1, 9, shuffle=False)
    outcome = program.run_steps(state, {"x": np.ones((2, 1))}, batches, {}, ["loss"], lambda: False, ("s",))
    assert outcome.diverged
    assert np.isfinite(state["s"]).all()
    squared = list(itertools.accumulate(range(12), lambda v, _: v * v, initial=1e30))
    last = max(k for k, v in enumerate(squared) if np.isfinite(v) and k % 2 == 0)  # two steps an epoch
    assert state["s"].tolist() == [squared[last]] * 3
    assert outcome.good_epoch == last // 2


def test_a_start_that_is_not_finite_is_named():
    net = network()
    net._run.parameters["W1"][0, 0] = np.inf
    with pytest.raises(InvalidValueError, match="W1 holds numbers that are not finite"):
        net.fit(X, y, epochs=1)


# --- monitors


def undefined_at_first(times):
    calls = itertools.count()
    return Metric("share", lambda y, a: float("nan") if next(calls) < times else float((a > 0.5).mean()), True)


def test_nan_is_never_the_best_and_that_is_said():
    net = network()
    rule = cp.EarlyStopping("validation_share", patience=30)
    with pytest.warns(RuntimeWarning, match="validation_share is NaN in epoch 1: such an epoch counts as no improve"):
        history = net.fit(X, y, epochs=10, validation=0.3, metrics=[undefined_at_first(3)], early_stopping=rule)
    share = history["validation_share"]
    assert np.isnan(share[:3]).all()
    assert history.best_epoch == 1 + int(np.nanargmax(share))


def test_a_monitor_that_is_always_nan_has_no_best():
    net = network()
    rule = cp.EarlyStopping("validation_share", patience=4)
    with pytest.warns(RuntimeWarning, match="is NaN in epoch 1"):
        history = net.fit(X, y, epochs=50, validation=0.3, metrics=[undefined_at_first(10**9)], early_stopping=rule)
    assert (history.best_epoch, history.stopped_by, history.epochs) == (None, "early stopping", 4)


def test_the_rate_falls_on_a_plateau_of_numbers_only_from_a_number_on():
    net = network()
    schedule = cp.ReduceOnPlateau(1e-2, patience=2, monitor="validation_share")
    rising = itertools.count()
    metric = Metric("share", lambda y, a: float("nan") if next(rising) == 0 else float(next(rising)), True)
    with pytest.warns(RuntimeWarning, match="validation_share is NaN"):
        history = net.fit(X, y, epochs=10, validation=0.3, metrics=[metric], optimizer=cp.Adam(schedule))
    assert history.learning_rate == [1e-2] * 10


def test_validation_rows_that_count_for_nothing_have_no_loss():
    weights = np.zeros(64)
    weights[:30] = 1
    net = network()
    held = (X[30:], y[30:])
    assert np.isfinite(net.fit(X, y, epochs=2, validation=held, sample_weight=weights).validation_loss).all()
    from clearprop.table.split import split_rows

    chosen = split_rows(64, seed=0, fractions=(0.2, 0.0), stratify=None).validation
    weights = np.ones(64)
    weights[chosen] = 0
    with pytest.warns(RuntimeWarning, match="validation_loss is NaN"):
        history = network().fit(X, y, epochs=20, validation=0.2, sample_weight=weights, early_stopping=5)
    assert np.isnan(history.validation_loss).all()
    assert history.best_epoch is None
    with pytest.raises(InvalidValueError, match="training rows that all have weight 0"):
        network().fit(X, y, epochs=2, validation=0.2, sample_weight=1 - weights)


# --- weights


@pytest.mark.parametrize("size", [1e308, 1e-308, 1e-300, 1.0])
def test_weights_of_any_size_are_ratios(size):
    ratios = rng.integers(0, 5, 64) / 4
    losses = [network().fit(X, y, epochs=3, sample_weight=ratios * s).loss for s in (1.0, size)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)
    assert losses[0][0] > 0.1


@pytest.mark.parametrize("small", [1e-30, 1e-44, 1e-300, 5e-324])
@pytest.mark.parametrize("large", [1.0, 1e300])
def test_one_large_weight_does_not_make_the_others_nothing(small, large):
    """Wherever it falls, the other part is weighted as if it were not there."""
    for row in range(0, 64, 9):
        weights = np.full(64, small)
        weights[row] = large
        history = network().fit(X, y, epochs=1, sample_weight=weights, validation=0.3)
        assert history.loss[0] > 0
        assert history.validation_loss[0] > 0


def test_held_out_rows_are_weighted_among_themselves():
    weights = np.geomspace(1, 4, 64)
    data = Data(X, y, "labels", weights)
    for part in split_data(data, 0.3, seed=0):
        assert part.w.mean() == pytest.approx(1)
        np.testing.assert_allclose(part.w / part.w.max(), part.weights / part.weights.max())
    np.testing.assert_array_equal(data.w, weights / weights.max() / (weights / weights.max()).mean())


def test_classes_without_a_row_may_have_a_weight():
    net = cp.Network(3, [cp.Dense(3, "softmax")], "cross_entropy", seed=0)
    expected = net.copy().fit(X, y, epochs=1, class_weight={0: 1.0, 1: 2.0}).loss
    assert net.fit(X, y, epochs=1, class_weight={0: 1.0, 1: 2.0, 2: 9.0}).loss == expected


def test_class_weights_of_any_size():
    losses = [
        network().fit(X, y, epochs=2, class_weight={0: s, 1: 3 * s}, sample_weight=np.full(64, w)).loss
        for s, w in ((1.0, 1.0), (5e307, 1e308), (1e-307, 1e-300))
    ]
    np.testing.assert_allclose(losses, [losses[0]] * 3, rtol=1e-6)


def test_weights_that_are_none_name_their_row():
    for weights, said in (
        (np.r_[np.ones(63), -1], "sample_weight is -1 in row 63"),
        (np.zeros(64), "sample_weight is 0 in every row"),
        (np.r_[np.ones(63), np.nan], "sample_weight has nan at row 63"),
        (np.r_[np.ones(63), np.inf], "sample_weight has inf at row 63"),
    ):
        with pytest.raises(InvalidValueError, match=said):
            network().fit(X, y, epochs=1, sample_weight=weights)


# --- sizes


@each_executor
@pytest.mark.parametrize("size", [65, 2**31 - 1, 2**31, 2**62, 2**63 - 64, 2**63 - 1])
def test_a_batch_is_never_larger_than_the_rows(executor, size):
    net, other = network(), network()
    history = net.fit(X, y, epochs=2, batch_size=size, executor=executor)
    expected = other.fit(X, y, epochs=2, batch_size=64, executor=executor)
    assert history.loss == expected.loss


@pytest.mark.parametrize("name", ["batch_size", "epochs", "seed"])
@pytest.mark.parametrize("value", [2**63, 10**30, -(2**70)])
def test_integers_that_no_machine_holds_are_refused_by_name(name, value):
    wanted = " below 2⁶³" if value > 0 else "expected a"
    with pytest.raises(InvalidValueError, match=f"{name} {value}.*{wanted}"):
        network().fit(X, y, **{"epochs": 1, name: value})


def test_a_million_batches_cost_nothing_before_they_are_asked_for():
    batches = Batches(10**6, 1, shuffle=False)
    assert [next(batches.of(0)).tolist(), len(batches)] == [[0], 10**6]
    assert batches.shares.sum() == pytest.approx(1)
    together = np.concatenate(list(Batches(1003, 10, seed=3).of(2)))
    assert sorted(together.tolist()) == list(range(1003))


@pytest.mark.parametrize("executor", EXECUTORS[:2], ids=lambda e: e.name)
def test_epochs_of_any_size_end_when_a_callback_says_so(executor):
    history = network().fit(X, y, epochs=2**63 - 1, callbacks=[lambda event: event.number == 2], executor=executor)
    assert history.epochs == 2
