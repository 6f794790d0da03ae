"""Slices, concatenations and rows by index: how they are written, and their single elements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError
from clearprop.explain.derivation import Elements
from printed import equations

rng = np.random.default_rng(0)


@dataclass(frozen=True)
class Cut:
    """The first half of z gated by the second; or z beside tanh(z)."""

    kind: str

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (x.shape[1], 4), cp.Normal(0.5))
        z = scope.named(x @ W, "z")
        if self.kind == "gate":
            return scope.named(cp.slice(z, 1, 0, 2) * cp.sigmoid(cp.slice(z, 1, 2, 4)), "a")
        return scope.named(cp.concat([z, cp.tanh(cp.slice(z, 1, 3, 4))], 1), "a")


@dataclass(frozen=True)
class Columns:
    """Units of the weighted sum by number: some twice, then added up."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        z = scope.named(x @ scope.parameter("W", (x.shape[1], 2), cp.Normal()), "z")
        twice = cp.take_columns(z, [0, 0, 1])
        return scope.named(cp.add_columns(cp.tanh(twice), [1, 0, 1], 2), "a")


@dataclass(frozen=True)
class Embed:
    """A row of a table for each sample."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        E = scope.parameter("E", (3, 2), cp.Normal(0.5))
        return scope.named(cp.take_rows(E, cp.cast(cp.sum(x, 1), "int64")), "a")


def traced(layer, X):
    net = cp.Network(X.shape[1], [layer, cp.Dense(1)], "squared_error", seed=1, dtype="float64")
    return net.trace(X, np.ones(len(X)))


def formula(trace, name, **options):
    return next(
        e[1] for e in equations(trace.explain(only=name, detail="formulas", **options).to_text()) if "=" not in e[0]
    )


ROWS = np.array([[0.0, 1], [1, 1], [0, 1]])


@pytest.mark.parametrize(
    ("layer", "X", "row", "column"),
    [
        (Cut("gate"), rng.normal(size=(2, 3)), "z[1]_(1 … 2) ⊙ σ(z[1]_(3 … 4))", None),
        (Cut("beside"), rng.normal(size=(2, 3)), "[z[1], tanh(z[1]₄)]", "[z[1]; tanh(z[1]₄)]"),
        (Columns(), ROWS, "add_(2,1,2)(tanh(z[1]_(1,1,2)))", None),
        (Embed(), ROWS, "E[1]_(1 + Σₖ a[0],:)", "E[1]_(:,1 + Σₖ a[0])"),
    ],
)
def test_how_they_are_written(layer, X, row, column):
    trace = traced(layer, X)
    assert formula(trace, "a1") == row
    assert formula(trace, "a1", convention="column") == (column or row)


@pytest.mark.parametrize(
    ("layer", "X"), [(Cut("gate"), ROWS), (Cut("beside"), ROWS), (Columns(), ROWS), (Embed(), ROWS)]
)
@pytest.mark.parametrize("convention", ["row", "column"])
def test_every_element_says_the_value(layer, X, convention):
    trace = traced(layer, X)
    for name in (n for n in trace if n not in ("a0", "L")):
        for sides in equations(trace.explain(only=name, detail="elements", convention=convention).to_text()):
            assert "NaN" not in sides[-1]
    trace.explain(detail="elements", convention=convention).to_html()


def test_columns_by_hand():
    trace = traced(Columns(), ROWS)
    text = trace.explain(only="a1", detail="elements").to_text()
    assert "a[1](1)₁ = tanh(z[1](1)₁)" in text
    assert "a[1](1)₂ = tanh(z[1](1)₁) + tanh(z[1](1)₂)" in text
    assert "add_(2,1,2)" in trace.explain(lang="zh", detail="formulas").to_text()
    assert formula(trace, "dz1") == "add_(1,1,2)((∂L/∂a[1])_(2,1,2) ⊙ (1 − (tanh(z[1]_(1,1,2)))²))"


def test_rows_of_a_table_by_hand():
    trace = traced(Embed(), ROWS)
    text = trace.explain(only="dE1", detail="elements").to_text()
    assert "∂L/∂E[1]₁₁ = 0\n" in text
    assert "∂L/∂E[1]₂₁ = ∂L/∂a[1](1)₁ + ∂L/∂a[1](3)₁" in text
    assert "∂L/∂E[1]₃₂ = ∂L/∂a[1](2)₂" in text
    assert "a[1](2)₁ = E[1]₃₁" in trace.explain(only="a1[2,1]").to_text()
    for zoom in ("fused", "layers"):
        trace.sample(0).step_by_step(zoom=zoom).to_html()


def test_a_condition_as_a_number():
    net = cp.Network(2, [cp.Dense(2, lambda z: cp.cast(z > 0, "f64") * z), cp.Dense(1)], "squared_error", seed=1)
    text = net.trace(ROWS, np.ones(3)).explain(only="a1", detail="elements").to_text()
    assert "a[1] = [z[1] > 0] ⊙ z[1]" in text
    assert "a[1](2)₁ = [z[1](2)₁ > 0] · z[1](2)₁" in text


def test_an_op_of_which_nothing_is_known(monkeypatch):
    """Left out with a note where all elements are asked for; a clear error where one is."""
    monkeypatch.setattr(Elements, "cannot_write", lambda self, node: "my_op" if node.name == "a1" else None)
    trace = traced(Cut("gate"), ROWS)
    assert "Of what my_op makes, single elements are not written out" in trace.explain(detail="elements").to_text()
    with pytest.raises(InvalidValueError, match="one element of what my_op makes"):
        trace.explain(only="a1[1,1]")
