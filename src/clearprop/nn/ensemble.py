"""`Ensemble`: several networks that read the same values, and the mean of what they answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from clearprop.arrays import as_array
from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.graph import Node, show_shape
from clearprop.nn.layers import Layer, as_layer
from clearprop.nn.scope import Scope


@dataclass(frozen=True, repr=False)
class Ensemble:
    """a = (a₁ + … + aₖ)/k of k members: stacks of layers with parameters of their own, side by side on one input.

    With weights it is a = (w₁·a₁ + … + wₖ·aₖ)/(w₁ + … + wₖ).

    The layers are numbered through, member by member; the mean has the last number. So a network that ends in an
    ensemble is one graph that ends in a mean. For classes it is the mean of the members' probabilities.

    Args:
        members: the layers of each, in order.
        weights: how much each counts, numbers ≥ 0 and not all 0; by default all alike.

    Raises:
        ShapeError: without members, for a member without layers, where members have outputs of different widths, or for
            another number of weights.
        InvalidValueError: for a weight that is negative or no number, or if all are 0.

    Example:
        >>> import clearprop as cp
        >>> pair = Ensemble([[cp.Dense(8, "relu"), cp.Dense(1)], [cp.Dense(8, "relu"), cp.Dense(1)]])
        >>> list(cp.Network(3, [pair], "mean_squared_error").graph().outputs)
        ['a5']
    """

    members: Sequence[Sequence[Any]]
    weights: Sequence[float] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.members, str) or not isinstance(self.members, Sequence):
            raise DTypeError(f"members {self.members!r} of an Ensemble", "a list of layers for each member")
        odd = next((one for one in self.members if not isinstance(one, list | tuple)), None)
        if odd is not None:
            raise DTypeError(f"a member {odd!r} of an Ensemble", "a list of layers", "cp.ensemble_of joins networks")
        members = tuple(tuple(as_layer(layer) for layer in layers) for layers in self.members)
        if not members or not all(members):
            raise ShapeError(f"an Ensemble of {list(map(list, members))}", "one member or more, of one layer or more")
        object.__setattr__(self, "members", members)
        if self.weights is not None:
            object.__setattr__(self, "weights", _as_weights(self.weights, len(members)))

    @property
    def shares(self) -> tuple[float, ...]:
        """How much of the mean is each member's."""
        weights = self.weights or [1.0] * len(self.members)
        return tuple(weight / sum(weights) for weight in weights)

    def __repr__(self) -> str:
        every = ", ".join(map(repr, self.members[0]))
        alike = all(layers == self.members[0] for layers in self.members)
        told = "" if self.weights is None else f", weights={list(self.weights)}"
        return f"Ensemble({len(self.members)} × [{every}]{'' if alike else ', …'}{told})"

    def build(self, x: Node, scope: Scope) -> Node:
        """The mean of the members' outputs."""
        x = scope.output(x)
        outputs = [self._output(layers, x, scope) for layers in self.members]
        widths = sorted({output.shape[1] for output in outputs}, key=str)
        if len(widths) > 1:
            raise ShapeError(f"members with {' and '.join(map(str, widths))} outputs", "equally many of each")
        outputs[0] = scope.open_layer(outputs[0])
        if self.weights is None:
            return scope.named(reduce(add, outputs) * (1 / len(outputs)), "a")
        weighted = [output * share for output, share in zip(outputs, self.shares, strict=True)]
        return scope.named(reduce(add, weighted), "a")

    def _output(self, layers: Sequence[Layer], x: Node, scope: Scope) -> Node:
        for layer in layers:
            x = scope.build(layer, x)
        return scope.output(x)


def _as_weights(given: Any, members: int) -> tuple[float, ...]:
    found = as_array("weights of an Ensemble", given, "iuf")
    if found.shape != (members,):
        raise ShapeError(f"weights of shape {show_shape(found.shape)} of {members} members", "one for each")
    weights = tuple(float(weight) for weight in found)
    if not (min(weights) >= 0 and 0 < sum(weights) < math.inf):
        raise InvalidValueError(
            f"weights {list(weights)} of an Ensemble", "numbers ≥ 0, not all of them 0, with a finite sum"
        )
    return weights
