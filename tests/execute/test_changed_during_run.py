"""Another thread changes the arrays of a run while it runs: what was checked is what is read."""

from __future__ import annotations

import numpy as np
import pytest

from clearprop import graph as g
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.execute import Batches, Native, Reference, instruction_sets
from clearprop.execute import input_checks as checks_module
from clearprop.execute import reference as reference_module
from clearprop.graph import Graph, N, variable

EXECUTORS = [Reference(), *([Native(1)] if instruction_sets() else [])]
executors = pytest.mark.parametrize("executor", EXECUTORS, ids=[e.name for e in EXECUTORS])
FAR = 10**12


@pytest.fixture
def change(monkeypatch):
    """Calls what is appended to the list when the row numbers have just been checked, as another thread might."""
    changes = []
    check = reference_module.check_index

    def checked(*arguments):
        check(*arguments)
        for change in changes:
            change()

    monkeypatch.setattr(checks_module, "check_index", checked)
    monkeypatch.setattr(reference_module, "check_index", checked)
    return changes


def rows_program(executor):
    index, table = variable("index", (N,), "i64"), variable("table", (5, 4), "f32")
    return executor.load(Graph({"rows": g.take_rows(table, index)}))


TABLE = np.arange(20, dtype=np.float32).reshape(5, 4)


@executors
@pytest.mark.parametrize("dtype", [np.int64, np.int32, ">i8", np.uint8])
def test_row_numbers_changed_after_the_check(executor, change, dtype):
    index = np.array([4, 0, 2], dtype)
    change.append(lambda: index.fill(200))
    rows = rows_program(executor).run({"index": index, "table": TABLE})["rows"]
    np.testing.assert_array_equal(rows, TABLE[[4, 0, 2]])
    assert index[0] == 200


@executors
def test_labels_of_training_steps_changed_after_the_check(executor, change):
    x, w, t = variable("x", (N, 3), "f32"), variable("w", (3, 4), "f32"), variable("t", (N,), "i64")
    loss = g.sum(g.softmax_cross_entropy(x @ w, g.one_hot(t, 4, "float32")), axis=0)
    program = executor.load(Graph({"loss": loss, "new": w - 0.1 * g.gradient(loss, [w])[0]}), {"new": "w"})

    def trained():
        labels = np.arange(12) % 4
        if change:
            change[0] = lambda: labels.fill(FAR)
        state = {"w": np.zeros((3, 4), np.float32)}
        data = {"x": np.arange(36, dtype=np.float32).reshape(12, 3) / 36, "t": labels}
        program.run_steps(state, data, Batches(12, 4, 3), {}, ["loss"], lambda: False)
        return state["w"]

    expected = trained()
    change.append(lambda: None)
    np.testing.assert_array_equal(trained(), expected)
    assert np.abs(expected).max() > 0


@executors
def test_an_array_given_another_shape_after_the_check(executor, change):
    values, index = np.ones((6, 4), np.float32), np.zeros(6, np.int64)
    x, t = variable("x", (N, 4), "f32"), variable("index", (N,), "i64")
    table = variable("table", (5, 4), "f32")
    program = executor.load(Graph({"y": g.tanh(x) + g.take_rows(table, t)}))
    expected = program.run({"x": values, "index": index, "table": TABLE})["y"]
    change.append(lambda: setattr(values, "shape", (24, 1)))
    np.testing.assert_array_equal(program.run({"x": values, "index": index, "table": TABLE})["y"], expected)


@executors
def test_parameters_of_another_shape_are_refused_when_bound(executor):
    x, w = variable("x", (N, 3), "f32"), variable("w", (3, 1000), "f32")
    program = executor.load(Graph({"y": g.tanh(x @ w)}))
    with pytest.raises(ShapeError, match=r"w has shape"):
        program.bind({"w": np.zeros((3, 2), np.float32)})(np.zeros((2, 3), np.float32))


@executors
@pytest.mark.parametrize("made", ["cast", "slice", "concat"])
@pytest.mark.parametrize("bad", [-1, 5])
def test_row_numbers_that_are_computed_are_checked_too(executor, made, bad):
    table = variable("table", (5, 4), "f32")
    t = variable("t", (3,), "f32" if made == "cast" else "i64")
    index = {
        "cast": lambda: g.cast(t, "i64"),
        "slice": lambda: g.slice(t, axis=0, start=1, stop=3),
        "concat": lambda: g.concat([t, t], axis=0),
    }[made]()
    program = executor.load(Graph({"rows": g.take_rows(table, index), "hot": g.one_hot(index, 5, "float32")}))
    given = np.array([0, 4, 1], np.float32 if made == "cast" else np.int64)
    program.run({"t": given, "table": TABLE})
    given[2] = bad
    with pytest.raises(InvalidValueError, match=f"is {bad} in row"):
        program.run({"t": given, "table": TABLE})
