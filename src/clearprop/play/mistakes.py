"""Planted mistakes: a backward pass with one of the errors that circulate in notes, for the learner to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.errors import InvalidValueError
from clearprop.execute import Array, evaluate
from clearprop.messages import Message
from clearprop.nn import resolve_activation
from clearprop.play.bench import Bench
from clearprop.play.formulas import formula
from clearprop.play.scene import plain

MISTAKES: dict[str, Message] = {
    "no_derivative": Message("play.mistake.no_derivative"),
    "derivative_twice": Message("play.mistake.derivative_twice"),
    "other_weights": Message("play.mistake.other_weights"),
    "one_unit": Message("play.mistake.one_unit"),
    "elementwise_softmax": Message("play.mistake.elementwise_softmax"),
    "plus": Message("play.mistake.plus"),
    "no_mean": Message("play.mistake.no_mean"),
}


@dataclass(frozen=True)
class Puzzle:
    """A step whose gradients are wrong from one value on.

    Attributes:
        mistake: which one.
        first: the first value that is wrong, in the order in which they are computed.
        values: the gradients as the mistake makes them, by name.
    """

    mistake: str
    first: str
    values: dict[str, Array]


def puzzle(bench: Bench, seed: int) -> Puzzle:
    """A mistake planted into the next step; the same one for the same seed and network.

    Raises:
        InvalidValueError: if no mistake shows in this network.
    """
    penalised = bench.state.training.l1 or bench.state.training.l2
    made = [] if penalised else [one for name in MISTAKES for one in _planted(bench, name)]
    if not made:
        raise InvalidValueError(
            "a network in which no mistake shows", "a hidden layer, gradients that are not 0, and no penalties"
        )
    rng = np.random.Generator(np.random.Philox(abs(seed) % 2**63))
    return made[int(rng.integers(len(made)))]


def _planted(bench: Bench, mistake: str) -> list[Puzzle]:
    """The puzzles that a mistake makes of this network: one for each layer where it shows."""
    trace, found = bench.trace(), []
    for layer in range(1, bench.network.depth + 1):
        values, first = _Backward(bench, mistake, layer).run()
        if first and any(not np.allclose(a, trace[n], rtol=1e-6, atol=1e-12) for n, a in values.items()):
            found.append(Puzzle(mistake, first, values))
    return found


class _Backward:
    """The backward pass written out, with a mistake in one layer."""

    def __init__(self, bench: Bench, mistake: str, layer: int) -> None:
        self.bench, self.trace, self.mistake, self.layer = bench, bench.trace(), mistake, layer
        self.first = ""

    def run(self) -> tuple[dict[str, Array], str]:
        """Every gradient by name, and the first that is wrong; "" where the mistake has no place in this layer."""
        trace, depth = self.trace, self.bench.network.depth
        values: dict[str, Array] = {}
        da = np.asarray(trace.da[depth])
        if self.layer == depth:
            da = self._of_output(da)
        for at in range(depth, 0, -1):
            dz = self._through_activation(at, da)
            values |= {f"da{at}": da, f"dz{at}": dz, f"dW{at}": trace.a[at - 1].T @ dz}
            if f"b{at}" in trace.parameters:
                values[f"db{at}"] = dz.sum(axis=0)
            if at > 1:
                da = self._through_weights(at, dz)
        return {name: a for name, a in values.items() if name in trace}, self.first

    def _wrong(self, name: str, array: Array) -> Array:
        self.first = self.first or name
        return array

    def _of_output(self, da: Array) -> Array:
        trace, depth = self.trace, self.bench.network.depth
        if self.mistake == "plus" and self.bench.state.network.loss == "binary_cross_entropy":
            y, a = self.bench.shown_targets(), trace.a[depth]
            return self._wrong(f"da{depth}", (-y / a + (1 - y) / (1 + a)) / a.size)
        if self.mistake == "no_mean" and trace.samples > 1:
            return self._wrong(f"da{depth}", da * trace.samples)
        return da

    def _through_activation(self, at: int, da: Array) -> Array:
        trace, name = self.trace, self.bench.state.network.layers[at - 1].activation
        here = self.layer == at
        if name == "softmax":
            a = trace.a[at]
            if here and self.mistake == "elementwise_softmax":
                return self._wrong(f"dz{at}", da * a * (1 - a))
            product: Array = a * (da - (da * a).sum(axis=1, keepdims=True))
            return product
        slope = _slope(name, trace.z[at])
        if here and self.mistake == "no_derivative":
            return self._wrong(f"dz{at}", da)
        return da * slope

    def _through_weights(self, at: int, dz: Array) -> Array:
        trace, W = self.trace, self.trace.parameters
        weights, here = W[f"W{at}"], self.layer == at - 1
        if here and self.mistake == "other_weights" and W[f"W{at - 1}"].shape == weights.shape:
            return self._wrong(f"da{at - 1}", dz @ W[f"W{at - 1}"].T)
        if here and self.mistake == "one_unit" and weights.shape[1] > 1:
            return self._wrong(f"da{at - 1}", dz[:, :1] @ weights[:, :1].T)
        da: Array = dz @ weights.T
        if here and self.mistake == "derivative_twice":
            name = self.bench.state.network.layers[at - 2].activation
            return self._wrong(f"da{at - 1}", da * _slope(name, trace.z[at - 1])) if name != "softmax" else da
        return da


def _slope(activation: str, z: Array) -> Array:
    """f′(z)."""
    x = g.variable("x", z.shape, "f64")
    return np.asarray(evaluate(g.gradient(g.sum(resolve_activation(activation).function(x)), x), {"x": z}))


def shown(bench: Bench, made: Puzzle) -> dict[str, Any]:
    """The puzzle for the page: wrong numbers in the place of the right ones, and what can be chosen."""
    trace, row = bench.trace(), bench.row
    sent = list(range(trace.samples)) if trace.samples <= 8 else [row]
    values = {n: plain(a[sent] if n.startswith(("da", "dz")) else a) for n, a in made.values.items()}
    choices = {name: said(bench.lang) for name, said in MISTAKES.items()}
    return {"values": values, "choices": choices, "ask": Message("play.mistake.ask")(bench.lang)}


def judged_puzzle(bench: Bench, made: Puzzle, name: str, mistake: str) -> dict[str, Any]:
    """Whether the value and the mistake were found, and the right formula."""
    right = name == made.first and mistake == made.mistake
    key = "play.mistake.right" if right else "play.mistake.value" if name != made.first else "play.mistake.which"
    said = Message(key)(bench.lang)
    if not right:
        return {"right": False, "said": said}
    return {"right": True, "said": said, "formula": formula(bench, made.first)}
