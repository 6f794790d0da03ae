"""Corners where a fast machine is easily wrong: numbers before the step, integers, nothing at all, −0, divergence."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop import graph as g
from clearprop.errors import DivergenceError, DTypeError, InvalidValueError, ShapeError
from clearprop.execute import Batches, Native, Reference, evaluate, instruction_sets
from clearprop.graph import Graph, N, gradient, variable
from clearprop.graph.fused import updates

pytestmark = pytest.mark.skipif(not instruction_sets(), reason="built without a compiler")


def var(name, shape=(), dtype="f32"):
    return variable(name, shape, dtype)


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def labels(*values):
    return np.array(values, np.int64)


s, v, w = var("s"), var("v", (N,)), var("w", (N,))
X, Y, Z = var("X", (N, 3)), var("Y", (N, 2)), var("Z", (N, 40))
A, B = var("A", (5, 3)), var("B", (5, 3))
t, u, five = var("t", (N,), "i64"), var("u", (N,), "i64"), var("f", (5,), "i64")
table = var("T", (4, 3))
empty, none, thin = var("E", (N, 0)), var("O", (0,)), var("P", (0, 3))

AGREE = {
    "relu of a number": (g.relu(s), {"s": np.float32(2)}),
    "its derivative": (gradient(g.relu(s), [s])[0], {"s": np.float32(2)}),
    "cross-entropy of a number": (g.sigmoid_cross_entropy(s, s), {"s": np.float32(2)}),
    "where of numbers": (g.where(s > g.zeros_like(s), s, s * 2.0), {"s": np.float32(-3)}),
    "truncated number": (g.cast(g.cast(s, "i64"), "f32"), {"s": np.float32(2.7)}),
    "truncated numbers": (g.cast(g.cast(v, "i64"), "f32"), {"v": numbers(5) * 3}),
    "truth of numbers": (g.cast(g.cast(v, "bool"), "f32"), {"v": numbers(5) * 3}),
    "integers as numbers": (g.cast(t, "f32"), {"t": labels(1, 2, 3)}),
    "integers compared": (g.cast(t > u, "f32"), {"t": labels(1, 2, 3), "u": labels(2, 2, 1)}),
    "truth values": (g.zeros_like(X) < X, {"X": numbers(5, 3)}),
    "integers through": (Graph({"y": g.identity(t), "z": v + 1.0}), {"t": labels(1, 2, 3), "v": numbers(3)}),
    "one-hot": (g.one_hot(t, 3, "f32"), {"t": labels(0, 2)}),
    "cross-entropy of rows that are no batch": (
        g.softmax_cross_entropy(A, B),
        {"A": numbers(5, 3), "B": numbers(5, 3)},
    ),
    "and by labels": (
        g.softmax_cross_entropy(A, g.one_hot(five, 3, "f32")),
        {"A": numbers(5, 3), "f": labels(0, 1, 2, 1, 0)},
    ),
    "a batch times a batch": (g.matmul(v, w), {"v": numbers(5), "w": numbers(5)}),
    "a batch times its rows": (g.matmul(v, X), {"v": numbers(5), "X": numbers(5, 3)}),
    "rows turned times a batch": (g.matmul(X, v, transpose_a=True), {"v": numbers(5), "X": numbers(5, 3)}),
    "softmax over a batch": (g.softmax(v), {"v": numbers(40)}),
    "log-softmax over a batch": (g.log_softmax(v), {"v": numbers(40)}),
    "maximum with NaN": (g.max(Z, axis=1), {"Z": np.where(np.eye(4, 40) > 0, np.nan, numbers(4, 40)).astype("f4")}),
    "maximum over rows with NaN": (
        g.max(Z, axis=0),
        {"Z": np.where(np.eye(4, 40), np.nan, numbers(4, 40)).astype("f4")},
    ),
    "softmax of infinities": (g.softmax(X), {"X": np.array([[np.inf, 0, 1], [-np.inf, 0, 1], [np.nan, 0, 1]], "f4")}),
    "division by −0": (v / g.broadcast(s, (N,), ()), {"v": np.ones(3, "f4"), "s": np.float32(-0.0)}),
    "no columns": (g.sum(empty, axis=1), {"E": numbers(5, 0)}),
    "no columns in a product": (g.matmul(empty, thin), {"E": numbers(5, 0), "P": numbers(0, 3)}),
    "nothing": (none + none, {"O": numbers(0)}),
    "an empty slice": (g.slice(X, 1, 2, 2), {"X": numbers(5, 3)}),
    "no rows": (g.relu(X), {"X": numbers(0, 3)}),
    "sum of no rows": (g.sum(X, axis=0), {"X": numbers(0, 3)}),
    "product over no rows": (g.matmul(X, Y, transpose_a=True), {"X": numbers(0, 3), "Y": numbers(0, 2)}),
    "a number as a matrix": (g.broadcast(s, (2, 3), ()), {"s": np.float32(2)}),
    "squares of a row": (g.sum(g.broadcast(var("r", (6,)), (4, 6), (1,)) ** 2.0, axis=1), {"r": numbers(6)}),
    "squares of a column": (g.sum(g.broadcast(v, (N, 6), (0,)) ** 2.0, axis=1), {"v": numbers(4)}),
    "squares of labels": (g.sum(g.one_hot(t, 3, "f32") ** 2.0, axis=1), {"t": labels(0, 2, 1)}),
    "squares of a constant": (
        Graph({"y": g.sum(g.constant(3.0, g.Type((5, 6), "f32")) ** 2.0, axis=1), "z": v}),
        {"v": numbers(3)},
    ),
    "squares of a matrix": (g.sum(var("Q", (70, 45)) ** 2.0, axis=1), {"Q": numbers(70, 45)}),
    "squares of rows": (g.sum(Z**2.0, axis=1), {"Z": numbers(9, 40)}),
    "a constant beside a batch": (Graph({"y": g.zeros_like(X), "z": X + 1.0}), {"X": numbers(2, 3)}),
}


@pytest.mark.parametrize("name", AGREE)
@pytest.mark.parametrize("threads", [1, 3])
def test_native_and_reference_agree(name, threads):
    graph, inputs = AGREE[name]
    expected, got = (evaluate(graph, inputs, executor=e) for e in (Reference(), Native(threads)))
    pairs = [(expected[k], got[k]) for k in expected] if isinstance(expected, dict) else [(expected, got)]
    for a, b in pairs:
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)


REFUSED = {
    "label beyond the classes": (
        g.softmax_cross_entropy(X, g.one_hot(t, 3, "f32")),
        {"X": numbers(3, 3), "t": labels(0, 9, 1)},
    ),
    "negative label": (g.one_hot(t, 3, "f32"), {"t": labels(0, -1, 1)}),
    "row beyond the table": (g.take_rows(table, t), {"T": numbers(4, 3), "t": labels(0, 4, 1)}),
    "row by another name": (
        g.take_rows(table, g.identity(t).named("which")),
        {"T": numbers(4, 3), "t": labels(0, 4, 1)},
    ),
    "row behind a stopped gradient": (
        g.take_rows(table, g.stop_gradient(t)),
        {"T": numbers(4, 3), "t": labels(0, 4, 1)},
    ),
    "row before the table": (g.take_rows(table, t), {"T": numbers(4, 3), "t": labels(0, -1, 1)}),
    "gradient of rows far away": (
        gradient(g.sum(g.sum(g.take_rows(table, t), axis=0), axis=0), [table])[0],
        {"T": numbers(4, 3), "t": labels(0, 10**12, 1)},
    ),
}


@pytest.mark.parametrize("executor", [Reference(), Native(1), Native(3)])
@pytest.mark.parametrize("name", REFUSED)
def test_row_numbers_and_labels_are_checked_before_anything_is_read(name, executor):
    graph, inputs = REFUSED[name]
    with pytest.raises(InvalidValueError, match=r"t is -?\d+ in row 1; expected integers from 0 to [23]"):
        evaluate(graph, inputs, executor=executor)


@pytest.mark.parametrize("executor", [Reference(), Native(1)])
@pytest.mark.parametrize(
    ("graph", "inputs"), [(g.max(X, axis=0), {"X": numbers(0, 3)}), (g.max(empty, axis=1), {"E": numbers(5, 0)})]
)
def test_the_maximum_of_nothing_is_refused(graph, inputs, executor):
    with pytest.raises(ShapeError, match="maximum of no values"):
        evaluate(graph, inputs, executor=executor)


def test_arrays_that_may_not_be_written_can_be_read():
    given = numbers(5, 3)
    given.flags.writeable = False
    for node, name in ((X, "X"), (A, "A")):
        np.testing.assert_array_equal(evaluate(g.relu(node), {name: given}, executor=Native()), np.maximum(given, 0))


# --- steps: (outputs, stored, state, scalars given per step)

loss = g.sum(g.sum(X * X, axis=0), axis=0)
theta, other, number = var("theta", (3, 40)), var("other", (3, 40)), var("number")
rate = var("rate")

STEPS = {
    "a matrix that becomes 0": ({"theta'": g.zeros_like(theta)}, ["theta"]),
    "a number from the table of scalars": ({"number'": rate * 2.0}, ["number"]),
    "the scalar itself": ({"number'": g.identity(rate)}, ["number"]),
    "a number that becomes 0": ({"number'": g.zeros_like(number)}, ["number"]),
    "matrices that change places": ({"theta'": g.identity(other), "other'": g.identity(theta)}, ["theta", "other"]),
    "one that follows another": ({"theta'": g.identity(other), "other'": other + 1.0}, ["theta", "other"]),
    "two that read each other": ({"theta'": other + 1.0, "other'": theta * 2.0}, ["theta", "other"]),
    "a counter": ({"number'": number + 1.0}, ["number"]),
    "a number with a rate from the data": (
        {"number'": updates.descend(number, loss * 0.01, g.reciprocal(loss + 1.0))},
        ["number"],
    ),
    "a matrix with a rate from the data": (
        {"theta'": updates.descend(theta, theta * 0.01, g.reciprocal(loss + 1.0))},
        ["theta"],
    ),
    "a number that no step changes": ({"theta'": theta * g.broadcast(number, (3, 40), ())}, ["theta", "number"]),
}


def after_steps(executor, name, **changed):
    outputs, states = STEPS[name]
    stored = {new: new[:-1] for new in outputs}
    state = {
        n: numbers(*{"number": ()}.get(n, (3, 40))) * np.float32(0.5) + np.float32(i) for i, n in enumerate(states)
    }
    state = {n: np.array(a, np.float32) for n, a in state.items()} | changed
    batches = Batches(10, 4, 3, shuffle=False)
    program = executor.load(Graph({"loss": loss, **outputs}), stored)
    table = {"rate": np.linspace(1, 2, len(batches))} if "rate" in program.plan.inputs else {}
    outcome = program.run_steps(state, {"X": numbers(10, 3)}, batches, table, ["loss"], lambda: False, tuple(states))
    return outcome.reports, state


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("threads", [1, 3])
def test_steps_leave_the_same_state(name, threads):
    expected, got = after_steps(Reference(), name), after_steps(Native(threads), name)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-5)
    for key, value in expected[1].items():
        np.testing.assert_allclose(got[1][key], value, rtol=1e-5, err_msg=key)


def test_state_and_data_are_checked_before_anything_is_written():
    whole = numbers(3, 40)
    name = "a matrix with a rate from the data"
    for wrong in (np.asfortranarray(whole), whole.astype(np.float64)):
        with pytest.raises(DTypeError, match="state theta of float.*expected a contiguous array of float32"):
            after_steps(Native(), name, theta=wrong)
    for executor in (Native(), Reference()):
        with pytest.raises(ShapeError, match=r"theta has shape \(1,\)"):
            after_steps(executor, name, theta=numbers(1))
        program = executor.load(Graph({"loss": loss}))
        with pytest.raises(ShapeError, match="X has 3 rows; expected 10"):
            program.run_steps({}, {"X": numbers(3, 3)}, Batches(10, 4), {}, ["loss"], lambda: False)
    with pytest.raises(InvalidValueError, match="1 or more of both"):
        Batches(10, 0)


@pytest.mark.parametrize("executor", [Reference(), Native(2)], ids=lambda e: e.name)
def test_state_that_is_missing_or_shares_memory_is_refused(executor):
    u, v = var("u", (5,)), var("v", (5,))
    program = executor.load(Graph({"loss": g.sum(g.sum(X, axis=0), axis=0), "a": v, "b": u + v}), {"a": "u", "b": "v"})
    data, ones = {"X": np.ones((4, 3), np.float32)}, np.ones(10, np.float32)
    for state, words in (
        ({"u": ones[:5]}, "no array for the input 'v'"),
        ({"u": ones[:5], "v": ones[:5]}, "state u and v in the same memory"),
        ({"u": ones[:5], "v": ones[4:9]}, "state u and v in the same memory"),
    ):
        with pytest.raises(InvalidValueError, match=words):
            program.run_steps(state, data, Batches(4, 2, 1), {}, ["loss"], lambda: False)
    program.run_steps({"u": ones[:5], "v": ones[5:]}, data, Batches(4, 2, 1), {}, ["loss"], lambda: False)
    assert ones.tolist() == [2.0] * 5 + [3.0] * 5


def test_predictions_use_parameters_that_are_numbers():
    X = numbers(50, 3)
    program = {}
    for executor in (Reference(), Native()):
        node = var("X", (N, 3)) * g.broadcast(g.softplus(var("s")), (N, 3), ())
        program[executor.name] = executor.load(Graph({"y": node})).bind({"s": np.array(0.7, np.float32)})
    np.testing.assert_allclose(program["native"](X), program["reference"](X), rtol=1e-6)
    np.testing.assert_allclose(program["native"](X), X * np.log1p(np.exp(0.7)), rtol=1e-6)


def test_predictions_use_what_the_plan_overwrites_after_the_rows():
    squares = g.matmul(A, A, transpose_a=True)  # read by rows, then its buffer is given to the sum
    total = g.sum(g.tanh(g.matmul(A, var("b", (3,)))))
    rows = g.matmul(X, squares)
    graph = Graph({"y": g.concat([rows, g.broadcast(total, (N, 1), ())], axis=1)})
    given = {"A": numbers(5, 3), "b": numbers(3)}
    native, reference = (e.load(graph).bind(given)(numbers(9, 3)) for e in (Native(), Reference()))
    np.testing.assert_allclose(native, reference, rtol=1e-5)


# --- when things go wrong


@pytest.mark.parametrize("threads", [2, 4, 8])
def test_what_is_put_back_after_divergence_is_not_overwritten_by_slower_threads(threads):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(256, 64)).astype("f4"), rng.normal(size=(256, 1)).astype("f4")
    for _ in range(5):
        net = cp.Network(64, [cp.Dense(512, "relu"), cp.Dense(512, "relu"), cp.Dense(1)], "mean_squared_error", seed=0)
        before = {name: np.array(value) for name, value in net.parameters.items()}
        with pytest.raises(DivergenceError):
            net.fit(X, y, optimizer=cp.SGD(1e4), epochs=3, batch_size=128, n_threads=threads)
        for name, value in before.items():
            assert np.isfinite(net.parameters[name]).all()
            np.testing.assert_array_equal(net.parameters[name], value)


@pytest.mark.parametrize("answer", [np.True_, 1, None, 0])
@pytest.mark.parametrize("threads", [1, pytest.param(3, marks=pytest.mark.alone)])
def test_any_answer_to_whether_to_stop_will_do(answer, threads):
    program = Native(threads).load(Graph({"loss": loss, "theta'": theta * 0.5}), {"theta'": "theta"})
    batches = Batches(10, 4, 200)
    state = {"theta": numbers(3, 40)}
    outcome = program.run_steps(state, {"X": numbers(10, 3)}, batches, {}, ["loss"], lambda: answer)
    assert (len(outcome.reports) < len(batches)) == bool(answer)

    def broken():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        program.run_steps(state, {"X": numbers(10, 3)}, batches, {}, ["loss"], broken)
    assert np.isfinite(
        program.run_steps(state, {"X": numbers(10, 3)}, batches, {}, ["loss"], lambda: False).reports
    ).all()


def test_after_memory_ran_out_the_next_run_is_right():
    x, weights = var("x", (N, 3)), var("weights", (3, 1_000_000))
    program = Native().load(Graph({"y": g.sum(g.sum(g.tanh(x @ weights), axis=1), axis=0)}))
    inputs = {"x": numbers(3, 3), "weights": numbers(3, 1_000_000)}
    before = program.run(inputs)["y"]
    with pytest.raises(MemoryError):
        program.machine.thing.run(10**8, 1, [], [], np.zeros(3, np.int64), [], np.empty(9))
    assert program.run(inputs)["y"] == before


def test_threads_are_bounded(monkeypatch):
    from clearprop.execute import threads as module

    module.available.cache_clear()
    monkeypatch.setenv("CLEARPROP_NUM_THREADS", "3000")
    try:
        assert module.available() == 64
    finally:
        module.available.cache_clear()


def test_a_vector_times_a_turned_batch():
    k, rows = var("k", (3,)), {"k": numbers(3), "X": numbers(6, 3)}
    node = g.matmul(k, X, transpose_b=True)
    np.testing.assert_allclose(evaluate(node, rows, executor=Native()), rows["X"] @ rows["k"], rtol=1e-5)
    squared = gradient(g.sum(g.matmul(v, X) * g.matmul(v, X), axis=0), [v])[0]
    given = {"v": numbers(6), "X": numbers(6, 3)}
    expected = 2 * given["X"] @ (given["v"] @ given["X"])
    np.testing.assert_allclose(evaluate(squared, given, executor=Native()), expected, rtol=1e-4)


@pytest.mark.parametrize("executor", [Reference(), Native()])
def test_what_cannot_be_predicted_row_by_row_is_refused(executor):
    def bind(node, **parameters):
        return executor.load(Graph({"y": node})).bind(parameters)

    mean = g.broadcast(g.sum(X, axis=0), (N, 3), (1,))
    for node in (X - mean, g.sum(X, axis=0)):
        with pytest.raises(InvalidValueError, match="depends on others"):
            bind(node)
    with pytest.raises(InvalidValueError, match="depends on others"):
        bind(g.softmax(v))
    with pytest.raises(InvalidValueError, match="0 inputs beside the parameters"):
        bind(g.relu(A), A=numbers(5, 3))
    X0, rows = numbers(5000, 3), labels(*[i % 4 for i in range(5000)])
    np.testing.assert_array_equal(bind(g.identity(X))(X0), X0)
    np.testing.assert_array_equal(bind(g.take_rows(table, t), T=numbers(4, 3))(rows), numbers(4, 3)[rows])
    index = var("i", (3,), "i64")
    node = X + g.broadcast(g.sum(g.take_rows(table, index), axis=0), (N, 3), (1,))
    expected = X0 + numbers(4, 3)[[0, 2, 2]].sum(0)
    np.testing.assert_allclose(bind(node, T=numbers(4, 3), i=labels(0, 2, 2))(X0), expected, rtol=1e-5)


def test_memory_that_is_not_aligned():
    net = cp.Network(3, [cp.Dense(1)], seed=0)
    whole = numbers(7, 3)
    odd = np.frombuffer(b"x" + whole.tobytes(), np.uint8)[1:].view(np.float32).reshape(7, 3)
    assert not odd.flags.aligned
    np.testing.assert_array_equal(net.predict(odd), net.predict(whole))


def test_python_counts_with_denormal_numbers_while_asked_whether_to_stop():
    program = Native().load(Graph({"loss": loss, "theta'": theta * 0.5}), {"theta'": "theta"})
    seen = []
    arguments = {"theta": numbers(3, 40)}, {"X": numbers(10, 3)}, Batches(10, 4, 50), {}, ["loss"]
    program.run_steps(*arguments, lambda: seen.append(np.float64(1e-310) * 0.5))
    assert set(seen) == {5e-311}


def test_a_table_with_a_number_for_each_step():
    program = Native().load(Graph({"loss": loss * rate}))
    with pytest.raises(ShapeError, match="2 numbers rate; expected 3 or more, one per step"):
        program.run_steps({}, {"X": numbers(10, 3)}, Batches(10, 4), {"rate": np.ones(2)}, ["loss"], lambda: False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_found_wherever_they_stand(dtype, bad):
    for width in (*range(1, 20), 31, 32, 33, 64, 65, 130):
        net = cp.Network(width, [cp.Dense(1)], dtype=dtype, seed=0)
        given = np.linspace(-1, 1, width, dtype=dtype)
        given[0] = np.finfo(dtype).max / 4  # large, but finite; and the smallest denormal number, too
        given[-1] = np.finfo(dtype).smallest_subnormal
        net.predict(given)
        for place in range(width):
            wrong = given.copy()
            wrong[place] = bad
            with pytest.raises(InvalidValueError, match="nan|inf"):
                net.predict(wrong)
