"""Properties of random graphs: the gradient, the rewriting and the plan are right for any of them."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given

import clearprop as cp
from clearprop.graph import Graph, check, eliminate_common, expand, gradient, same_structure, simplify, topological
from numeric import central_difference, complex_step
from random_graphs import graphs


def used(y, values):
    names = Graph({"y": y}).inputs
    assume(names)
    return {name: values[name] for name in names}


@given(graphs(analytic=True))
def test_gradient_equals_the_complex_step(case):
    y, values = case
    values = used(y, values)
    rng = np.random.default_rng(0)
    v = {name: rng.normal(size=x.shape) for name, x in values.items()}
    variables = [Graph({"y": y}).inputs[name] for name in v]
    by_rule = cp.evaluate(dict(zip(v, gradient(y, variables), strict=True)), values)
    actual = sum(np.sum(by_rule[name] * v[name]) for name in v)
    np.testing.assert_allclose(actual, complex_step(y, values, v), rtol=1e-9, atol=1e-12)


@given(graphs())
def test_gradient_equals_finite_differences_away_from_kinks(case):
    y, values = case
    values = used(y, values)
    rng = np.random.default_rng(0)
    v = {name: rng.normal(size=x.shape) for name, x in values.items()}
    coarse, fine = (central_difference(y, values, v, h) for h in (1e-5, 5e-6))
    assume(abs(coarse - fine) < 1e-7 * (1 + abs(fine)))  # they disagree where a kink lies between the two points
    variables = [Graph({"y": y}).inputs[name] for name in v]
    by_rule = cp.evaluate(dict(zip(v, gradient(y, variables), strict=True)), values)
    actual = sum(np.sum(by_rule[name] * v[name]) for name in v)
    np.testing.assert_allclose(actual, fine, rtol=1e-5, atol=1e-7)


@given(graphs(analytic=True))
def test_the_gradient_can_be_differentiated_again(case):
    """The Hessian times v, from the gradient of ⟨∇y, v⟩, against the complex step of the gradient."""
    y, values = case
    values = used(y, values)
    name = next(iter(values))
    x = Graph({"y": y}).inputs[name]
    v = np.random.default_rng(0).normal(size=x.shape)
    first = gradient(y, x)
    direction = cp.variable("v", x.shape)
    second = cp.evaluate(gradient(cp.sum(first * direction), x), {**values, "v": v})
    expected = complex_step(first, values, {name: v})
    np.testing.assert_allclose(second, expected, rtol=1e-7, atol=1e-9)


@given(graphs())
def test_simplify_undoes_expand(case):
    y, values = case
    graph = Graph({"y": y, "dx": gradient(y, topological([y])[0])}) if used(y, values) else Graph({"y": y})
    values = used(y, values)
    direct, detour = simplify(graph), simplify(expand(graph))
    assert same_structure(simplify(Graph({"y": y})), simplify(expand(Graph({"y": y}))))
    assert same_structure(simplify(direct), direct), "simplify is idempotent"
    before = cp.evaluate(graph, values)
    for after in (cp.evaluate(direct, values), cp.evaluate(detour, values), cp.evaluate(expand(graph), values)):
        for name in before:
            np.testing.assert_allclose(after[name], before[name], rtol=1e-9, atol=1e-11)


@given(graphs())
def test_rewriting_keeps_types_and_names(case):
    y, values = case
    graph = Graph({"y": y}).keeping_names()
    for other in (simplify(graph), eliminate_common(graph), simplify(graph, keep_names=True)):
        check(other)
        assert set(other.outputs) == set(graph.outputs)
        assert {other[name].name for name in graph.outputs if name != "y"} <= set(graph.outputs)
    before, after = (cp.evaluate(g, used(y, values)) for g in (graph, simplify(graph)))
    for name in before:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-9, atol=1e-11)


@given(graphs())
def test_a_plan_with_shared_buffers_equals_one_without(case):
    y, values = case
    values = used(y, values)
    inputs = list(Graph({"y": y}).inputs.values())
    gradients = {f"d{i}": d for i, d in enumerate(gradient(y, inputs))}
    graph = simplify(Graph({"y": y, **gradients}))
    shared = cp.Reference().load(graph)
    apart = cp.Reference().load(graph, reuse=False)
    assert len(shared.plan.slots) <= len(apart.plan.slots)
    one, other = shared.run(values), apart.run(values)
    assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
    again = shared.run(values)
    assert all(np.array_equal(one[name], again[name], equal_nan=True) for name in one), "a run leaves nothing behind"
