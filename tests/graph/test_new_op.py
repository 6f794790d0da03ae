"""Two ops that are defined here and nowhere else: what their records say is all that anything knows of them."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute import Native, Reference
from clearprop.execute.native import instruction_sets
from clearprop.execute.reference import FAST, FIXED_ORDER, PRIMITIVES
from clearprop.graph import OPS, Example, Graph, Op, Type, expand, gradient, same_structure, simplify, variable
from clearprop.graph.entries import Entry
from clearprop.graph.fused.record import fused
from clearprop.graph.node import register
from clearprop.graph.primitives import elementwise as e
from numeric import complex_step

X, Y = np.random.default_rng(0).normal(size=(6, 3)), np.random.default_rng(1).normal(size=(6, 2))


def value(x):
    return x / np.sqrt(1 + x * x)


def slope(x):
    return (1 + x * x) ** -1.5


@pytest.fixture
def isru():
    """x/√(1 + x²), the inverse square root unit: a fused op."""
    yield fused(
        "isru",
        lambda x: x / e.sqrt(x * x + 1.0),
        formula=r"\mathrm{isru}(#1)",
        gradient=lambda y, g, x: (g * (x * x + 1.0) ** -1.5,),
        examples=(Example((Type((2, 3), "f64"),)),),
        sign=r"\rho",
        title="ISRU",
    )
    del OPS["isru"]


@pytest.fixture
def network(isru):
    return cp.Network(3, [cp.Dense(4, isru), cp.Dense(2)], "squared_error", seed=1, dtype="float64")


def test_simplify_finds_it_and_expand_undoes_it(isru):
    x = variable("x", (5,))
    y = x / cp.sqrt(x * x + 1.0)
    assert simplify(y).op is isru
    assert same_structure(expand(isru(x)), expand(y))


def test_its_value_and_its_derivative(isru):
    x, at = variable("x", (6,)), X[:, 0]
    found = cp.evaluate({"y": isru(x), "dx": gradient(isru(x), x, variable("g", (6,)))}, {"x": at, "g": np.ones(6)})
    np.testing.assert_allclose(found["y"], value(at), rtol=1e-14)
    np.testing.assert_allclose(found["dx"], slope(at), rtol=1e-14)
    np.testing.assert_allclose(found["dx"], complex_step(isru(x), {"x": at}, {"x": np.ones(6)}), rtol=1e-14)


@pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
def test_it_runs_natively_as_a_chain_and_trains_as_on_the_reference(isru, network):
    """Without a line of C++: what has no kernel of its own runs as the ops that it is defined by."""
    lines = str(network.plan()).splitlines()
    made = next(i for i, line in enumerate(lines) if "→  a1" in line)
    first = next(i for i, line in enumerate(lines) if "→  z1" in line)
    assert [line.split()[1] for line in lines[first + 1 : made + 1]] == ["multiply", "add", "sqrt", "divide"]
    trained = []
    for executor in (Native(1), Reference()):
        net = cp.Network(3, [cp.Dense(4, isru), cp.Dense(2)], "squared_error", seed=1, dtype="float64")
        net.fit(X, Y, epochs=20, batch_size=3, executor=executor)
        trained.append(net.parameters["W1"])
    np.testing.assert_allclose(trained[0], trained[1], rtol=1e-10)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_explains_itself(network, lang):
    trace = network.trace(X[0], Y[0])
    text = trace.explain(lang=lang, digits=8, detail="elements").to_text()
    assert "a[1] = isru(z[1])" in text
    assert text.count("isru(x) = x/√(x² + 1)") == 1  # what it means is said once
    z = trace.z[1][0]
    assert z[0] > 0.1
    assert f"  a[1]₁ = isru(z[1]₁)\n        = isru({z[0]:.8f})\n        = {value(z[0]):.8f}\n" in text
    np.testing.assert_allclose(trace.a[1][0], value(z), rtol=1e-14)
    np.testing.assert_allclose(trace.dz[1], trace.da[1] * slope(trace.z[1]), rtol=1e-13)


def test_it_is_drawn(isru, network):
    x = variable("x")
    assert "ISRU" in cp.draw(isru(x), {"x": 0.5}).svg
    assert "ISRU" not in cp.draw(isru(x), {"x": 0.5}, zoom="primitives").svg
    assert "ISRU" in cp.draw(network.trace(X[0], Y[0]), zoom="layers").svg


@pytest.mark.parametrize(("lang", "title"), [("en", "Back through ρ"), ("zh", "反向经过 ρ")])
def test_it_is_walked_through(network, lang, title):
    trace = network.trace(X[0], Y[0])
    walk = trace.step_by_step(lang=lang)
    assert title in walk.to_html()
    for k, z in enumerate(trace.z[1][0], 1):
        assert walk.circuit.values[f"a1[{k}]"] == pytest.approx(value(z))
        assert walk.circuit.gradients[f"z1[{k}]"] == pytest.approx(walk.circuit.gradients[f"a1[{k}]"] * slope(z))


# --- a primitive, whose elements stand elsewhere than they did


def reversed_type(x: Type) -> Type:
    return x


def mirrored(node, index, run):
    """Its element rule: column k from the right."""
    (x,) = node.inputs
    return Entry(x, (*index[:-1], run.length(x.shape[-1]) - 1 - index[-1]))


@pytest.fixture
def mirror(monkeypatch):
    """The columns from right to left. NumPy's line is the only one beside the record."""
    for table in (PRIMITIVES, FAST, FIXED_ORDER):
        monkeypatch.setitem(table, "mirror", lambda x: x[..., ::-1])
    yield register(
        Op(
            "mirror",
            reversed_type,
            lambda y, g, x: (OPS["mirror"](g),),
            r"\mathrm{mirror}(#1)",
            kind="movement",
            examples=(Example((Type((2, 3), "f64"),)),),
            sign=r"\leftarrow",
            rule=mirrored,
        )
    )
    del OPS["mirror"]


def test_a_primitive_is_written_element_by_element(mirror):
    net = cp.Network(2, [cp.Dense(3, mirror), cp.Dense(1)], "squared_error", seed=1, dtype="float64")
    trace = net.trace(X[:2, :2], Y[:2, 0])
    np.testing.assert_array_equal(trace.a[1], trace.z[1][:, ::-1])
    np.testing.assert_array_equal(trace.dz[1], trace.da[1][:, ::-1])
    text = trace.explain(detail="elements").to_text()
    assert "a[1] = mirror(z[1])" in text
    assert "\n  a[1](2)₁ = z[1](2)₃" in text
    assert "←" in cp.draw(Graph({"y": cp.sum(mirror(variable("x", (3,))))})).svg


def test_a_primitive_that_only_numpy_computes_trains_on_the_reference(mirror):
    net = cp.Network(2, [cp.Dense(3, mirror), cp.Dense(1)], "squared_error", seed=1, dtype="float64")
    if instruction_sets():
        assert "'mirror'" in Native(1).load(net.step_graph()).why
    before = net.evaluate(X[:, :2], Y[:, 0])["loss"]
    net.fit(X[:, :2], Y[:, 0], epochs=20)
    assert net.evaluate(X[:, :2], Y[:, 0])["loss"] < before


def test_a_primitive_without_a_rule_is_shown_whole(mirror):
    object.__setattr__(mirror, "rule", None)
    net = cp.Network(2, [cp.Dense(3, mirror), cp.Dense(1)], "squared_error", seed=1, dtype="float64")
    text = net.trace(X[:2, :2], Y[:2, 0]).explain(detail="elements").to_text()
    assert "a[1] = mirror(z[1])" in text
    assert "\n  a[1](2)₁ = " not in text
    assert "mirror" in text.split("a[1] = mirror(z[1])")[1].split("Layer 2")[0]  # and it is said why
