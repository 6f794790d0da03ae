"""The reference executor: bindings, batch sizes, the fixed-order product, stored outputs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import special

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.execute.erf import erf
from clearprop.execute.reference import FIXED_ORDER, fixed_order_matmul
from clearprop.graph import Graph, N, simplify, variable


def test_evaluate_by_node_and_by_name():
    x, y = variable("x"), variable("y")
    assert cp.evaluate(x * y, {x: 2.0, y: 3.0}) == cp.evaluate(x * y, {"x": 2.0, "y": 3.0}) == 6.0
    assert cp.evaluate({"p": x * y, "s": x + y}, {x: 2.0, y: 3.0}) == {"p": 6.0, "s": 5.0}


def test_the_batch_size_comes_from_the_values():
    X = variable("X", (N, 2))
    mean = cp.mean(X)
    assert cp.evaluate(mean, {"X": [[1.0, 2.0]]}) == 1.5
    assert cp.evaluate(mean, {"X": [[1.0, 2.0], [3.0, 4.0]]}) == 2.5


def test_one_program_runs_batches_of_any_size():
    X, w = variable("X", (N, 2)), variable("w", (2, 3))
    program = Reference().load(Graph({"y": cp.tanh(X @ w)}))
    rng = np.random.default_rng(0)
    W = rng.normal(size=(2, 3))
    for n in (5, 1, 8, 5):
        rows = rng.normal(size=(n, 2))
        np.testing.assert_allclose(program.run({"X": rows, "w": W})["y"], np.tanh(rows @ W), rtol=1e-14)


def test_buffers_of_many_batch_sizes_are_not_kept():
    program = Reference().load(Graph({"y": cp.tanh(variable("X", (N, 2)))}))
    for n in range(1, 50):
        program.run({"X": np.zeros((n, 2))})
    assert len(program.memory.thing) <= 4


def test_results_do_not_change_with_a_later_run():
    x = variable("x", (2,))
    program = Reference().load(Graph({"y": x * 2.0, "x": x}))
    given = np.array([1.0, 2.0])
    first = program.run({"x": given})
    program.run({"x": np.array([5.0, 6.0])})
    given[:] = 9
    assert first["y"].tolist() == [2.0, 4.0]
    assert first["x"].tolist() == [1.0, 2.0]


def test_concurrent_runs_do_not_mix():
    X = variable("X", (N, 50))
    program = Reference().load(simplify(Graph({"y": cp.sigmoid(cp.tanh(X) * 3.0)})))
    rows = [np.full((20, 50), k / 10) for k in range(40)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda a: program.run({"X": a})["y"], rows))
    for a, y in zip(rows, results, strict=True):
        np.testing.assert_allclose(y, 1 / (1 + np.exp(-3 * np.tanh(a))), rtol=1e-13)


@pytest.mark.parametrize(
    ("bindings", "error", "words"),
    [
        ({}, UnknownNameError, "no value for X"),
        ({"X": np.zeros((2, 3))}, ShapeError, r"X has shape \(2, 3\); expected \(N, 2\)"),
        ({"X": np.zeros(2)}, ShapeError, r"X has shape \(2,\)"),
        ({"X": [["a", "b"]]}, DTypeError, "X holds"),
        ({"X": [[1.0], [1.0, 2.0]]}, ShapeError, "ragged"),
        ({"X": np.zeros((3, 2)), "k": [0.5, 1.0, 2.0]}, InvalidValueError, "fractions"),
        ({"X": np.zeros((3, 2)), "k": [0, 1]}, ShapeError, "2 rows"),
    ],
)
def test_wrong_values_are_named(bindings, error, words):
    X, k = variable("X", (N, 2)), variable("k", (N,), "int64")
    y = cp.sum(X) if "k" not in bindings else cp.sum(X * cp.one_hot(k, 2))
    with pytest.raises(error, match=words):
        cp.evaluate(y, bindings)


def test_erf_equals_scipys():
    x = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(erf(x), special.erf(x), rtol=1e-14)


@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("tb", [False, True])
def test_fixed_order_product_equals_the_blas(ta, tb):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4, 5) if not ta else (5, 4)), rng.normal(size=(5, 3) if not tb else (3, 5))
    expected = (a.T if ta else a) @ (b.T if tb else b)
    np.testing.assert_allclose(fixed_order_matmul(a, b, ta, tb), expected, rtol=1e-13)


def test_fixed_order_product_gives_equal_columns_equal_bits():
    """Whatever their place: a BLAS may treat the columns at the edge of a tile in another order."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(7, 301)).astype(np.float32)
    column = rng.normal(size=(301, 1)).astype(np.float32)
    for width in range(1, 34):
        product = fixed_order_matmul(a, np.repeat(column, width, axis=1))
        assert (product == product[:, :1]).all()


def test_fixed_order_executor_runs_affine_through_its_own_product():
    assert "affine" not in FIXED_ORDER
    x, W, b = variable("x", (N, 2)), variable("W", (2, 2)), variable("b", (2,))
    graph = Graph({"y": cp.affine(x, W, b)})
    kernels = {step.kernel for step in Reference(fixed_order=True).load(graph).plan.steps}
    assert kernels == {"matmul", "broadcast", "add"}
    assert {step.kernel for step in Reference().load(graph).plan.steps} == {"affine"}


EXECUTORS = [Reference(), *(Native(isa=isa) for isa in instruction_sets())]
each_executor = pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: getattr(e, "isa", None) or e.name)


@each_executor
def test_run_steps_feeds_stored_outputs_back(executor):
    """θ ← θ − η·mean(x) for three batches, by hand."""
    theta, x, eta = variable("theta"), variable("X", (N,)), variable("eta")
    graph = Graph({"theta'": theta - eta * cp.mean(x), "L": theta * 1.0})
    program = executor.load(graph, {"theta'": "theta"})
    state = {"theta": np.array(10.0)}
    data = {"X": np.arange(6.0)}
    table = {"eta": np.array([1.0, 1.0, 2.0])}
    outcome = program.run_steps(state, data, Batches(6, 2, shuffle=False), table, ["L"], lambda: False)
    assert outcome.reports[:, 0].tolist() == [10.0, 9.5, 7.0]
    assert state["theta"] == 10 - 0.5 - 2.5 - 2 * 4.5
    assert len(outcome.seconds) == 1


@each_executor
@pytest.mark.parametrize(
    ("rows", "epochs", "good", "value"), [(5, 1, 0, 1.0), (1, 5, 1, 1e200), (2, 5, 0, 1.0), (1, 2, 1, 1e200)]
)
def test_run_steps_ends_at_the_first_number_that_is_not_finite(executor, rows, epochs, good, value):
    """θ is 1, 1e200, ∞: it is put back to the start of the last epoch that began well.

    An epoch that leaves it infinite is the last one, even if no loss has shown that yet.
    """
    theta = variable("theta")
    program = executor.load(Graph({"theta'": theta * 1e200, "L": theta * 1.0}), {"theta'": "theta"})
    state = {"theta": np.array(1.0)}
    batches = Batches(rows, 1, epochs, shuffle=False)
    outcome = program.run_steps(state, {}, batches, {}, ["L"], lambda: False, ["theta"])
    assert outcome.reports[:, 0].tolist() == [1.0, 1e200, np.inf][: 3 if rows == 5 else 2]
    assert (outcome.diverged, outcome.good_epoch, float(state["theta"])) == (True, good, value)


@each_executor
def test_a_bad_start_is_told(executor):
    theta = variable("theta")
    program = executor.load(Graph({"theta'": theta * 2.0, "L": theta * 1.0}), {"theta'": "theta"})
    state = {"theta": np.array(np.inf)}
    outcome = program.run_steps(state, {}, Batches(1, 1, 3), {}, ["L"], lambda: False, ["theta"])
    assert (outcome.diverged, outcome.good_epoch, len(outcome.reports)) == (True, -1, 1)


@each_executor
def test_steps_end_when_asked(executor):
    theta = variable("theta")
    program = executor.load(Graph({"theta'": theta + 1.0, "L": theta * 1.0}), {"theta'": "theta"})
    state = {"theta": np.array(0.0)}
    outcome = program.run_steps(state, {}, Batches(10**7, 1, shuffle=False), {}, ["L"], lambda: True)
    assert len(outcome.reports) == float(state["theta"]) < 10**7
    assert outcome.seconds == []


@each_executor
def test_stored_outputs_may_change_places(executor):
    a, b = variable("a"), variable("b")
    graph = Graph({"a'": cp.identity(b), "b'": cp.identity(a), "L": a * 1.0})
    program = executor.load(graph, {"a'": "a", "b'": "b"})
    state = {"a": np.array(1.0), "b": np.array(2.0)}
    program.run_steps(state, {}, Batches(1, 1), {}, ["L"], lambda: False)
    assert (float(state["a"]), float(state["b"])) == (2.0, 1.0)


def test_a_batch_size_that_no_input_has():
    ones = cp.ones_like(variable("X", (N, 2)))
    assert cp.evaluate(cp.sum(ones), n=3) == 6
    with pytest.raises(ShapeError, match="batch of unknown size"):
        cp.evaluate(cp.sum(ones))


@pytest.mark.parametrize("given", ["ab", ["a"], [3]])
def test_a_list_of_what_is_no_node_is_called_that(given):
    with pytest.raises(DTypeError, match=rf"a {type(given).__name__} with an? {type(given[0]).__name__} in it"):
        cp.evaluate(given, {})
