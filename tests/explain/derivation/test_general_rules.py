"""BP1–BP4 are printed where they hold to the letter, and nowhere else; where nothing flows back, 0 is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import clearprop as cp

rng = np.random.default_rng(0)
X = rng.normal(size=(3, 2))


@dataclass(frozen=True)
class Odd:
    """Layers that break one of the rules."""

    kind: str

    def build(self, x, scope):
        x = scope.open_layer(x)
        W = scope.parameter("W", (2, 2), cp.Normal(0.5))
        z = scope.named(x @ W.T if self.kind == "W turned" else x @ W, "z")
        if self.kind == "bias behind":
            b = scope.parameter("b", (2,), cp.Normal(0.5))
            return scope.named(cp.tanh(z) + cp.broadcast(b, z.shape, [1]), "a")
        if self.kind == "W twice":
            return scope.named(cp.tanh(z) + (x * x) @ W, "a")
        a = scope.named(cp.tanh(z), "a")
        return scope.named(a + z, "h") if self.kind == "z twice" else a


def text(layers, only, width=1, **options):
    net = cp.Network(2, layers, "squared_error", seed=1, dtype="float64", **options)
    return net.trace(X, np.ones((3, width))).explain(only=only).to_text()


@pytest.mark.parametrize(
    ("kind", "only", "behind"),
    [("bias behind", "db1", 1), ("W twice", "dW1", 1), ("W turned", "dW1", 1), ("z twice", "dz1", 0)],
)
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_where_a_rule_does_not_hold(kind, only, behind, l2):
    layers = [Odd(kind), cp.Dense(1)][: 1 + behind]
    assert "[l]" not in text(layers, only, 1 if behind else 2, l2=l2)
    assert "[L]" not in text(layers, only, 1 if behind else 2, l2=l2)


def test_where_weights_turned_round_make_bp2_another():
    assert "W[l + 1]" not in text([cp.Dense(2, "tanh"), Odd("W turned")], "dz1", 2)
    assert "W[l + 1]" in text([cp.Dense(2, "tanh"), Odd("plain")], "dz1", 2)


@pytest.mark.parametrize(
    ("only", "rule"), [("dz2", "δ[L] ="), ("dz1", "δ[l] ="), ("db1", "∂b[l] ="), ("dW1", "∂W[l] =")]
)
@pytest.mark.parametrize("options", [{}, {"l2": 0.1}, {"l1": 0.2, "l2": 1.0}])
def test_where_they_hold(only, rule, options):
    assert rule in text([cp.Dense(2, "tanh"), cp.Dense(1)], only, **options)


STOPS = {
    "stop_gradient": [cp.Dense(2, "tanh"), cp.Activation(cp.stop_gradient), cp.Dense(1)],
    "inside": [cp.Dense(2, lambda z: cp.tanh(cp.stop_gradient(z))), cp.Dense(1)],
    "sign": [cp.Dense(2, cp.sign), cp.Dense(1)],
    "step": [cp.Dense(2, lambda z: cp.cast(z > 0, "f64")), cp.Dense(1)],
}


@pytest.mark.parametrize("name", STOPS)
def test_where_nothing_flows_back(name):
    net = cp.Network(2, STOPS[name], "squared_error", seed=1, dtype="float64")
    trace = net.trace(X, np.ones(3))
    assert "δ[1] = 0" in trace.explain(only="dz1").to_text()
    for detail in ("formulas", "values", "elements"):
        assert "No gradient comes back this far" in trace.explain(detail=detail).to_text()
    assert "梯度传不到这里" in trace.explain("zh").to_text()
    trace.sample(0).step_by_step(zoom="layers").to_html()
    assert "a[1]" in cp.represent(net).to_text()


def test_an_activation_that_forgets_its_input():
    net = cp.Network(2, [cp.Dense(2, cp.zeros_like), cp.Dense(1)], "squared_error", seed=1)
    trace = net.trace(X, np.ones(3))
    assert "a[1] = 0\n" in trace.explain(detail="elements").to_text()
    trace.sample(0).step_by_step().to_html()
    assert "a[1] = 0\n" in cp.represent(net).to_text()
