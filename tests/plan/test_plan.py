"""Plans are data: steps, slots, lifetimes, costs."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute import Reference
from clearprop.graph import Graph, N, Type, variable
from clearprop.plan import PerBatch, any_of, build_plan, elements, size_in_bytes
from clearprop.plan.build import root

NETWORK = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2, "softmax")], "cross_entropy")
TRAIN, PREDICT = (Reference().load(g).plan for g in (NETWORK.step_graph(), NETWORK.graph()))


@pytest.mark.parametrize("plan", [TRAIN, PREDICT], ids=["train", "predict"])
def test_no_live_value_is_overwritten(plan):
    """Two values in one slot never live at the same time; in place, one dies in the step that makes the other."""
    for i, a in enumerate(plan.values):
        for b in plan.values[i + 1 :]:
            if a.place == b.place == "slot" and a.slot == b.slot:
                assert a.dies <= b.born or b.dies <= a.born


@pytest.mark.parametrize("plan", [TRAIN, PREDICT], ids=["train", "predict"])
def test_every_value_is_made_before_it_is_read(plan):
    for i, step in enumerate(plan.steps):
        for v in step.inputs:
            assert plan.values[v].born < i
            assert plan.values[root(plan.values, v)].dies >= i


def test_slots_are_large_enough_for_what_is_in_them():
    for value in TRAIN.values:
        if value.place == "slot":
            assert TRAIN.slots[value.slot].covers(size_in_bytes(value.type))


def test_sharing_saves_memory():
    graph = NETWORK.step_graph()
    kernels = any_of({*Reference().kernels, "variable", "constant"})
    shared, apart = build_plan(graph, kernels), build_plan(graph, kernels, reuse=False)
    assert shared.memory(1000) < 0.6 * apart.memory(1000)


def test_a_view_keeps_its_source_alive():
    x = variable("x", (2, 3))
    row = cp.sum(x, 0)
    late = cp.exp(cp.exp(x)) + cp.broadcast(row, (2, 3), [1])
    plan = build_plan(Graph({"y": late}), any_of({*Reference().kernels, "variable", "constant"}))
    view = next(v for v in plan.values if v.place == "view")
    assert plan.values[view.source].dies == view.dies == len(plan.steps) - 1


def test_flops_of_a_network_by_hand():
    """784-512-10 on N rows: 2·784·512 + 512 (bias) + 512 (tanh) + 2·512·10 + 10, all per row."""
    net = cp.Network(784, [cp.Dense(512, "tanh"), cp.Dense(10)])
    assert net.plan("predict").flops == PerBatch(0, 2 * 784 * 512 + 512 + 512 + 2 * 512 * 10 + 10)
    x, dz = variable("x", (N, 3)), variable("dz", (N, 4))
    dW = build_plan(Graph({"dW": cp.matmul(x, dz, transpose_a=True)}), any_of({"matmul", "variable"}))
    assert dW.flops == PerBatch(0, 2 * 3 * 4), "the batch is the inner dimension"


def test_sizes_are_functions_of_the_batch():
    assert elements(Type((N, 4), "f32"))(10) == 40
    assert size_in_bytes(Type((3, 4), "f64")) == PerBatch(96, 0)
    assert str(PerBatch(8, 4)) == "8 + 4N"
    assert (PerBatch(8, 4) + PerBatch(1, 0))(2) == 17


def test_a_primitive_without_a_kernel_is_a_fault_of_the_executor():
    with pytest.raises(KeyError, match="exp"):
        build_plan(Graph({"y": cp.exp(variable("x"))}), any_of({"variable"}))


def test_what_an_executor_lacks_runs_through_the_stable_form():
    x = variable("x", (3,))
    plan = build_plan(Graph({"y": cp.softplus(x)}), any_of({*Reference().kernels, "variable", "constant"}))
    kernels = [step.kernel for step in plan.steps]
    assert "log1p" in kernels
    assert "log" not in kernels


def test_the_printed_plan_names_steps_slots_and_costs():
    text = repr(NETWORK.plan("predict"))
    assert "affine" in text
    assert "z1: f32[N, 4]" in text
    assert "slot 0" in text
    assert "FLOPs" in text.splitlines()[-1]


def test_stored_outputs_never_overwrite_a_parameter_that_is_read_later():
    """All reads of W2 (forward and dX) see the old W2: the update equals one computed with separate buffers."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6, 3)), rng.integers(0, 2, 6)
    one = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(2, "softmax")], "cross_entropy", dtype="float64")
    trace = one.trace(X, y)
    expected = {k: one.parameters[k] - 0.5 * trace[f"d{k}"] for k in one.parameters}
    one.fit(X, y, optimizer=cp.GradientDescent(0.5), epochs=1, batch_size=6)
    for name, value in expected.items():
        np.testing.assert_allclose(one.parameters[name], value, rtol=1e-12)
