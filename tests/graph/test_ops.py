"""Every op in the registry, tested the day it is added: its type, its gradient, and what it is defined by."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute.reference import PRIMITIVES
from clearprop.graph import OPS, Graph, Type, expand, gradient, same_structure, simplify, variable
from clearprop.plan import any_of, lower
from numeric import as_complex, central_difference, complex_step, draw, is_analytic

CASES = [(op, example) for op in OPS.values() for example in op.examples]
FLOAT64 = [(op, ex) for op, ex in CASES if all(t.dtype != "f32" for t in ex.types)]
# uniform and greater have no derivative: their values are no continuous functions of their inputs
DIFFERENTIABLE = [(op, ex) for op, ex in FLOAT64 if op.name not in ("uniform", "greater")]
FUSED = [(op, ex) for op, ex in CASES if op.fused]


def name_of(case):
    op, example = case
    attrs = "".join(f",{k}={v}" for k, v in example.attrs.items())
    return f"{op.name}({'x'.join(str(t) for t in example.types)}{attrs})"


def build(op, example):
    xs = [variable(f"x{i}", t.shape, t.dtype) for i, t in enumerate(example.types)]
    return op(*xs, **example.attrs), xs


def values_for(example, seed=0):
    rng = np.random.default_rng(seed)
    domains = (*example.domains, *["real"] * len(example.types))
    return {f"x{i}": draw(rng, t, domains[i]) for i, t in enumerate(example.types)}


def test_every_op_has_examples():
    assert [op.name for op in OPS.values() if not op.examples] == ["variable", "constant", "size"]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=name_of)
def test_gradient_against_one_random_direction(case):
    """⟨u, J v⟩ from the op's own values, ⟨Jᵀu, v⟩ from its derivative rule: two evaluations check any shape."""
    op, example = case
    y, xs = build(op, example)
    rng = np.random.default_rng(1)
    values = values_for(example)
    moving = [x for x in xs if x.type.is_float]
    v = {x.name: rng.normal(size=x.shape) for x in moving}
    u = rng.normal(size=y.shape)
    upstream = variable("u", y.shape)
    by_rule = cp.evaluate(dict(zip(v, gradient(y, moving, upstream), strict=True)), {**values, "u": u})
    actual = sum(np.sum(by_rule[name] * v[name]) for name in v)
    if op.name == "stop_gradient":
        assert actual == 0
        return
    if is_analytic(y):
        expected, tolerance = np.sum(u * complex_step(y, values, v)), 1e-13
    else:
        expected, tolerance = np.sum(u * central_difference(y, values, v)), 1e-8
    assert actual == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("case", [c for c in FLOAT64 if c[0].name in ("abs", "maximum", "erf")], ids=name_of)
def test_ops_that_spoil_the_complex_step_say_so(case):
    assert not case[0].analytic


@pytest.mark.parametrize("case", FUSED, ids=name_of)
def test_definition_has_the_ops_type(case):
    op, example = case
    y, xs = build(op, example)
    assert op.definition(*xs, **example.attrs).type == y.type
    if op.stable is not None:
        assert op.stable(*xs, **example.attrs).type == y.type


@pytest.mark.parametrize("case", FUSED, ids=name_of)
def test_what_runs_equals_the_definition_on_moderate_inputs(case):
    op, example = case
    y, _ = build(op, example)
    values = values_for(example)
    tolerance = 1e-6 if y.dtype == "f32" else 1e-14
    scale = np.abs(cp.evaluate(expand(y), values)).max()
    np.testing.assert_allclose(
        cp.evaluate(y, values), cp.evaluate(expand(y), values), rtol=tolerance, atol=tolerance * max(scale, 1)
    )


@pytest.mark.parametrize("case", FUSED, ids=name_of)
def test_gradient_rule_equals_the_definitions_gradient(case):
    op, example = case
    y, xs = build(op, example)
    moving = [x for x in xs if x.type.is_float]
    upstream = variable("u", y.shape, y.dtype)
    values = values_for(example) | {"u": np.random.default_rng(2).normal(size=y.shape)}
    names = [x.name for x in moving]
    by_rule = cp.evaluate(dict(zip(names, gradient(y, moving, upstream), strict=True)), values)
    definition = op.definition(*xs, **example.attrs)
    by_definition = cp.evaluate(dict(zip(names, gradient(expand(definition), moving, upstream), strict=True)), values)
    tolerance = 1e-5 if y.dtype == "f32" else 1e-13
    for name in names:
        np.testing.assert_allclose(by_rule[name], by_definition[name], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", FUSED, ids=name_of)
def test_simplify_finds_the_op_in_its_expansion(case):
    op, example = case
    y, _ = build(op, example)
    found = simplify(expand(y))
    assert found.op is op
    assert dict(found.attrs) == dict(y.attrs)
    assert same_structure(found, simplify(y))


@pytest.mark.parametrize("op", OPS.values(), ids=lambda op: op.name)
def test_the_reference_executor_covers_every_op(op):
    """A primitive has a kernel of its own; a fused op lowers to primitives."""
    if op.kind == "leaf":
        return
    for example in op.examples:
        y, _ = build(op, example)
        lowered = lower(Graph({"y": y}), any_of({*PRIMITIVES, "variable", "constant"}))
        assert all(node.op.name in PRIMITIVES or node.op.kind == "leaf" for node in lowered)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "elu", "silu", "gelu", "relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_overflow_where_the_mathematics_has_none(name, dtype):
    x = variable("x", (6,), dtype)
    y = getattr(cp, name)(x)
    values = cp.evaluate({"y": y, "dx": gradient(cp.sum(y), x)}, {"x": [-1000, -100, -1, 1, 100, 1000]})
    assert np.isfinite(values["y"]).all()
    assert np.isfinite(values["dx"]).all()
    limits = {"sigmoid": (0, 1), "tanh": (-1, 1), "elu": (-1, 1000)}.get(name, (0, 1000))
    assert values["y"][[0, -1]] == pytest.approx(limits)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_softmax_and_cross_entropies_do_not_overflow(shift):
    z = variable("z", (2, 3))
    logits = np.array([[0.0, 1.0, 2.0], [-3.0, 0.0, 3.0]]) + shift
    p = np.exp([[0.0, 1.0, 2.0], [-3.0, 0.0, 3.0]])
    p /= p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(cp.evaluate(cp.softmax(z), {"z": logits}), p, rtol=1e-12)
    t = variable("t", (2, 3))
    loss = cp.evaluate(cp.softmax_cross_entropy(z, t), {"z": logits, "t": np.eye(3)[[0, 2]]})
    np.testing.assert_allclose(loss, -np.log(p[[0, 1], [0, 2]]), rtol=1e-12)


def test_sigmoid_cross_entropy_at_extreme_logits():
    z, y = variable("z", (4,)), variable("y", (4,))
    L = cp.sigmoid_cross_entropy(z, y)
    values = cp.evaluate({"L": L, "dz": gradient(cp.sum(L), z)}, {"z": [-1000, -1000, 1000, 1000], "y": [0, 1, 0, 1]})
    assert values["L"].tolist() == [0, 1000, 1000, 0]
    assert values["dz"].tolist() == [0, -1, 1, 0]


def test_relu_has_derivative_zero_at_zero_however_it_is_written():
    x = variable("x")
    for y in (cp.relu(x), cp.maximum(x, 0.0), cp.maximum(0.0, x), simplify(cp.maximum(0.0, x))):
        assert cp.evaluate(gradient(y, x), {"x": 0.0}) == 0
    assert cp.evaluate(gradient(cp.maximum(x, x), x), {"x": 0.0}) == 1


def test_cross_entropy_of_targets_that_do_not_sum_to_one():
    """p·Σt − t, not p − t: weights such as rewards are legitimate targets too."""
    z, t = variable("z", (3,)), variable("t", (3,))
    dz = cp.evaluate(gradient(cp.softmax_cross_entropy(z, t), z), {"z": [0.0, 0.0, 0.0], "t": [3.0, 0.0, 0.0]})
    np.testing.assert_allclose(dz, [-2.0, 1.0, 1.0], rtol=1e-15)


def test_complex_retyping_leaves_no_real_float():
    assert as_complex(cp.sigmoid(variable("x"))).type == Type((), "c128")
