"""Syllabus 2.10: circles, sums and matrices say the same as the forward pass."""

from __future__ import annotations

import re

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
        for step in representation.document.sections[section].steps
        for equation in step.equations
        for line in [" = ".join(cp.explain.math.to_text(side) for side in equation)]
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
