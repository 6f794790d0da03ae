"""Syllabus 2.10: circles, sums and matrices say the same as the forward pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp
from clearprop.explain.representations import represent

rng = np.random.default_rng(3)
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def network(convention="row"):
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64", seed=1)
    net.parameters["b1"] = rng.normal(size=4)
    net.parameters["b2"] = rng.normal(size=1)
    return net, represent(net, "en", convention)


def lines_of(representation, section):
    return [
        line.strip()
        for step in representation.document.sections[section].sections
        for equation in step.equations
        for line in [" = ".join(cp.present.formula.to_text(side) for side in equation)]
    ]


@pytest.mark.parametrize("convention", ["row", "column"])
def test_the_sums_are_the_forward_pass(convention):
    """Each sum is read as text, its symbols looked up, and computed as it stands."""
    net, representation = network(convention)
    x = rng.normal(size=3)
    known = {f"a[0]{j}": x[j - 1] for j in (1, 2, 3)}
    for name, value in net.arrays().items():
        for index in np.ndindex(value.shape):
            at = [i + 1 for i in index]
            at = at[::-1] if convention == "column" else at
            known[f"{name[0].lower()}[{name[1]}]{''.join(map(str, at))}"] = value[index]
    known["b[2]"] = net.parameters["b2"][0]
    functions = {"tanh": np.tanh, "σ": lambda z: 1 / (1 + np.exp(-z))}
    for line in lines_of(representation, 0):
        left, right = line.translate(SUBSCRIPTS).split(" = ")
        function = re.fullmatch(r"(tanh|σ)\((.*)\)", right)
        if function:
            known[left] = functions[function[1]](known[function[2]])
        else:
            terms = [term.split(" · ") for term in right.split(" + ")]
            known[left] = sum(np.prod([known[factor] for factor in term]) for term in terms)
    assert known["a[2]"] == pytest.approx(net.predict(x)[0], abs=1e-14)
    np.testing.assert_allclose([known[f"z[1]{k}"] for k in (1, 2, 3, 4)], net.trace(x).z[1][0], atol=1e-14)


def test_the_matrices_in_both_conventions():
    _, row = network("row")
    _, column = network("column")
    assert lines_of(row, 1)[:4] == [
        "z[1] = a[0] · W[1] + b[1]",
        "a[1] = tanh(z[1])",
        "z[2] = a[1] · W[2] + b[2]",
        "a[2] = σ(z[2])",
    ]
    assert lines_of(column, 1)[0] == "z[1] = W[1] · a[0] + b[1]"
    assert "one column of W" in row.to_text()
    assert "one row of W" in column.to_text()


def test_large_layers_are_shown_by_some_of_their_units():
    net = cp.Network(784, [cp.Dense(512, "relu"), cp.Dense(10, "softmax")], "cross_entropy")
    text = represent(net).to_text()
    assert "… 778 …" in text
    assert "510 more units" in text
    assert len(text) < 5000


@dataclass(frozen=True)
class Doubled:
    """relu(z) beside relu(−z): a[1] has twice the columns of W[1]."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (x.shape[1], 2), cp.Normal(0.5))
        z = scope.named(x @ W, "z")
        return scope.named(cp.concat([cp.relu(z), cp.relu(-z)], 1), "a")


def test_a_layer_that_puts_out_more_than_it_weighs():
    net = cp.Network(3, [Doubled(), cp.Dense(1)], "squared_error", seed=1)
    lines = lines_of(represent(net), 0)
    assert "a[1]₂ = max(z[1]₂, 0)" in lines
    assert "a[1]₃ = max(−z[1]₁, 0)" in lines
    assert lines[-2] == "z[2] = " + " + ".join(f"a[1]{j} · w[2]{j}₁" for j in "₁₂₃₄") + " + b[2]"
    assert "a[1] = [max(z[1], 0), max(−z[1], 0)]" in lines_of(represent(net), 1)


def test_normalisation_and_second_values():
    """Nothing stands undefined, and every parameter is listed."""
    layers = [cp.LayerNorm(), cp.Dense(2, "relu"), cp.Activation("tanh"), cp.Dense(1)]
    text = represent(cp.Network(2, layers, "squared_error", seed=0)).to_text()
    for section in text.split("As matrices"):
        first = re.search(r"(?:^|\n) *(.*u₁.*)", section)[1]
        assert re.match(r"\(?u₁\)?₁? = a\[0\]", first), first
    assert "Layer 1 (hidden): activation\n  a[1b]₁ = tanh(a[1]₁)" in text
    assert "Parameters before layer 1\n  γ[0] = [1 1]\n  β[0] = [0 0]" in text


def test_one_more_unit():
    assert "(7 more units" in represent(cp.Network(2, [cp.Dense(9)])).to_text()
    assert "1 more units" not in represent(cp.Network(2, [cp.Dense(9)])).to_text()
