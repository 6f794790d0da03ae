"""The machine as a guest in a process: interrupts, threads, forks, other people's processors, and being absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import clearprop as cp
from clearprop import graph
from clearprop.execute import Native, Reference, default_executor, instruction_sets
from clearprop.execute.threads import threads_for
from clearprop.train.interrupt import Interrupt

needs_machine = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(600, 12)).astype(np.float32), rng.integers(0, 3, 600)


def classifier(width=40, seed=0):
    return cp.Network(12, [cp.Dense(width, "relu"), cp.Dense(3, "softmax")], "cross_entropy", seed=seed)


@pytest.mark.alone
@needs_machine
def test_ctrl_c_ends_a_long_call(monkeypatch):
    asked, answer = threading.Semaphore(0), Interrupt.__call__
    monkeypatch.setattr(Interrupt, "__call__", lambda interrupt: asked.release() or answer(interrupt))

    def press():
        """Once the machine is at work: it has asked ten times whether to stop."""
        if all(asked.acquire(timeout=60) for _ in range(10)):
            os.kill(os.getpid(), signal.SIGINT)

    net = classifier()
    threading.Thread(target=press, daemon=True).start()
    history = net.fit(X, y, epochs=10_000_000, batch_size=64)  # minutes, if nobody listened
    assert history.stopped_by == "interrupt"
    assert history.epochs > 0
    assert np.isfinite(net.predict(X)).all()


@pytest.mark.alone
@needs_machine
def test_an_exception_in_a_signal_handler_comes_through():
    def handler(number, frame):
        raise RuntimeError("from the handler")

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(RuntimeError, match="from the handler"):
            classifier().fit(X, y, epochs=10_000_000, batch_size=64)
    finally:
        signal.signal(signal.SIGALRM, before)


def fitted(seed, threads=2):
    net = classifier(seed=seed)
    net.fit(X, y, epochs=3, batch_size=50, n_threads=threads)
    return b"".join(a.tobytes() for a in net.arrays().values())


@needs_machine
def test_fits_in_several_threads_at_once_do_not_disturb_each_other():
    alone = [fitted(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(fitted, range(6)))
    assert together == alone


@needs_machine
def test_predictions_from_several_threads_at_once():
    net = classifier()
    many = np.tile(X, (20, 1))
    expected, one = net.predict(many), net.predict(X[0])
    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(net.predict, [many] * 16):
            np.testing.assert_array_equal(result, expected)
        for result in pool.map(net.predict, [X[0]] * 200):
            np.testing.assert_array_equal(result, one)


@needs_machine
@pytest.mark.parametrize("rows", [1, 2, 7, 63, 64, 65, 511, 513, 600])
@pytest.mark.parametrize("kind", ["plain", "normalised"])
def test_predictions_do_not_depend_on_chunks(rows, kind):
    layers = [cp.Dense(130, "relu")] + ([cp.BatchNorm(), cp.Dropout(0.2)] if kind == "normalised" else [])
    net = cp.Network(12, [*layers, cp.Dense(3, "softmax")], "cross_entropy")
    net.fit(X, y, epochs=1)
    program = Reference().load(net.graph())
    given = {"X": X} | {n: a for n, a in net.arrays().items() if n in program.plan.inputs}
    expected = next(iter(program.run(given).values()))
    np.testing.assert_allclose(net.predict(X[:rows]), expected[:rows], rtol=2e-5, atol=1e-6)
    np.testing.assert_array_equal(net.predict(X[:rows]), net.predict(X)[:rows])


@needs_machine
def test_predictions_follow_the_parameters():
    net = classifier()
    first = net.predict(X)
    seen = []
    net.fit(X, y, epochs=2, callbacks=[lambda e: seen.append(e.network.predict(X)) and None])
    assert not np.array_equal(seen[0], first)
    assert not np.array_equal(seen[1], seen[0])
    np.testing.assert_array_equal(net.predict(X), seen[1])
    net.parameters["b2"] = np.array([5.0, 0.0, 0.0])
    assert net.predict(X)[:, 0].mean() > seen[1][:, 0].mean()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_prediction_of_what_is_not_finite_is_refused(bad):
    row = X[0].copy()
    row[3] = bad
    with pytest.raises(cp.errors.InvalidValueError, match="column 3"):
        classifier().predict(row)
    with pytest.raises(cp.errors.ShapeError):
        classifier().predict(X[:, :5])


@pytest.mark.alone
@needs_machine
def test_threads_without_processors_part_and_give_the_same_bits():
    """Eight threads on fewer processors: the caller finds that it is faster alone."""
    expected = fitted(0, threads=1)
    code = textwrap.dedent(
        """
        import sys, numpy as np, clearprop as cp
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(600, 12)).astype(np.float32), rng.integers(0, 3, 600)
        net = cp.Network(12, [cp.Dense(40, "relu"), cp.Dense(3, "softmax")], "cross_entropy", seed=0)
        net.fit(X, y, epochs=3, batch_size=50)
        sys.stdout.buffer.write(b"".join(a.tobytes() for a in net.arrays().values()))
        """
    )
    environment = {**os.environ, "CLEARPROP_NUM_THREADS": "8"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=60, check=True)
    assert done.stdout == expected


@needs_machine
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_trains_too():
    expected = fitted(1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"same" if fitted(1) == expected else b"other")
        os._exit(0)
    os.close(write)
    assert os.read(read, 10) == b"same"
    assert os.waitpid(child, 0)[1] == 0


def test_threads_by_the_size_of_the_work(monkeypatch):
    monkeypatch.setattr("clearprop.execute.threads.available", lambda: 4)
    assert [threads_for(n) for n in (0, 10_000, 600_000, 10**9)] == [1, 1, 2, 4]
    assert threads_for(10**9, asked=1) == 1
    assert threads_for(0, asked=3) == 3


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    return done.stdout.strip(), done.stderr.strip()


DESCRIBE = "from clearprop.execute import executor_in_words; print(executor_in_words()); executor_in_words()"


@needs_machine
def test_the_executor_can_be_chosen_by_the_environment():
    for isa in instruction_sets():
        assert f"native ({isa}," in run(DESCRIBE, CLEARPROP_EXECUTOR=isa)[0]
    assert run(DESCRIBE, CLEARPROP_EXECUTOR="reference")[0] == "reference (NumPy)"
    assert "up to 3 threads" in run(DESCRIBE, CLEARPROP_NUM_THREADS="3")[0]
    assert "expected one of: native, reference" in run(DESCRIBE, CLEARPROP_EXECUTOR="gpu")[1]


def test_without_the_native_part_everything_works_and_says_so_once():
    code = "import sys; sys.modules['clearprop.execute._native'] = None; " + DESCRIBE
    out, err = run(code)
    assert out == "reference (NumPy)"
    assert err.count("was not built") == 1
    fit = "; import clearprop as cp; cp.Network(1, [cp.Dense(1)], 'squared_error').fit([[1.0]], [1.0], epochs=2)"
    assert run(code + fit)[1] == err


def test_the_default_executor():
    assert isinstance(default_executor(), Native if instruction_sets() else Reference)


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_of_few_columns_has_the_bits_of_one_of_many(isa, dtype):
    """It is computed the other way round, so that vectors are full: of up to 8 columns, or 12."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(70, n)).astype(dtype) for n in (45, 64))
    kind = "f32" if dtype == "float32" else "f64"

    def gradient(columns):
        x, d = cp.variable("x", (cp.N, 45), dtype=kind), cp.variable("d", (cp.N, columns), dtype=kind)
        program = Native(1, isa).load(cp.Graph({"g": graph.matmul(x, d, transpose_a=True)}))
        return program.run({"x": a, "d": np.ascontiguousarray(b[:, :columns])})["g"]

    whole = gradient(64)
    np.testing.assert_allclose(whole, a.T @ b, rtol=2e-4 if dtype == "float32" else 1e-12, atol=1e-5)
    for columns in range(1, 20):
        np.testing.assert_array_equal(gradient(columns), whole[:, :columns])
