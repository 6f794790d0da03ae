"""The update section of every optimizer: each line recomputed, its results against one step of `fit`."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, UnknownNameError
from clearprop.train.optimizers import OPTIMIZERS
from recomputed import Page, symbols_of_trace

rng = np.random.default_rng(0)
X, y = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))

CHOSEN = {
    **{name: made() for name, made in OPTIMIZERS.items()},
    "momentum": cp.SGD(0.1, momentum=0.9),
    "nesterov": cp.SGD(0.1, momentum=0.8, nesterov=True),
    "weight decay": cp.SGD(0.1, weight_decay=0.3),
    "no decay": cp.AdamW(0.1, weight_decay=0.0),
    "clip_value": cp.GradientDescent(0.1, clip_value=0.02),
    "clip_norm": cp.RMSProp(0.1, clip_norm=0.05),
    "clip_norm, not reached": cp.GradientDescent(0.1, clip_norm=100.0),
    "all at once": cp.AdamW(0.01, weight_decay=0.2, clip_value=0.1, clip_norm=0.05),
    "warm-up": cp.Adam(cp.WarmUp(cp.Cosine(0.1), 10)),
}


def hyperparameters(optimizer) -> dict[str, float]:
    """By the letters of the formulas; c₁ and c₂ are Adam's bias corrections in its first step."""
    found = {"η": optimizer.learning_rate, "λ": optimizer.weight_decay}
    if not isinstance(found["η"], float):
        found["η"] = 0.1 / 10  # the first of ten steps of the warm-up
    for letter, name in {"μ": "momentum", "β": "beta", "β₁": "beta1", "β₂": "beta2", "ε": "epsilon"}.items():
        found |= {letter: getattr(optimizer, name)} if hasattr(optimizer, name) else {}
    found |= {f"c{i}": 1 - found[f"β{i}"] for i in "₁₂" if f"β{i}" in found}
    return {letter: np.float64(value) for letter, value in (found | {"t": 1}).items()}


def beginning(optimizer, parameters) -> dict[str, np.ndarray]:
    """The optimizer's own arrays before the first step."""
    names = {name: f"{name[0]}[{name[1:]}]" for name in parameters}
    return {f"{s}_({names[n]})": np.zeros_like(a) for s in optimizer.slots for n, a in parameters.items()}


@pytest.mark.parametrize("convention", ["row", "column"])
@pytest.mark.parametrize("name", CHOSEN)
def test_the_update_is_one_step_of_fit(name, convention):
    optimizer = CHOSEN[name]
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(2)], "squared_error", seed=1, dtype="float64", l2=0.1)
    trace, trained = net.trace(X, y), net.copy()
    trained.fit(X, y, optimizer=optimizer, epochs=1, batch_size=len(X), shuffle=False)
    symbols = symbols_of_trace(trace, new=trained.parameters) | hyperparameters(optimizer)
    symbols |= beginning(optimizer, net.parameters)
    text = trace.explain(convention=convention, optimizer=optimizer, digits=7).to_text()
    Page(text, symbols, {1: 1 - trace.a[1] ** 2, 2: np.ones((3, 2))}, convention == "column", 7).check()
    for parameter in ("W[1]", "b[1]", "W[2]", "b[2]"):
        assert f"\n  {parameter}′ = " in text
        for slot in optimizer.slots:
            assert f"\n  {slot}′_({parameter}) = " in text


def test_a_wrong_update_is_noticed():
    """The same page beside a step of another optimizer."""
    net = cp.Network(2, [cp.Dense(2)], "squared_error", seed=1, dtype="float64")
    trace = net.trace(X, y)
    symbols = symbols_of_trace(trace, learning_rate=0.2) | {"η": np.float64(0.1)}
    with pytest.raises(AssertionError, match=r"W\[1\]′"):
        Page(trace.explain().to_text(), symbols, {1: np.ones((3, 2))}).check()


def test_the_norm_of_all_gradients_is_written_once():
    """As a shared value, and not again in the update of every parameter."""
    net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(2, "tanh"), cp.Dense(2)], "squared_error", seed=1)
    text = net.trace(X, y).explain(optimizer=cp.Adam(clip_norm=0.5), detail="formulas").to_text()
    assert text.count("√(Σⱼₖ") == 1


def test_a_large_network_with_clipping_stays_short():
    net = cp.Network(200, [cp.Dense(100, "relu"), cp.Dense(3)], "squared_error")
    trace = net.trace(rng.normal(size=(5, 200)), rng.normal(size=(5, 3)))
    assert len(trace.explain(optimizer=cp.Adam(clip_norm=1.0)).to_text()) < 30_000


def test_every_element_and_the_numbers_of_the_first_step():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(2)], "squared_error", seed=1, dtype="float64")
    trace = net.trace(X, y)
    text = trace.explain(optimizer="adam", detail="elements").to_text()
    assert "c₁ = 1 − β₁^t\n     = 1 − 0.9¹\n     = 0.1000" in text
    assert text.count("w[1]′") == 6
    assert "c₁" not in trace.explain().to_text()


def test_one_new_value_and_one_element_of_it():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(2)], "squared_error", seed=1, dtype="float64")
    trace = net.trace(X, y)
    new = net.parameters["W2"] - 0.1 * trace.dW[2]
    row, column = (trace.explain(only="W2'[1,2]", convention=c).to_text() for c in ("row", "column"))
    assert "w[2]′₁₂ = w[2]₁₂ − η ∂L/∂w[2]₁₂" in row
    assert f"{new[0, 1]:#.4g}".replace("-", "−") in row
    assert f"{new[1, 0]:#.4g}".replace("-", "−") in column
    assert "W[2]′ = " in trace.explain(only="W2'", optimizer="adam").to_text()
    assert "m′_(W[2]) = " in trace.explain(only="m.W2'", optimizer="adam").to_text()
    with pytest.raises(UnknownNameError, match="W2'"):
        trace.explain(only="W3'")
    with pytest.raises(InvalidValueError, match=r"element \[9,9\] of W2"):
        trace.explain(only="W2'[9,9]")


def test_what_is_frozen_is_said():
    layers = [cp.Dense(2, "tanh", trainable={"b": False}), cp.Dense(1, trainable=False)]
    trace = cp.Network(2, layers, "mse", dtype="float64").trace([1.0, 2.0], [1.0])
    text = trace.explain().to_text()
    assert "Frozen, and so without a gradient here: b[1], W[2], b[2] keep their values." in text
    assert "W[1]′ =" in text
    assert "W[2]′ =" not in text
    assert "b[1]、W[2]、b[2] 已冻结" in trace.explain("zh").to_text()
    assert "Frozen" not in cp.Network(2, [cp.Dense(1)], "mse").trace([1.0, 2.0], [1.0]).explain().to_text()
