"""Parameters kept in float64 where everything is computed in float32: against NumPy, and what runs it."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute import Batches, instruction_sets
from clearprop.execute.native import Native
from clearprop.graph import ElementTypes, check, with_casts
from clearprop.train import step_graph

rng = np.random.default_rng(0)
X, y = rng.normal(size=(16, 3)).astype(np.float32), rng.normal(size=(16, 2)).astype(np.float32)
MIXED = ElementTypes("float32", parameters="float64")


def trained(step, parameters, rate, steps=4):
    state = {name: a.copy() for name, a in parameters.items()}
    state |= {name: np.zeros(shape, parameters[name.split(".")[1]].dtype) for name, shape in step.slots.items()}
    numbers = cp.Adam().scalars(1 + np.arange(steps)) if step.slots else {}
    table = {"η": np.full(steps, rate)} | {name: np.broadcast_to(v, steps).astype(float) for name, v in numbers.items()}
    program = cp.Reference().load(step.graph, step.stored)
    program.run_steps(state, {"X": X, "y": y}, Batches(16, 16, steps, shuffle=False), table, ["loss"], lambda: False)
    return state


def start(dtype):
    network = cp.Network(3, [cp.Dense(2)], "squared_error", dtype="float64", seed=1)
    return network.architecture, {name: a.astype(dtype) for name, a in network.arrays().items()}


def test_gradients_are_those_of_float32_and_steps_those_of_float64():
    architecture, parameters = start(np.float64)
    step = step_graph(architecture, cp.GradientDescent(), MIXED)
    check(step.graph)
    W, b = parameters["W1"], parameters["b1"]
    for _ in range(4):
        delta = (X @ W.astype(np.float32) + b.astype(np.float32) - y) / np.float32(16)
        assert delta.dtype == np.float32
        W, b = W - 1e-9 * (X.T @ delta).astype(np.float64), b - 1e-9 * delta.sum(0).astype(np.float64)
    state = trained(step, parameters, 1e-9)
    for made, expected, first in ((state["W1"], W, parameters["W1"]), (state["b1"], b, parameters["b1"])):
        assert made.dtype == np.float64
        np.testing.assert_allclose(made - first, expected - first, rtol=1e-5)


@pytest.mark.parametrize("optimizer", [cp.GradientDescent(), cp.Adam()])
def test_steps_too_small_for_float32_add_up(optimizer):
    architecture, parameters = start(np.float64)
    mixed = trained(step_graph(architecture, optimizer, MIXED), parameters, 1e-10)
    _, narrow = start(np.float32)
    single = trained(step_graph(architecture, optimizer, "f32"), narrow, 1e-10)
    assert np.array_equal(single["W1"], narrow["W1"])
    assert (mixed["W1"] != parameters["W1"]).all()


def test_the_casts_can_be_seen_and_there_are_none_without_need():
    architecture, _ = start(np.float64)
    assert "f32[3, 2] = cast W1" in repr(step_graph(architecture, cp.Adam(), MIXED).graph)
    same = [
        repr(step_graph(architecture, cp.Adam(), t).graph) for t in ("f32", ElementTypes(), ElementTypes("f32", "f32"))
    ]
    assert same[0] == same[1] == same[2]
    loss = architecture.loss_graph("f32")
    assert with_casts(loss, {"W1": "f32"}) is loss


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_the_native_machine_says_why_the_reference_runs_it():
    architecture, _ = start(np.float64)
    step = step_graph(architecture, cp.Adam(), MIXED)
    assert Native().load(step.graph, step.stored).why == "values of f32 and f64"
