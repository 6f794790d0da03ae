"""The passes before the machine: nothing is lost, nothing is overwritten while somebody may read it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

import clearprop as cp
from clearprop.execute.codes import ELEMENTWISE
from clearprop.execute.takes import takes
from clearprop.graph import Graph, N, as_graph, gradient, matmul, simplify, variable
from clearprop.plan import passes
from clearprop.plan.phases import reads
from clearprop.train.step import step_graph
from plan_rules import broken, parts
from random_graphs import graphs

LAYERS = {
    "plain": [cp.Dense(8, "relu"), cp.Dense(40, "tanh")],
    "normalised": [
        cp.Dense(8),
        cp.BatchNorm(),
        cp.Activation("relu"),
        cp.Dropout(0.2),
        cp.Dense(5, "silu"),
        cp.LayerNorm(),
    ],
}
OPTIMIZERS = [
    cp.Adam(),
    cp.SGD(0.1, 0.9, True, weight_decay=0.1),
    cp.RMSProp(clip_norm=1.0),
    cp.AdamW(clip_value=0.1),
]
CASES = list(itertools.product(LAYERS, range(len(OPTIMIZERS))))


def planned(case):
    kind, which = case
    net = cp.Network(6, [*LAYERS[kind], cp.Dense(3, "softmax")], "cross_entropy", l2=0.01)
    step = step_graph(net.architecture, OPTIMIZERS[which], "f32", "labels")
    return passes(step.graph, takes, ELEMENTWISE, step.stored)


@pytest.mark.parametrize("case", CASES)
def test_every_value_is_made_before_it_is_read(case):
    """By an earlier phase; or in the same one, where both work on the same rows or on the same thread."""
    plan = planned(case)["memory"]
    made = {v: (0, "rows") for v in plan.inputs.values() if plan.values[v].type.shape[:1] == (N,)}
    for step in plan.steps:
        if not step.domain:
            continue
        inside = {p.output for p in parts(step)}
        for v in set(reads(step, plan)) - inside:
            if v in made:
                phase, domain = made[v]
                assert phase < step.phase or (phase == step.phase and domain == step.domain != "tiles")
            else:
                assert plan.values[v].place in ("input", "scalar", "view", "copy")
        made |= {p.output: (step.phase, step.domain) for p in parts(step)}


@pytest.mark.parametrize("case", CASES)
def test_a_buffer_is_used_again_only_when_nobody_can_be_reading_it(case):
    plan = planned(case)["memory"]
    born, last = {}, {}
    for i, step in enumerate(plan.steps):
        for v in reads(step, plan):
            last[v] = i
        for p in parts(step) if step.domain else ():
            born.setdefault(p.output, i)
    kept = set(plan.outputs.values())
    placed = [v for v, value in enumerate(plan.values) if value.place == "slot" and v in born]
    for a, b in itertools.permutations(placed, 2):
        if plan.values[a].slot != plan.values[b].slot or born[a] > born[b] or (born[a] == born[b] and a > b):
            continue
        assert a not in kept, "an output is never overwritten"
        end, start = last.get(a, born[a]), born[b]
        assert end <= start, f"{plan.values[a].label} is read after {plan.values[b].label} took its place"
        if end < start and plan.steps[end].phase == plan.steps[start].phase:
            assert plan.values[a].type == plan.values[b].type
            assert plan.steps[end].domain == plan.steps[start].domain == "rows"


@pytest.mark.parametrize("case", CASES)
def test_a_parameter_is_overwritten_after_its_last_reader(case):
    plan = planned(case)["memory"]
    for step in plan.steps:
        for part in parts(step):
            value = plan.values[part.output]
            if value.place == "state":
                others = [s for s in plan.steps if s is not step and value.source in set(reads(s, plan))]
                assert all(s.phase < step.phase for s in others)
        if step.twin is not None:
            assert all(s.phase < step.phase for s in plan.steps if step.twin in set(reads(s, plan)))


@pytest.mark.parametrize("case", CASES)
def test_no_work_is_lost_or_done_twice(case):
    made = planned(case)
    before = sorted(
        plan_step.kernel for plan_step in made["steps"].steps if plan_step.kernel not in ("identity", "sum")
    )
    views = made["fuse"].views.values()
    after = [p.kernel for s in made["fuse"].steps for p in parts(s)] + [v.kernel for v in views]
    assert before == sorted(k for k in after if k not in ("identity", "sum"))
    assert len(made["fuse"].steps) < 0.6 * len(made["steps"].steps)
    assert made["memory"].bytes(64) < 0.8 * made["steps"].bytes(64)


def test_what_only_the_backward_pass_reads_is_made_there():
    net = cp.Network(6, [cp.Dense(4, "tanh"), cp.Dense(1)], "mean_squared_error")
    step = step_graph(net.architecture, cp.SGD(momentum=0.9), "f32", "rows")
    plan = passes(step.graph, takes, ELEMENTWISE, step.stored)["memory"]
    backward = next(s for s in plan.steps if "dz1" in {plan.values[p.output].label for p in parts(s)})
    assert [p.kernel for p in backward.epilogue] == ["multiply", "subtract", "multiply"], "1 − a² is not kept"
    assert plan.values[backward.output].place == "register", "nor is da1"


def test_a_transposed_weight_is_kept_beside_it_and_another_matrix_is_transposed():
    a, b = variable("a", (3, 4)), variable("b", (5, 4))
    made = passes(as_graph(cp.matmul(a, b * 2.0, transpose_b=True)), takes, ELEMENTWISE)["memory"]
    assert [s.kernel for s in made.steps] == ["chain", "transpose", "matmul"]
    net = cp.Network(2, [cp.Dense(3, "relu"), cp.Dense(1)], "squared_error")
    step = step_graph(net.architecture, cp.Adam(), "f32", "rows")
    plan = passes(step.graph, takes, ELEMENTWISE, step.stored)["memory"]
    assert "transpose" not in {s.kernel for s in plan.steps}
    assert [plan.values[s.twin].label for s in plan.steps if s.twin is not None] == ["W2ᵀ"]


def test_the_printed_plan_shows_phases_and_epilogues():
    x = variable("x", (N, 3), "f32")
    W, b = variable("W", (3, 2), "f32"), variable("b", (2,), "f32")
    text = repr(passes(Graph({"y": cp.tanh(cp.affine(x, W, b)).named("y")}), takes, ELEMENTWISE)["memory"])
    assert "0 rows" in text
    assert "· tanh" in text
    assert "1 step," in text


# --- random graphs: what the threads of a phase may meet


@given(graphs())
def test_threads_never_meet_in_a_buffer(made):
    loss, values = made
    variables = [x for x in as_graph(loss).inputs.values() if x.name in values]
    found = {f"d{x.name}": dx for x, dx in zip(variables, gradient(loss, variables), strict=True) if dx is not None}
    plan = passes(simplify(Graph({"L": loss, **found})), takes, ELEMENTWISE)["memory"]
    assert broken(plan) == []


@pytest.mark.parametrize("case", CASES)
def test_threads_never_meet_in_a_training_step(case):
    assert broken(planned(case)["memory"]) == []


def test_a_value_that_two_steps_of_a_phase_read_is_not_overwritten_in_place():
    x = variable("x", (40, 30))
    y = cp.log_softmax(x)
    made = passes(Graph({"p": cp.softmax(y * y), "q": cp.softmax(y), "r": cp.sigmoid(y)}), takes, ELEMENTWISE)["memory"]
    assert broken(made) == []


def test_a_buffer_that_a_product_by_tiles_reads_is_not_given_away_in_the_same_phase():
    """The last step to read h goes row by row, but hᵀ·u reads all of its rows at the same time."""
    x, A, B, u = variable("x", (N, 3)), variable("A", (3, 5)), variable("B", (1, 5)), variable("u", (N, 2))
    h = x @ A
    by_tiles, by_rows = matmul(h, u, transpose_a=True), matmul(h, B, transpose_b=True)
    graph = Graph({"tiles": by_tiles, "rows": matmul(by_rows @ B, A, transpose_b=True)})
    made = passes(graph, takes, ELEMENTWISE)["memory"]
    assert broken(made) == []


def test_the_squares_of_a_penalty_are_not_in_memory():
    net = cp.Network(6, [cp.Dense(40, "tanh"), cp.Dense(1)], "mean_squared_error", l2=0.01)
    step = step_graph(net.architecture, cp.Adam(), "f32", "rows")
    plan = passes(step.graph, takes, ELEMENTWISE, step.stored)["memory"]
    squares = [s for s in plan.steps if s.attrs.get("squares")]
    assert [plan.values[s.inputs[0]].label for s in squares] == ["W1", "W2"]
    assert not [s for s in plan.steps if [p.kernel for p in s.epilogue] == ["power"]]


def test_squares_that_somebody_else_reads_stay_in_memory():
    x = variable("x", (40, 30))
    squares = x**2.0
    plan = passes(Graph({"s": cp.sum(cp.sum(squares, axis=1)), "y": squares}), takes, ELEMENTWISE)["memory"]
    assert not [s for s in plan.steps if s.attrs.get("squares")]
    alone = passes(Graph({"s": cp.sum(squares, axis=1)}), takes, ELEMENTWISE)["memory"]
    assert [s.kernel for s in alone.steps] == ["sum"]
    by_columns = passes(Graph({"s": cp.sum(squares, axis=0)}), takes, ELEMENTWISE)["memory"]
    assert not [s for s in by_columns.steps if s.attrs.get("squares")]
