"""Batches in an order that somebody else drew, and a last batch of one row that stays alone: the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError
from clearprop.execute import Batches, Reference, Steps, default_executor, run_together
from clearprop.train import step_graph
from clearprop.train.scalars import scalar_table

rng = np.random.default_rng(0)
ROWS = 7
X, Y = rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 2))


def steps(executor, batches):
    """The state, and what a session of it is to run."""
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2)], "squared_error", dtype="float64")
    step = step_graph(net.architecture, cp.GradientDescent(), "f64")
    state = net.arrays()
    table = scalar_table(net.architecture, cp.GradientDescent(0.1), np.arange(len(batches)), 1, 1, 0)
    session = executor.load(step.graph, step.stored).open(state, list(state))
    return state, Steps(session, {"X": X, "y": Y}, batches, table, ["loss"])


def trained(executor, batches):
    state, work = steps(executor, batches)
    return state, work.run(lambda: False).reports


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("joins", [True, False])
def test_both_executors_take_the_rows_as_they_are_told(size, joins):
    order = np.stack([rng.permutation(ROWS) for _ in range(3)])
    batches = Batches(ROWS, size, 3, joins=joins, order=order)
    rows = [batch.tolist() for epoch in range(3) for batch in batches.of(epoch)]
    assert [row for batch in rows for row in batch] == order.ravel().tolist()
    state, losses = trained(default_executor(), batches)
    expected, expected_losses = trained(Reference(), batches)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-12)
    for name, array in expected.items():
        np.testing.assert_allclose(state[name], array, rtol=1e-12, atol=1e-14)


ORDER = np.array([[2, 0, 4, 1, 3], [4, 3, 2, 1, 0]])


def test_an_order_of_some_of_the_rows_counts_among_them():
    batches = Batches(5, 2, 2, joins=False, among=np.array([6, 1, 3, 0, 5]), order=ORDER)
    assert [rows.tolist() for rows in batches.of(0)] == [[3, 6], [5, 1], [0]]
    state, losses = trained(default_executor(), batches)
    expected, expected_losses = trained(Reference(), batches)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-12)
    for name, array in expected.items():
        np.testing.assert_allclose(state[name], array, rtol=1e-12, atol=1e-14)


def test_side_by_side_each_has_its_own_order_and_last_row():
    orders = [
        Batches(5, 2, 2, joins=False, order=ORDER),
        Batches(5, 2, 2, among=np.array([6, 1, 3, 0, 5]), order=ORDER[::-1].copy()),
        Batches(5, 2, 2, seed=3, joins=False),
    ]
    work = [steps(default_executor(), batches) for batches in orders]
    outcomes = run_together([each for _, each in work], 2, lambda _: False)
    for batches, (state, _), outcome in zip(orders, work, outcomes, strict=True):
        alone, losses = trained(default_executor(), batches)
        np.testing.assert_array_equal(outcome.reports, losses)
        for name, array in alone.items():
            np.testing.assert_array_equal(state[name], array)


def test_a_last_row_alone():
    assert [len(b) for b in Batches(7, 3, shuffle=False).of(0)] == [3, 4]
    assert [len(b) for b in Batches(7, 3, shuffle=False, joins=False).of(0)] == [3, 3, 1]
    np.testing.assert_allclose(Batches(7, 3, joins=False).shares, [3 / 7, 3 / 7, 1 / 7])


@pytest.mark.parametrize("order", [np.full((1, 7), 7), np.full((1, 7), -1), np.zeros((2, 7), int), np.zeros((1, 7))])
def test_row_numbers_that_are_none(order):
    with pytest.raises(InvalidValueError):
        Batches(7, 3, 1, order=order)
