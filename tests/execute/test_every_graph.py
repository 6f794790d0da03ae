"""The native machine computes every graph as the reference means it: random graphs of every op, rank and order.

300 graphs here; `make fuzz-graphs` runs any number, from seed to seed, and counts what it reached.
"""

from __future__ import annotations

import os
import re
from collections import Counter

import numpy as np
import pytest

import clearprop as cp
from any_graph import random_case
from bounded import Bounds
from clearprop import graph as g
from clearprop.execute import Batches, Native, Reference, evaluate, instruction_sets
from clearprop.execute.native import NativeProgram
from clearprop.execute.takes import takes, why_not
from clearprop.graph import OPS, Graph, N, gradient, variable
from clearprop.graph import check as check_types
from clearprop.plan import lower
from native_equals import check

needs_machine = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
GRAPHS = int(os.environ.get("CLEARPROP_GRAPHS", "300"))
AT_ONCE = 25


@needs_machine
@pytest.mark.alone
@pytest.mark.parametrize("first", range(0, GRAPHS, AT_ONCE))
def test_random_graphs(first):
    sets = instruction_sets()
    for seed in range(first, min(first + AT_ONCE, GRAPHS)):
        check(seed, sets[seed % len(sets)])


@needs_machine
def test_the_graphs_reach_every_op_and_every_rank():
    seen = Counter()
    for seed in range(200):
        case = random_case(seed)
        check_types(case.graph)
        seen.update(node.op.name for node in case.graph.nodes)
        seen.update(str(["N" if d is N else min(d, 2) for d in node.shape]) for node in case.graph.nodes)
        seen["native"] += not why_not(lower(case.graph, takes), case.stored)
    assert set(OPS) <= set(seen)
    assert {"[]", "['N']", "[2]", "[1]", "['N', 2]", "['N', 1]", "[2, 2]", "[2, 1]", "[1, 2]", "[1, 1]"} <= set(seen)
    assert seen["native"] > 170, "most graphs are ones that the machine runs"


def test_a_case_is_a_pure_function_of_its_seed():
    for seed in (0, 7, 19):
        one, other = random_case(seed), random_case(seed)
        assert repr(one.graph) == repr(other.graph)
        for a, b in zip(one.values, other.values, strict=True):
            assert {k: v.tobytes() for k, v in a.items()} == {k: v.tobytes() for k, v in b.items()}


def test_the_bound_is_near_the_error_of_a_product_and_spans_both_sides_of_a_jump():
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(20, 30)).astype("f4"), rng.normal(size=(30, 10)).astype("f4")
    a, b = variable("a", (20, 30), "f32"), variable("b", (30, 10), "f32")
    bounded = Bounds("f32", 0).of({"y": g.matmul(a, b)}, {"a": A, "b": B})["y"]
    error = np.abs(A @ B - A.astype("f8") @ B)
    assert (error < bounded.e).all()
    assert (bounded.e < 1e-3).all()
    jump = Bounds("f32", 0).of({"y": g.sign(g.sum(a * 1e-9, 1) - g.sum(a * 1e-9, 1))}, {"a": A})["y"]
    assert (jump.e == 1).all(), "which side it is on, nobody knows"


# --- what the machine does not take


x, w, v, c = variable("x", (N, 7)), variable("w", (7,)), variable("v", (N,)), variable("c", (N, 1))


@needs_machine
@pytest.mark.parametrize(
    ("node", "kernels"),
    [
        (g.affine(x, w, v), {"matmul", "chain"}),
        (g.softmax(v), {"max", "chain", "sum"}),
        (g.matmul(g.sum(c, 1), x), {"matmul"}),
        (g.softmax(g.sum(c, 1)), {"max", "chain", "sum"}),
        (gradient(g.tanh(g.sum(x)), [x])[0], None),
    ],
)
def test_what_a_kernel_does_not_take_runs_as_its_stable_form(node, kernels):
    graph = Graph({"y": node})
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=[5 if d is N else d for d in i.shape]) for name, i in graph.inputs.items()}
    program = Native(3).load(graph)
    assert isinstance(program, NativeProgram)
    assert kernels is None or {s.kernel for s in program.plan.steps if s.domain} == kernels
    np.testing.assert_allclose(program.run(given)["y"], evaluate(node, given), rtol=1e-11)


def test_what_the_machine_has_no_kernel_for_says_why():
    t = variable("t", (N,), "i64")
    for node, why in {
        g.exp(variable("a", (2, 3, 4))): r"three axes or more: f64\[2, 3, 4\]",
        g.exp(variable("e", (0, 3))): "without elements",
        g.cast(g.cast(v, "i64"), "f64"): "a cast from f64 to i64",
        g.cast(t, "f64"): "a cast from i64 to f64",
        g.cast(variable("s", (N,), "f32"), "f64"): "values of f32 and f64",
        g.where(variable("b", (N,), "bool"), v, v): "truth values as an input",
    }.items():
        program = Native().load(Graph({"y": node})) if instruction_sets() else None
        if program is not None:
            assert not isinstance(program, NativeProgram)
            assert re.search(why, program.why), program.why


@needs_machine
def test_a_chain_that_needs_more_than_a_chain_may_hold_is_cut():
    rows = [variable(f"r{i}", (7,)) for i in range(60)]
    spread = [g.tanh(x) * g.broadcast(r, (N, 7), (1,)) for r in rows]
    y = spread[0]
    for s in spread[1:]:
        y = g.sin(y) + s * y
    given = {"x": np.random.default_rng(0).normal(size=(9, 7))}
    given |= {str(r.name): np.random.default_rng(i).normal(size=7) for i, r in enumerate(rows)}
    program = Native(2).load(Graph({"y": y}))
    assert isinstance(program, NativeProgram)
    assert len(program.plan.steps) > 2
    np.testing.assert_allclose(program.run(given)["y"], evaluate(y, given), rtol=1e-12)


@needs_machine
@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_reported_of_a_step_is_what_was_before_it(threads):
    """A report of the old state, of a number that the step makes of numbers, and of a constant."""
    s, rate = variable("s"), variable("rate")
    loss = g.sum(g.sum(x * x, 1), 0)
    outputs = {"loss": loss, "old": g.identity(s), "twice": rate * 2.0, "one": g.constant(1.0, s.type), "s'": s + 1.0}
    told = []
    for executor in (Reference(), Native(threads)):
        program = executor.load(Graph(outputs), {"s'": "s"})
        state = {"s": np.array(5.0)}
        table = {"rate": np.array([0.5, 0.25])}
        batches = Batches(4, 2, 1, shuffle=False)
        outcome = program.run_steps(state, {"x": np.ones((4, 7))}, batches, table, [*outputs][:4], lambda: False)
        told.append((outcome.reports.tolist(), state["s"].tolist()))
    assert told[0] == told[1] == ([[14.0, 5.0, 1.0, 1.0], [14.0, 6.0, 0.5, 1.0]], 7.0)


def test_a_constant_has_the_batch_size_in_front_only():
    with pytest.raises(cp.errors.ShapeError, match="batch size on axis 0 only"):
        g.constant(1.0, cp.graph.Type((1, N), "f64"))


@needs_machine
@pytest.mark.alone
@pytest.mark.parametrize("threads", [2, 4])
def test_a_step_of_one_phase_can_end_the_training(threads):
    """Thread 0 sees a loss that is no number and stops; a thread that is late must not miss that step."""
    s, rate = variable("s", (5, 3)), variable("rate")
    graph = Graph({"loss": g.log(rate), "s'": g.tanh(s) * 2.0})
    program = Native(threads).load(graph, {"s'": "s"})
    assert {step.phase for step in program.plan.steps} == {0}
    for _ in range(300):
        batches = Batches(4, 2, 3, shuffle=False)
        state, table = {"s": np.ones((5, 3))}, {"rate": np.array([1.0, 1.0, -1.0, 1.0, 1.0, 1.0])}
        outcome = program.run_steps(state, {}, batches, table, ["loss"], lambda: False, ("s",))
        assert outcome.diverged
        assert len(outcome.reports) == 3
