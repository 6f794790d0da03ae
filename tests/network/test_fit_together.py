"""Networks trained side by side come to the bits of each trained alone, whatever the others do."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import BusyError, DivergenceError, InvalidValueError, ShapeError
from clearprop.execute import Native, Reference, instruction_sets

EXECUTORS = [Reference(), *([Native(1)] if instruction_sets() else [])]
each_executor = pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: e.name)
needs_machine = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
rng = np.random.default_rng(0)
X = rng.normal(size=(120, 5)).astype(np.float32)
y = (X @ np.arange(5) + np.sin(4 * X[:, 0]) + rng.normal(size=120)).astype(np.float32)
labels = rng.integers(0, 3, 120)
weights = rng.uniform(0.1, 3, 120)
folds = np.arange(120) % 4
rows, held_out = [folds != k for k in range(4)], [np.flatnonzero(folds == k) for k in range(4)]


def regressor(k=0, **options):
    return cp.Network(5, [cp.Dense(8 + 5 * k, "tanh"), cp.Dense(1)], "mean_squared_error", seed=k, **options)


def classifier(k=0, **options):
    layers = [cp.Dense(20, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(3, "softmax")]
    return cp.Network(5, layers, "cross_entropy", seed=k, **options)


def numbers(net, history):
    columns = {name: values for name, values in history.columns.items() if name != "seconds"}
    arrays = {name: a.tobytes() for name, a in net.arrays().items()}
    return columns, history.step_loss, history.best_epoch, history.stopped_by, arrays


def alone(net, y, k, **arguments):
    w = arguments.pop("sample_weight", None)
    r, v = (np.arange(120)[part[k]] for part in (rows, held_out))
    validation = (X[v], y[v]) if w is None else (X[v], y[v], w[v])
    w = None if w is None else w[r]
    return net.fit(X[r], y[r], sample_weight=w, validation=validation, metrics=[], n_threads=1, **arguments)


def same_as_alone(make, y, executor, n_threads, fits=2, **arguments):
    together, apart = [make(k) for k in range(4)], [make(k) for k in range(4)]
    for _ in range(fits):  # the second goes on from the first
        given = {"rows": rows, "validation_rows": held_out, "executor": executor, **arguments}
        histories = cp.fit_together(together, X, y, n_threads=n_threads, **given)
        for k, (net, history) in enumerate(zip(together, histories, strict=True)):
            own = {name: a[k] if isinstance(a, list) else a for name, a in arguments.items()}
            expected = numbers(apart[k], alone(apart[k], y, k, executor=executor, **own))
            assert numbers(net, history) == expected
    return histories


@pytest.mark.parametrize(
    ("executor", "n_threads"),
    [
        (EXECUTORS[-1], 2),
        (EXECUTORS[0], 2),
        *(pytest.param(EXECUTORS[-1], n, marks=pytest.mark.long) for n in (1, 5)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_comes_to_the_bits_of_itself_alone(executor, n_threads, dtype):
    fit = {"epochs": 15 if executor.name == "native" else 3, "batch_size": 16, "early_stopping": 3}
    same_as_alone(lambda k: regressor(k, dtype=dtype), y, executor, n_threads, **fit)
    same_as_alone(lambda k: classifier(k, dtype=dtype), labels, executor, n_threads, sample_weight=weights, **fit)


@each_executor
def test_each_with_settings_of_its_own(executor):
    fit = {
        "optimizer": ["sgd", cp.Adam(0.03), cp.SGD(0.01, momentum=0.9), cp.Adam(cp.Cosine(0.05))],
        "epochs": [3, 12, 0, 4],
        "batch_size": [7, 32, 90, 11],
        "early_stopping": [None, 2, True, cp.EarlyStopping("loss", patience=4)],  # the last is asked in Python
        "sample_weight": [weights, weights**2, 1 / weights, weights],
    }
    histories = same_as_alone(regressor, y, executor, 2, **fit)
    assert [history.epochs for history in histories][::2] == [3, 0]


@needs_machine
@settings(max_examples=8)
@given(st.data())
def test_any_rows_any_threads(data):
    members = data.draw(st.integers(1, 6))
    some = st.lists(st.integers(0, 119), min_size=2, max_size=60)
    r, v = ([np.array(data.draw(some)) for _ in range(members)] for _ in range(2))
    nets = [classifier(k) for k in range(members)]
    epochs = data.draw(st.integers(1, 6))
    histories = cp.fit_together(
        nets, X, labels, rows=r, validation_rows=v, epochs=epochs, n_threads=data.draw(st.integers(1, 4))
    )
    for k, (net, history) in enumerate(zip(nets, histories, strict=True)):
        other = classifier(k)
        validation = X[v[k]], labels[v[k]]
        expected = other.fit(X[r[k]], labels[r[k]], epochs=epochs, validation=validation, metrics=[], n_threads=1)
        assert numbers(net, history) == numbers(other, expected)


@each_executor
def test_one_that_diverges_ends_alone(executor):
    nets = [regressor(k) for k in range(4)]
    update = [cp.Adam(0.01), cp.SGD(1e30), cp.Adam(0.01), cp.SGD(3e30)]
    with pytest.raises(DivergenceError, match=r"2 of 4 trainings diverged, the first of them number 1.*weights") as e:
        cp.fit_together(nets, X, y, optimizer=update, epochs=8, executor=executor)
    assert [isinstance(r, DivergenceError) for r in e.value.results] == [False, True, False, True]
    for k in (0, 2):
        other = regressor(k)
        history = other.fit(X, y, optimizer=update[k], epochs=8, executor=executor)
        assert numbers(nets[k], e.value.results[k]) == numbers(other, history)
    assert all(np.isfinite(a).all() for net in nets for a in net.arrays().values())


@each_executor
def test_progress_is_told_and_stops_all(executor):
    told = []

    def progress(done):
        told.append(done)
        return max(done) >= 3

    nets = [regressor(k) for k in range(4)]
    epochs = 10**5 if executor.name == "native" else 4  # the reference tells of a training when it has ended
    histories = cp.fit_together(nets, X, y, epochs=epochs, executor=executor, progress=progress)
    assert "callback" in {history.stopped_by for history in histories}
    assert told[-1] == tuple(history.epochs for history in histories)
    assert all(a <= b for before, after in pairwise(told) for a, b in zip(before, after, strict=True))


@needs_machine
def test_what_progress_raises_reaches_the_caller_and_the_networks_train_on():
    nets = [regressor(k) for k in range(3)]

    def fails(done):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cp.fit_together(nets, X, y, epochs=10**5, n_threads=2, progress=fails)
    assert all(h.epochs == 2 for h in cp.fit_together(nets, X, y, epochs=2))


@each_executor
def test_ctrl_c_stops_all_and_each_keeps_its_best(executor):
    nets, begun = [regressor(k) for k in range(4)], threading.Event()

    def press():
        begun.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()

    def progress(done):
        if min(done[:2]) > 0 or executor.name == "reference":
            begun.set()

    histories = cp.fit_together(
        nets,
        X,
        y,
        rows=rows,
        validation_rows=held_out,
        epochs=10**5,
        early_stopping=10**7,
        n_threads=2,
        executor=executor,
        progress=progress,
        optimizer=cp.Adam(0.05),
    )
    thread.join()
    assert any(history.stopped_by == "interrupt" for history in histories)
    for k, history in enumerate(histories):
        if history.epochs:
            best = int(np.argmin(history.validation_loss))
            assert history.best_epoch == best + 1
            found = nets[k].evaluate(X[held_out[k]], y[held_out[k]], [])["loss"]
            assert found == pytest.approx(history.validation_loss[best], rel=1e-5)


@needs_machine
@pytest.mark.alone
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_handler_that_forks_under_trainings(n_threads):
    """The child is told, where threads were lost with the fork; with one thread it goes on as the parent does."""
    nets, parent = [regressor(k) for k in range(4)], os.getpid()
    before, children = [net.arrays() for net in nets], []

    def progress(done):
        if not children and os.getpid() == parent:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                children.append(os.fork())
            if children[0] == 0:
                signal.alarm(20)
        return max(done) > 50

    code = 1
    try:
        histories = cp.fit_together(nets, X, y, epochs=10**6, n_threads=n_threads, progress=progress)
        assert n_threads == 1 or children[0]
        assert all(history.stopped_by == "callback" for history in histories)
        code = 0
    except cp.ForkedError:
        same = [
            np.array_equal(a, net.arrays()[name])
            for net, old in zip(nets, before, strict=True)
            for name, a in old.items()
        ]
        cp.fit_together(nets, X, y, epochs=2, n_threads=n_threads)
        code = 0 if all(same) and n_threads == 2 else 2
    finally:
        if children[0] == 0:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0


def test_wrong_arguments_are_refused_before_anything_begins():
    nets = [regressor(0), regressor(1)]
    before = nets[0].arrays()
    for arguments, error, words in [
        ({"rows": [[0, 1]]}, ShapeError, "1 of rows; expected 2"),
        ({"rows": [[0, 1], [0, 120]]}, InvalidValueError, r"rows\[1\] from 0 to 120"),
        ({"rows": [[0, 1], []]}, InvalidValueError, r"rows\[1\]"),
        ({"validation_rows": [[0.5], [1]]}, InvalidValueError, r"validation_rows\[0\] of float64"),
        ({"epochs": [1, 2, 3]}, ShapeError, "3 of epochs"),
        ({"epochs": [1, -2]}, InvalidValueError, "epochs"),
        ({"sample_weight": [1.0, 2.0]}, ShapeError, "sample_weight"),
        ({"n_threads": 0}, InvalidValueError, "n_threads"),
    ]:
        with pytest.raises(error, match=words):
            cp.fit_together(nets, X, y, **arguments)
    with pytest.raises(InvalidValueError, match="the same network twice"):
        cp.fit_together([nets[0], nets[0]], X, y)
    with pytest.raises(InvalidValueError, match="no network"):
        cp.fit_together([], X, y)
    assert all(np.array_equal(a, nets[0].arrays()[name]) for name, a in before.items())


def test_a_network_under_training_is_busy():
    nets = [regressor(0), regressor(1)]

    def again(done):
        with pytest.raises(BusyError):
            nets[1].fit(X, y)
        with pytest.raises(BusyError):
            cp.fit_together([regressor(5), nets[0]], X, y)
        return True

    cp.fit_together(nets, X, y, epochs=10**5, progress=again)


@needs_machine
def test_data_is_not_copied_for_each(monkeypatch):
    """All read the same X and the same copy of the labels."""
    from clearprop.execute.native import NativeProgram

    seen, sources = [], NativeProgram.sources

    def noted(self, data):
        seen.append({name: a.ctypes.data for name, a in data.items()})
        return sources(self, data)

    monkeypatch.setattr(NativeProgram, "sources", noted)
    cp.fit_together([classifier(k) for k in range(4)], X, labels, rows=rows, validation_rows=held_out, epochs=1)
    assert len(seen) == 8
    assert len({tuple(sorted(places.items())) for places in seen}) == 1
    assert seen[0]["X"] == X.ctypes.data
