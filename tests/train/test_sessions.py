"""A network keeps its state where the executor trains it, from fit to fit; nobody who reads or writes it notices."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute import Batches, Native, Reference, executors, instruction_sets
from clearprop.graph import Graph, variable
from clearprop.train.interrupt import Interrupt

rng = np.random.default_rng(0)
X, y = rng.normal(size=(96, 7)).astype(np.float32), rng.integers(0, 3, 96)
needs_machine = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
each_executor = pytest.mark.parametrize("name", [name for name in ("native", "reference") if name in executors()])


def network(seed=0):
    layers = [cp.Dense(40, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(3, "softmax")]
    return cp.Network(7, layers, "cross_entropy", seed=seed)


def fit(net, name, **arguments):
    return net.fit(X, y, executor=executors()[name](1), **{"epochs": 2, "batch_size": 32} | arguments)


def weights(net):
    return {name: array.tobytes() for name, array in net.arrays().items()}


def moved(net):
    """The network as it would be without a session: its state in plain arrays."""
    return pickle.loads(pickle.dumps(net))


@each_executor
@pytest.mark.parametrize("optimizer", ["adam", "sgd", cp.SGD(0.1, momentum=0.9)], ids=str)
def test_fits_in_a_row_come_to_the_same_bits_as_with_all_state_moved_between_them(name, optimizer):
    stays, moves = network(), network()
    for step in range(4):
        for net in (stays, moves):
            fit(net, name, optimizer=optimizer, batch_size=(32, 17, 40, 32)[step])
        assert weights(stays) == weights(moves)
        moves = moved(moves)


@each_executor
def test_what_is_assigned_reaches_the_training(name):
    net = network()
    fit(net, name)
    other = moved(net)
    for each in (net, other):
        each.parameters["W2"] = np.arange(120).reshape(40, 3) / 100
        fit(each, name)
    assert weights(net) == weights(other)
    changed = []

    def halve(event):
        event.network.parameters["W1"] = event.network.parameters["W1"] / 2
        changed.append(event.network.parameters["W1"].copy())

    fit(net, name, callbacks=[halve], epochs=3)
    np.testing.assert_array_equal(net.parameters["W1"], changed[-1])
    assert not np.array_equal(changed[1] * 2, changed[0])


@each_executor
def test_the_best_weights_that_are_put_back_are_trained_on(name):
    net = network()
    fit(net, name, epochs=30, early_stopping=1, validation=0.3, optimizer=cp.Adam(0.3))
    other = moved(net)
    for each in (net, other):
        fit(each, name, optimizer=cp.Adam(0.01))
    assert weights(net) == weights(other)


@each_executor
def test_another_optimizer_and_another_executor_take_the_state_over(name):
    net, other = network(), network()
    for optimizer in ("adam", cp.SGD(momentum=0.9), "adam"):
        for each in (net, other):
            fit(each, name, optimizer=optimizer)
        other = moved(other)
    assert weights(net) == weights(other)
    fit(net, "reference")
    fit(other, "reference")
    fit(net, name)
    fit(moved(other), name)
    other = moved(other)
    fit(other, name)
    assert weights(net) == weights(other)


@needs_machine
def test_the_same_session_serves_every_fit_and_keeps_no_second_copy_of_the_optimizer():
    net = network()
    fit(net, "native")
    first = net._run.session
    fit(net, "native", batch_size=50)
    assert net._run.session is first
    assert net._run.slots == {}
    fit(net, "reference")
    assert net._run.session is not first


@needs_machine
def test_a_diverged_fit_leaves_no_session_and_finite_weights():
    net = network()
    fit(net, "native")
    with pytest.raises(cp.ClearpropError, match="diverged"):
        fit(net, "native", optimizer=cp.SGD(1e30), epochs=5)
    assert net._run.session is None
    assert all(np.isfinite(a).all() for a in net.arrays().values())
    fit(net, "native")


@each_executor
def test_a_session_put_back_goes_on_from_there(name):
    """w doubles until it is infinite; it is put back to the start of the last good epoch, and goes on from there."""
    w = variable("w", (3, 40))
    total = cp.sum(cp.sum(w, axis=1), axis=0)
    program = executors()[name](1).load(Graph({"w'": w * 1e100, "L": total}), {"w'": "w"})
    state = {"w": np.ones((3, 40))}
    session = program.open(state, ["w"])
    outcome = session.run({}, Batches(2, 1, 9, shuffle=False), {}, ["L"], lambda: False)
    assert outcome.diverged
    assert state["w"].tolist() == np.full((3, 40), 1e200).tolist()
    outcome = session.run({}, Batches(1, 1, shuffle=False), {}, ["L"], lambda: False)
    assert outcome.reports[0, 0] == pytest.approx(120 * 1e200)


# --- threads and forks


def while_training(net, act, name="native"):
    """Do something in this thread while another one is in the midst of the steps of a fit."""
    inside, over, parent = threading.Event(), threading.Event(), os.getpid()

    def stop(self):
        inside.set()
        if os.getpid() == parent:
            over.wait(20)
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Interrupt, "__call__", stop)
        thread = threading.Thread(target=lambda: fit(net, name, epochs=3))
        thread.start()
        assert inside.wait(20)
        try:
            return act()
        finally:
            over.set()
            thread.join()


@needs_machine
@pytest.mark.alone
def test_weights_are_read_and_copied_while_another_thread_trains():
    net = network()
    before = weights(net)
    copied = while_training(net, net.copy)  # nothing trained so far: nothing to lose, and no warning
    assert weights(copied) == before != weights(net)
    before = weights(net)
    with pytest.warns(RuntimeWarning, match="the optimizer starts anew"):
        copied = while_training(net, net.copy)
    assert weights(copied) == before != weights(net)
    fresh = network()
    for name, values in copied.arrays().items():
        fresh._run.assign(name, values)
    fresh._run.epoch = copied._run.epoch
    for each in (copied, fresh):
        fit(each, "native")
    assert weights(copied) == weights(fresh)


@needs_machine
@pytest.mark.alone
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_forked_while_another_thread_trains_has_the_weights_of_before_and_says_what_it_lacks():
    net = network()
    fit(net, "native")
    before = weights(net)

    def child():
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            pid = os.fork()
            if pid:
                return pid
            signal.alarm(20)
            right = weights(net) == before
            fit(net, "native")
            os._exit(0 if right and any("starts anew" in str(w.message) for w in said) else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(while_training(net, child), 0)[1]) == 0


@needs_machine
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_goes_on_from_the_whole_state_when_no_steps_run():
    net = network()
    fit(net, "native")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        fit(net, "native")
        os._exit(int(np.frombuffer(b"".join(weights(net).values()), np.uint8).sum()) % 251)
    fit(net, "native")
    expected = int(np.frombuffer(b"".join(weights(net).values()), np.uint8).sum()) % 251
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == expected


# --- executors by name


def test_executors_by_name():
    known = executors()
    assert {"reference"} <= set(known)
    assert known["reference"](None) == Reference()
    assert known["reference"](None).describe() == "reference (NumPy)"
    for isa in instruction_sets():
        assert known[isa](2) == Native(2, isa)
        assert known[isa](2).describe() == f"native ({isa}, up to 2 threads)"
