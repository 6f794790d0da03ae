"""`Residual`: what layers make of a value, added to it."""

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.interop import describe, revive

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 4)), rng.normal(size=(20, 2))
PROJECTED = cp.Residual([cp.Dense(3, "tanh"), cp.Dense(5)], [cp.Dense(5, bias=False)])


def network(**settings):
    """x → a residual sum → relu → one with a shortcut of its own, and one within another."""
    nested = cp.Residual([cp.Dense(5, "tanh"), cp.Residual([cp.BatchNorm(), cp.Dense(5)])])
    layers = [cp.Residual([cp.Dense(6, "relu"), cp.Dense(4)]), cp.Activation("relu"), PROJECTED, nested, cp.Dense(2)]
    return cp.Network(4, layers, "mean_squared_error", dtype="float64", seed=1, **settings)


def test_by_hand():
    net = network()
    for name in net.running:
        net.running[name] = rng.uniform(0.5, 2, 5)
    p = {**net.parameters, **net.running}
    first = np.maximum(X @ p["W1"] + p["b1"], 0) @ p["W2"] + p["b2"]
    a = np.maximum(first + X, 0)
    b = np.tanh(a @ p["W4"] + p["b4"]) @ p["W5"] + p["b5"] + a @ p["W6"]
    c = np.tanh(b @ p["W8"] + p["b8"])
    n = (c - p["running_mean8"]) / np.sqrt(p["running_var8"] + 1e-5) * p["gamma8"] + p["beta8"]
    d = n @ p["W9"] + p["b9"] + c
    np.testing.assert_allclose(net.predict(X), (d + b) @ p["W12"] + p["b12"], rtol=1e-12)
    assert net.graph()["z3"].op.name == "add"


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_gradients_are_right_and_it_learns(mode):
    net = network(l2=0.1)
    assert cp.check_gradients(net, X, Y, mode=mode).ok
    before = net.evaluate(X, Y)["loss"]
    net.fit(X, Y, epochs=20)
    assert net.evaluate(X, Y)["loss"] < before


def test_it_is_saved_described_and_joined(tmp_path):
    net = network()
    net.save(tmp_path / "net.clearprop")
    again = cp.load(tmp_path / "net.clearprop")
    assert again.architecture == net.architecture
    assert np.array_equal(again.predict(X), net.predict(X))
    assert revive(describe(PROJECTED)) == PROJECTED
    assert repr(PROJECTED) == "Residual([Dense(3, activation='tanh'), Dense(5)], [Dense(5, bias=False)])"
    both = cp.ensemble_of([net, network()])
    np.testing.assert_allclose(both.predict(X), net.predict(X), rtol=1e-12)


def test_it_is_explained_as_what_it_is():
    text = network().trace(X[:1], Y[:1]).explain().to_text()
    assert "Layer 3 (hidden): residual sum" in text
    assert "Layer 3: back through residual sum" in text
    assert "W[3]" not in text
    zh = network().trace(X[:1], Y[:1]).explain(lang="zh").to_text()
    assert "残差相加" in zh


@pytest.mark.parametrize("behind", [[], [cp.Activation("identity"), cp.Dense(4)]])
def test_linear_layers_around_a_sum_are_not_taken_for_a_product(behind):
    net = cp.Network(4, [cp.Residual([cp.Dense(3), cp.Dense(4)]), *behind], "mean_squared_error", seed=1)
    W = {name: np.asarray(net.parameters[name], np.float64) for name in net.parameters if name.startswith("W")}
    one = W["W1"] @ W["W2"] + np.eye(4)
    (finding,) = (found for found in cp.diagnose(net, X, X) if found.illness == "linear_collapse")
    np.testing.assert_allclose(finding.numbers["W"], one @ W["W4"] if behind else one, atol=1e-12)


def test_a_sum_at_the_end_is_no_activation():
    block = cp.Residual([cp.Dense(4)])
    with pytest.raises(InvalidValueError, match="softmax"):
        cp.Network(4, [block], "cross_entropy").evaluate(X, np.zeros(20, int))
    net = cp.Network(4, [block, cp.Activation("softmax")], "cross_entropy")
    assert np.isfinite(net.evaluate(X, np.zeros(20, int))["loss"])


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: cp.Residual([]), ShapeError, "one layer or more"),
        (lambda: cp.Residual(cp.Dense(3)), DTypeError, "a list of layers"),
        (lambda: cp.Residual([cp.Dense(3)], "dense"), DTypeError, "a list of layers"),
        (lambda: cp.Residual([3]), DTypeError, "a layer such as"),
        (lambda: cp.Network(4, [cp.Residual([cp.Dense(3)])]), ShapeError, r"added to 4.*shortcut=\[cp.Dense\(3, bias"),
        (lambda: cp.Network(4, [cp.Residual([cp.Dense(3)], [cp.Dense(2)])]), ShapeError, "3 values of .* added to 2"),
    ],
)
def test_what_is_wrong_is_said(make, error, says):
    with pytest.raises(error, match=says):
        make()
