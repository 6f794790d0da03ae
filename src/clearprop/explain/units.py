"""Hidden units that are stuck, dead at 0 or saturated at a flat end: one meaning for the doctor and for pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clearprop.execute import Array
from clearprop.explain.values import Values
from clearprop.nn import Activation, Architecture, Dense, Linear, ParametricActivation, resolve_activation

LINEAR = ("identity", "linear")
FLAT = 0.05  # f′(z) below a twentieth of its largest value: a gradient that is 20 times too small
MOSTLY = 0.95  # of the rows: a unit that is flat for so many is saturated


def hidden_activations(architecture: Architecture) -> dict[int, str]:
    """Layer → activation, of the hidden layers whose activation is known by name."""
    found: dict[int, str] = {}
    for built, layer, _ in architecture.built():
        if isinstance(built, ParametricActivation):
            found.pop(layer, None)  # bent as much as α says: what it passes on no name tells
        elif isinstance(built, Dense | Linear | Activation) and found.get(layer, "identity") in LINEAR:
            given = built.function if isinstance(built, Activation) else getattr(built, "activation", None)
            found[layer] = resolve_activation(given).name
    return {layer: name for layer, name in found.items() if 0 < layer < architecture.depth}


@dataclass(frozen=True)
class Stuck:
    """One way of being stuck."""

    tests: Mapping[str, Callable[[Array], Array]]  # activation → whether a = f(z) is one that passes no gradient
    limit: float  # share of the rows from which on the unit is stuck

    def layers(self, architecture: Architecture) -> dict[int, Callable[[Array], Array]]:
        """The hidden layers whose units can get stuck in this way, with the test."""
        known = hidden_activations(architecture)
        return {layer: self.tests[name] for layer, name in known.items() if name in self.tests}

    def shares(self, values: Values) -> dict[int, Array]:
        """Of each such layer, for each unit the share of the rows for which no gradient passes."""
        layers = self.layers(values.architecture)
        return {layer: test(values.a[layer]).mean(axis=0) for layer, test in layers.items() if layer in values.a}


DEAD = Stuck({"relu": lambda a: a <= 0}, 1.0)
SATURATED = Stuck({"tanh": lambda a: 1 - a**2 < FLAT, "sigmoid": lambda a: 4 * a * (1 - a) < FLAT}, MOSTLY)
