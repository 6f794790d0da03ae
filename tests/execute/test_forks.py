"""A process forks while its other threads run, make and load networks: the child runs them too, and never hangs.

Each case brings a thread to a point inside, forks there, and gives the child some seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

import clearprop as cp
from clearprop import graph as g
from clearprop.cached import cached_property
from clearprop.errors import ForkedError
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.execute import blas as blas_module
from clearprop.execute.exclusive import Exclusive
from clearprop.forks import undivided
from clearprop.graph import Graph, N, variable

pytestmark = [pytest.mark.alone, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")]
needs_machine = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
SECONDS = 20  # that a child may take: a thousand times what it needs

rng = np.random.default_rng(0)
X, y = rng.normal(size=(64, 12)).astype(np.float32), rng.integers(0, 3, 64)


def child(body):
    """The exit code of a forked child that runs the body: 0, 1 after an exception, −14 if it hung."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forks among threads
        pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        try:
            body()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Busy:
    """Threads that repeat something until the block is left."""

    def __init__(self, body, count=1):
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.repeat, args=(body,)) for _ in range(count)]

    def repeat(self, body):
        while not self.over.is_set():
            body()

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def classifier(seed=0):
    layers = [cp.Dense(40, "relu"), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(3, "softmax")]
    return cp.Network(12, layers, "cross_entropy", seed=seed)


@pytest.mark.parametrize("forks", [25, pytest.param(3000, marks=pytest.mark.long)])
def test_while_threads_predict(forks):
    net = classifier()
    expected = net.predict(X)

    def predicts():
        np.testing.assert_array_equal(net.predict(X), expected)

    with Busy(lambda: net.predict(X), 2):
        assert [child(predicts) for _ in range(forks)] == [0] * forks


@pytest.mark.parametrize("executor", [Native(2), Reference()], ids=["native", "reference"])
@pytest.mark.parametrize("forks", [5, pytest.param(300, marks=pytest.mark.long)])
def test_while_threads_make_fit_save_and_load_networks(executor, forks, tmp_path):
    if executor.name == "native" and not instruction_sets():
        pytest.skip("the native machine was not built")

    def whole_life():
        net = classifier()
        net.fit(X, y, epochs=2, batch_size=16, executor=executor)
        path = tmp_path / f"{os.getpid()}-{threading.get_ident()}.clearprop"
        net.save(path)
        return cp.load(path).predict(X)

    expected = whole_life()

    def lives_too():
        np.testing.assert_array_equal(whole_life(), expected)

    with Busy(whole_life, 2):
        assert [child(lives_too) for _ in range(forks)] == [0] * forks


def steps(executor):
    """A program of steps w′ = w − 0.01·x·w over batches of rows x, and one call of it."""
    x, w = variable("x", (N, 3), "f32"), variable("w", (3, 3), "f32")
    new = w - 0.01 * g.matmul(x, x @ w, transpose_a=True)
    loss = g.sum(g.sum((x @ w) ** 2, axis=1), axis=0)
    program = executor.load(Graph({"loss": loss, "new": new}), {"new": "w"})
    rows = np.ones((32, 3), np.float32)

    def call(stop, epochs=20):
        state = {"w": np.eye(3, dtype=np.float32)}
        program.run_steps(state, {"x": rows}, Batches(32, 8, epochs, shuffle=False), {}, ["loss"], stop)
        return state["w"]

    return call


@needs_machine
@pytest.mark.parametrize("executor", [Native(2), Native(1), Reference()], ids=["two threads", "one", "reference"])
def test_while_a_thread_is_in_the_same_program(executor):
    call = steps(executor)
    expected = call(lambda: False)
    inside, over = threading.Event(), threading.Event()

    def stop():
        inside.set()
        return over.is_set()

    thread = threading.Thread(target=lambda: call(stop, epochs=2_000_000 if executor.name == "native" else 10**4))
    thread.start()
    assert inside.wait(SECONDS)
    code = child(lambda: np.testing.assert_array_equal(call(lambda: False), expected))
    over.set()
    thread.join()
    assert code == 0
    np.testing.assert_array_equal(call(lambda: False), expected)


@needs_machine
@pytest.mark.parametrize("executor", [Native(2), Native(1), Reference()], ids=["two threads", "one", "reference"])
def test_between_two_steps_of_its_own(executor):
    """A handler of signals forks: the child ends well or with an error, and runs again; the parent goes on."""
    call = steps(executor)
    expected = call(lambda: False)
    codes = []

    def stop():
        if not codes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pid = os.fork()
            if pid == 0:
                signal.alarm(SECONDS)
                codes.append("child")
            else:
                codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return False

    try:
        got = call(stop)
        wrong = "child" in codes and executor == Native(2)
    except ForkedError:
        got, wrong = expected, executor != Native(2)
    if codes == ["child"]:
        again = call(lambda: False)
        os._exit(int(wrong or not (np.array_equal(got, expected) and np.array_equal(again, expected))))
    assert codes == [0]
    np.testing.assert_array_equal(got, expected)


def test_a_child_trains_the_network_that_another_thread_was_training():
    net = cp.Network(12, [cp.Dense(3, "softmax")], "cross_entropy")
    inside, over = threading.Event(), threading.Event()

    def wait(event):
        inside.set()
        over.wait(SECONDS)

    thread = threading.Thread(target=lambda: net.fit(X, y, epochs=1, callbacks=[wait]))
    thread.start()
    inside.wait(SECONDS)
    try:
        assert child(lambda: net.fit(X, y, epochs=1)) == 0
    finally:
        over.set()
        thread.join()


def test_what_is_in_use_is_made_anew_in_the_child():
    shared = Exclusive(list)
    inside, over = threading.Event(), threading.Event()

    def enter():
        with shared.lock:
            shared.thing.append("half")
            inside.set()
            over.wait()

    def finds_it_new():
        with shared.lock:
            assert shared.thing == []

    thread = threading.Thread(target=enter)
    thread.start()
    assert inside.wait(SECONDS)
    code = child(finds_it_new)
    over.set()
    thread.join()
    assert code == 0
    with shared.lock:
        numbers = shared.thing
        assert numbers == ["half"]
        assert child(lambda: finds_it_new() or numbers.remove("half")) == 0  # who forked inside keeps what it took
    assert not shared.lock.locked()
    assert child(lambda: shared.thing == ["half"] or os._exit(2)) == 0  # kept where nobody was inside


def test_while_a_thread_computes_a_cached_property():
    inside, over = threading.Event(), threading.Event()

    class Slow:
        wait = False

        @cached_property
        def answer(self):
            if self.wait:
                inside.set()
                over.wait()
            return 42

    slow = Slow()
    slow.wait = True
    thread = threading.Thread(target=lambda: slow.answer)
    thread.start()
    assert inside.wait(SECONDS)
    code = child(lambda: Slow().answer)
    over.set()
    thread.join()
    assert code == 0
    assert slow.answer == 42
    assert Slow.answer.__doc__ is None  # of the class, the property itself


def test_a_fork_waits_for_what_must_not_be_divided():
    inside, order = threading.Event(), []

    def work():
        with undivided:
            inside.set()
            time.sleep(0.3)
            order.append("work")

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(SECONDS)
    code = child(lambda: order == ["work"] or os._exit(2))
    thread.join()
    assert code == 0


def test_no_fork_falls_into_the_setting_of_the_threads_of_the_blas(monkeypatch):
    def guarded():
        assert undivided._is_owned()

    class Limits:
        def restore_original_limits(self):
            guarded()

    class Controller:
        def limit(self, **_):
            guarded()
            return Limits()

    monkeypatch.setattr(blas_module, "_controller", lambda: guarded() or Controller())
    with blas_module.single_threaded():
        assert not undivided._is_owned()


IMPORTS = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
import clearprop
threading.Thread(target=lambda: clearprop.TableModel, daemon=True).start()
time.sleep(float(sys.argv[1]))
child = os.fork()
if not child:
    signal.alarm(20)
    clearprop.TableModel
    os._exit(0)
os._exit(abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
"""


@pytest.mark.parametrize("after", [0.005, 0.03])
def test_while_a_thread_imports(after):
    assert subprocess.run([sys.executable, "-c", IMPORTS, str(after)], check=False).returncode == 0
