"""The model that was trained for production explains itself: trained natively, saved, loaded, traced."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from by_hand import Activation, Layer, Loss, Network
from clearprop.execute import instruction_sets
from clearprop.explain.derivation import DerivationSource
from recomputed import Page, slopes_of, symbols_of

pytestmark = pytest.mark.skipif(not instruction_sets(), reason="the native machine was not built")
rng = np.random.default_rng(0)
X = rng.normal(size=(300, 6)).astype(np.float32)
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 0.5)
WIDTHS, ACTIVATIONS = (6, 16, 8, 3), ("gelu", "tanh", "softmax")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Float32, as by default, and trained by the default executor."""
    layers = [cp.Dense(width, name) for width, name in zip(WIDTHS[1:], ACTIVATIONS, strict=True)]
    net = cp.Network(6, layers, "cross_entropy", seed=1, l2=0.01)
    history = net.fit(X, LABELS, epochs=20, batch_size=32)
    assert history["loss"][-1] < history["loss"][0]
    path = tmp_path_factory.mktemp("native") / "m.clearprop"
    net.save(path)
    return cp.load(path)


def by_hand(net, rows: slice) -> Network:
    """The same numbers in float64, with nothing of clearprop."""
    layers = [
        Layer(np.float64(net.parameters[f"W{l}"]), np.float64(net.parameters[f"b{l}"]), Activation(name))
        for l, name in enumerate(ACTIVATIONS, 1)
    ]
    labels = LABELS[rows]
    return Network(layers, Loss("cross_entropy"), np.float64(X[rows]), np.eye(3)[labels], labels, l2=0.01)


@pytest.mark.parametrize("rows", [slice(None), slice(7, 10), slice(4, 5)])
def test_trace_and_derivation_of_a_loaded_model(loaded, rows):
    expected = by_hand(loaded, rows).run()
    trace = loaded.trace(X[rows], LABELS[rows])
    assert set(trace.values) == set(expected) - {"loss"}
    arrays = DerivationSource(trace).arrays
    for name, value in trace.values.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-10, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(arrays["X" if name == "a0" else name], value, rtol=1e-10, atol=1e-10, err_msg=name)


def test_every_line_of_its_derivation(loaded):
    rows = slice(0, 2)
    network = by_hand(loaded, rows)
    text = loaded.trace(X[rows], LABELS[rows]).explain(convention="column", detail="elements").to_text()
    count = Page(text, symbols_of(network), slopes_of(network), column=True).check()
    assert count.equations > 200


def test_the_trace_ends_in_the_machine_s_prediction(loaded):
    """float32 against float64: a few rounding errors of 6e-8 each."""
    a = loaded.trace(X).a[3]
    np.testing.assert_allclose(loaded.predict(X), a, atol=2e-6)
    np.testing.assert_allclose(loaded.predict(X[5]), a[5], atol=2e-6)


def test_the_trace_s_gradients_are_what_the_machine_steps_by(loaded):
    """θ − θ′ of one step of gradient descent over all rows with η = 1."""
    trace, copy = loaded.trace(X, LABELS), loaded.copy()
    history = copy.fit(X, LABELS, optimizer=cp.GradientDescent(1.0), epochs=1, batch_size=len(X), shuffle=False)
    without_penalties = by_hand(loaded, slice(None)).run()["loss"]
    assert history["loss"][0] == pytest.approx(without_penalties, rel=1e-5)
    for name, before in loaded.parameters.items():
        step = np.float64(before) - np.float64(copy.parameters[name])
        np.testing.assert_allclose(step, trace[f"d{name}"], atol=2e-6, err_msg=name)
        assert np.abs(trace[f"d{name}"]).max() > 1e-4, name  # so that there is something to compare
