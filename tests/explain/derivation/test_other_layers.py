"""Normalisation, dropout, residual layers, users' functions and ops added to the registry explain themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp
import intervals
from clearprop.explain.derivation import DerivationSource
from clearprop.graph import OPS, Example, Type
from clearprop.graph.fused.record import fused
from clearprop.graph.primitives import elementwise as e
from long import first
from printed import equations
from recomputed import Page, symbols_of_trace

rng = np.random.default_rng(0)
X, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


def pages(layers, slopes=None, mode="training", loss="squared_error", samples=4, functions=None, **options):
    """The derivation of such a network in both conventions, checked line by line; slopes are those of tanh or given."""
    net = cp.Network(3, layers, loss, seed=2, dtype="float64", **options)
    for name, value in net.parameters.items():
        if not name.startswith("W"):
            net.parameters[name] = value + rng.normal(size=value.shape) * 0.3
    for name, value in net.running.items():
        net.running[name] = rng.uniform(0.5, 2, value.shape)
    trace = net.trace(X[:samples], y[:samples], mode=mode)
    symbols = symbols_of_trace(trace) | random_numbers(trace)
    texts = []
    for convention in ("row", "column"):
        text = trace.explain(convention=convention, detail="elements", digits=5).to_text()
        given = slopes(trace) if slopes else {}
        Page(text, symbols, given, convention == "column", 5, functions).check()
        texts.append(text)
    return trace, texts[0]


def random_numbers(trace) -> dict[str, np.ndarray]:
    """What dropout drew: there is no formula for it."""
    arrays = DerivationSource(trace).arrays
    return {f"r{'₀₁₂₃'[int(name[2:])]}": value for name, value in arrays.items() if name.startswith("r_")}


def slopes_of_tanh(*layers):
    return lambda trace: {l: 1 - trace.a[l] ** 2 if l in layers else np.ones_like(trace.a[l]) for l in trace.a if l}


OUTPUT = cp.Dense(2)


@pytest.mark.parametrize("mode", first(["training", "inference"], 1))
def test_batch_normalisation(mode):
    trace, text = pages([cp.Dense(3), cp.BatchNorm(), cp.Activation("tanh"), OUTPUT], slopes_of_tanh(1), mode)
    z = trace.z[1]
    mean, var = (z.mean(0), z.var(0)) if mode == "training" else (trace.parameters["running_mean1"],) * 2
    if mode == "inference":
        var = trace.parameters["running_var1"]
    scaled = trace.parameters["gamma1"] * (z - mean) / np.sqrt(var + 1e-5) + trace.parameters["beta1"]
    np.testing.assert_allclose(trace["n1"], scaled, rtol=1e-12)
    assert "δ[l] = (δ[l + 1] · W[l + 1]ᵀ) ⊙ f′(z[l])" not in text  # the normalisation stands between


def test_layer_normalisation():
    trace, text = pages([cp.Dense(3, "tanh"), cp.LayerNorm(), OUTPUT], slopes_of_tanh(1))
    a = trace.a[1]
    scaled = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(trace["n1"], scaled * trace.parameters["gamma1"] + trace.parameters["beta1"], rtol=1e-12)
    assert "First half of BP2" not in text  # ∂L/∂a[1] comes through the normalisation
    assert "∂L/∂W[l] = a[l − 1]ᵀ · δ[l]\n  ∂L/∂W[2]" not in text  # layer 2's input is n[1]
    assert "∂L/∂W[l] = a[l − 1]ᵀ · δ[l]\n  ∂L/∂W[1]" in text


def test_dropout_in_training():
    trace, text = pages([cp.Dense(3, "tanh"), cp.Dropout(0.4), cp.Dense(2, "tanh"), OUTPUT], slopes_of_tanh(1, 2))
    kept = trace["d1"] != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(trace["d1"], np.where(kept, trace.a[1] / 0.6, 0))
    assert text.count("δ[l] = (δ[l + 1] · W[l + 1]ᵀ) ⊙ f′(z[l])") == 1  # in layer 2, and not before the dropout


@pytest.mark.long
def test_two_of_each_in_one_layer():
    pages([cp.Dense(3, "tanh"), cp.LayerNorm(), cp.Dropout(0.3), cp.LayerNorm(), OUTPUT], slopes_of_tanh(1))


@dataclass(frozen=True)
class Residual:
    """a[l − 1] + tanh(a[l − 1] · W)."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (x.shape[1], x.shape[1]), cp.Normal(0.5))
        return scope.named(x + cp.tanh(scope.named(x @ W, "z")), "a")


def test_a_residual_layer():
    def slopes(trace):
        return {l: 1 - np.tanh(trace.z[l]) ** 2 for l in (1, 2)} | {3: np.ones((4, 2))}

    trace, text = pages([Residual(), Residual(), OUTPUT], slopes)
    np.testing.assert_allclose(trace.a[1], X + np.tanh(X @ trace.parameters["W1"]))
    assert text.count("δ[l] = (δ[l + 1] · W[l + 1]ᵀ) ⊙ f′(z[l])") == 1  # a[1] goes two ways, a[2] only one


@pytest.mark.parametrize("samples", [1, 4])
def test_an_activation_of_the_users(samples):
    """Made of primitives that no other test prints."""

    def wave(z):
        return cp.sin(z) * cp.sqrt(z**2 + 1.0) + cp.maximum(z, -0.5) - 0.25 * z**3

    trace, text = pages([cp.Dense(2, wave), OUTPUT], wave_slope, samples=samples)
    z = trace.z[1]
    np.testing.assert_allclose(trace.a[1], np.sin(z) * np.sqrt(z**2 + 1) + np.maximum(z, -0.5) - 0.25 * z**3)
    assert "a[1] = " in text


def wave_slope(trace):
    z = trace.z[1]
    root = np.sqrt(z**2 + 1)
    return {1: np.cos(z) * root + np.sin(z) * z / root + (z > -0.5) - 0.75 * z**2, 2: np.ones_like(trace.a[2])}


def test_a_loss_of_the_users():
    def quartic(a, y):
        return cp.sum((a - y) ** 4, 1)

    trace, _ = pages([cp.Dense(2, "tanh")], slopes_of_tanh(1), loss=quartic, l1=0.1, l2=0.2)
    np.testing.assert_allclose(trace.da[1], 4 * (trace.a[1] - y) ** 3 / 4)


@pytest.fixture
def bump():
    """An op that was registered this morning: its record is all that there is of it."""
    op = fused(
        "bump",
        lambda x: e.exp(-(x * x)) * 2.0,
        formula=r"\mathrm{bump}(#1)",
        gradient=lambda y, g, x: (g * y * x * -2.0,),
        examples=(Example((Type((2, 3), "f64"),)),),
    )
    yield op
    del OPS["bump"]


def test_a_new_op_explains_itself(bump):
    def function(x):
        return intervals.exp(-(x**2)) * intervals.Interval(np.float64(2))

    def slopes(trace):
        return {1: -2 * trace.z[1] * trace.a[1], 2: np.ones_like(trace.a[2])}

    _, text = pages([cp.Dense(2, bump), OUTPUT], slopes, functions={"bump": function})
    assert "a[1] = bump(z[1])" in text
    meaning = [sides for sides in equations(text) if sides[0] == "bump(x)"]
    assert len(meaning) == 1  # what it means is said where it is used first
    assert "e^(−x²)" in meaning[0][1]


@dataclass(frozen=True)
class Gate:
    """z ⊙ s + s ⊙ s with s = σ(z): simplified, z ⊙ s is silu(z), which goes round s."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        z = scope.named(x @ scope.parameter("W", (x.shape[1], 2), cp.Normal(0.5)), "z")
        s = scope.named(cp.sigmoid(z), "s")
        return scope.named(z * s + s * s, "a")


def test_a_value_that_a_fused_op_goes_round():
    trace, _ = pages([Gate(), OUTPUT], slopes_of_tanh())
    np.testing.assert_allclose(trace["ds1"], trace.da[1] * (trace.z[1] + 2 * trace["s1"]), rtol=1e-12)


def test_an_output_after_two_activations():
    """The cross-entropy from logits goes round a[1b] and starts at a[1]."""
    layers = [cp.Dense(2), cp.Activation("tanh"), cp.Activation("sigmoid")]
    net = cp.Network(3, layers, "binary_cross_entropy", seed=2, dtype="float64")
    t = (y > 0).astype(float)
    trace = net.trace(X, t)
    p = trace["a1_2"]
    np.testing.assert_allclose(trace["da1_2"], (p - t) / (p * (1 - p)) / 8, rtol=1e-12)
    np.testing.assert_allclose(trace["da1"], (p - t) / 8, rtol=1e-12)
    text = trace.explain(detail="elements", digits=9).to_text()
    Page(text, symbols_of_trace(trace), slopes_of_tanh(1)(trace), digits=9).check()
    assert "The loss by the output\n  ∂L/∂a[1b]" in text


@dataclass(frozen=True)
class Named:
    """A layer that gives its weighted sum another name, or none."""

    letter: str | None

    def build(self, x, scope):
        x = scope.open_layer(x)
        z = x @ scope.parameter("W", (x.shape[1], 2), cp.Normal(0.5))
        z = z if self.letter is None else scope.named(z, self.letter)
        return scope.named(cp.tanh(z), "a")


@pytest.mark.parametrize("letter", [None, "zeta", "q"])
def test_layers_that_name_their_values_otherwise(letter):
    trace, _ = pages([Named(letter), Named(letter)], slopes_of_tanh(1, 2))
    delta = trace.da[2] * (1 - trace.a[2] ** 2)
    np.testing.assert_allclose(trace.dW[2], trace.a[1].T @ delta)
    np.testing.assert_allclose(trace.da[1], delta @ trace.parameters["W2"].T)


@dataclass(frozen=True)
class Mixed:
    """Products of matrices inside products entry by entry, and the other way round, with nothing named between."""

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (3, 3), cp.Normal(0.5))
        squares, ratios = (x * x) @ W, (x / (x * x + 1.0)) @ W
        return scope.named(x * squares * ratios + squares @ W, "a")


def test_products_of_matrices_among_products_entry_by_entry():
    trace, text = pages([Mixed(), OUTPUT], slopes_of_tanh())
    W = trace.parameters["W1"]
    squares, ratios = (X * X) @ W, (X / (X * X + 1)) @ W
    np.testing.assert_allclose(trace.a[1], X * squares * ratios + squares @ W, rtol=1e-12)
    assert "∂L/∂W[l] = a[l − 1]ᵀ · δ[l]\n  ∂L/∂W[1]" not in text
