"""Columns by number: taken, and added up; each undoes the other's shape and is its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute import Native, Reference, instruction_sets
from clearprop.graph import Graph, N, gradient, simplify, variable

X = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
x = variable("x", (N, 3))
EXECUTORS = [Reference(), *(Native(threads, isa) for isa in instruction_sets() for threads in (1, 2))]


def test_by_hand():
    taken, added = cp.take_columns(x, [2, 0, 0]), cp.add_columns(x, [1, 3, 1], 4)
    assert cp.evaluate(taken, {"x": X}).tolist() == [[4, 1, 1], [32, 8, 8]]
    assert cp.evaluate(added, {"x": X}).tolist() == [[0, 5, 0, 2], [0, 40, 0, 16]]


@given(st.data())
def test_one_is_the_transpose_of_the_other(data):
    """⟨take(x), g⟩ = ⟨x, add(g)⟩, as a product with a matrix of ones and zeros and its transpose."""
    n, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 9))
    index = data.draw(st.lists(st.integers(0, n - 1), min_size=m, max_size=m))
    a, g = variable("a", (N, n)), variable("g", (N, m))
    S = np.eye(n)[:, index]
    rng = np.random.default_rng(n * m)
    values = {"a": rng.integers(-9, 9, (4, n)), "g": rng.integers(-9, 9, (4, m))}
    found = cp.evaluate({"t": cp.take_columns(a, index), "s": cp.add_columns(g, index, n)}, values)
    assert np.array_equal(found["t"], values["a"] @ S)
    assert np.array_equal(found["s"], values["g"] @ S.T)


def test_gradients_are_one_node():
    u = variable("u", (N, 4))
    (da,) = gradient(cp.take_columns(x, [0, 2, 2, 1]), [x], u)
    assert (da.op.name, da.attrs["columns"]) == ("add_columns", 3)
    (da,) = gradient(cp.add_columns(x, [0, 3, 3], 4), [x], u)
    assert (da.op.name, da.attrs["index"]) == ("take_columns", (0, 3, 3))


def test_all_columns_in_order_are_the_matrix():
    assert simplify(cp.take_columns(x, [0, 1, 2])) is x
    assert simplify(cp.add_columns(x, [0, 1, 2], 3)) is x
    assert simplify(cp.add_columns(x, [0, 1, 2], 4)).op.name == "add_columns"


def test_errors_say_what_is_expected():
    with pytest.raises(InvalidValueError, match="column 3 of 3"):
        cp.take_columns(x, [0, 3])
    with pytest.raises(InvalidValueError, match=r"column -1 of 2.*from 0 to 1"):
        cp.add_columns(x, [0, 1, -1], 2)
    with pytest.raises(ShapeError, match="2 column numbers for 3 columns"):
        cp.add_columns(x, [0, 1], 2)
    with pytest.raises(ShapeError, match="a matrix"):
        cp.take_columns(variable("v", (3,)), [0])


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: e.describe())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_thousands_of_columns(executor, dtype):
    """One node, whole numbers: every executor has the same answer, the chain behind it included."""
    rng = np.random.default_rng(0)
    taken, added = rng.integers(0, 2000, 5000).tolist(), rng.integers(0, 700, 5000).tolist()
    a, row = variable("a", (N, 2000), dtype), variable("row", (5000,), dtype)
    t = cp.take_columns(a, taken)
    y = cp.add_columns(t * cp.broadcast(row, t.shape, [1]) + 1, added, 700) * 2
    values = {"a": rng.integers(-9, 9, (37, 2000)).astype(dtype), "row": rng.integers(-3, 3, 5000).astype(dtype)}
    program = executor.load(Graph({"y": y}))
    assert not getattr(program, "why", "")
    sums = np.zeros((37, 700))
    np.add.at(sums.T, added, (values["a"][:, taken] * values["row"] + 1).T)
    assert np.array_equal(program.run(values)["y"], 2 * sums)


@pytest.mark.parametrize("executor", EXECUTORS, ids=lambda e: e.describe())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("index", [[*range(48)] * 3, [*range(1, 50)] * 2, [j // 16 for j in range(160)]])
def test_columns_side_by_side(executor, dtype, index):
    columns = max(index) + 1
    g = variable("g", (N, len(index)), dtype)
    values = np.random.default_rng(0).integers(-9, 9, (21, len(index))).astype(dtype)
    found = executor.load(Graph({"y": cp.add_columns(g, index, columns)})).run({"g": values})["y"]
    assert np.array_equal(found, values @ np.eye(columns)[index])


def test_long_lists_are_printed_short():
    y = cp.take_columns(x, [0] * 500 + [2])
    assert "index=(0, 0, 0, 0, …, 2)" in str(Graph({"y": y}))
    assert "index=(0, 0, 0, 0, …, 2)" in str(Reference().load(Graph({"y": y})).plan)
