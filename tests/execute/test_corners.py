"""Corners where a fast machine is easily wrong: numbers before the step, integers, nothing at all, −0, read-only arrays."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop import graph as g
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute import Native, Reference, evaluate, instruction_sets
from clearprop.graph import Graph, N, gradient, variable

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
    "truth values": (X > g.zeros_like(X), {"X": numbers(5, 3)}),
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
