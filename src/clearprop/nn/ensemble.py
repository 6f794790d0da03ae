"""`Ensemble`: several networks that read the same values, and the mean of what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clearprop.errors import DTypeError, ShapeError
from clearprop.graph import Node
from clearprop.nn.layers import Layer, as_layer
from clearprop.nn.scope import Scope


@dataclass(frozen=True, repr=False)
class Ensemble:
    """a = (a₁ + … + aₖ)/k of k members: stacks of layers with parameters of their own, side by side on one input.

    The layers are numbered through, member by member; the mean has the last number. So a network that ends in an
    ensemble is one graph that ends in a mean. For classes it is the mean of the members' probabilities.

    Args:
        members: the layers of each, in order.

    Raises:
        ShapeError: without members, for a member without layers, or where members have outputs of different widths.

    Example:
        >>> import clearprop as cp
        >>> pair = Ensemble([[cp.Dense(8, "relu"), cp.Dense(1)], [cp.Dense(8, "relu"), cp.Dense(1)]])
        >>> list(cp.Network(3, [pair], "mean_squared_error").graph().outputs)
        ['a5']
    """

    members: Sequence[Sequence[Any]]

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

    def __repr__(self) -> str:
        every = ", ".join(map(repr, self.members[0]))
        alike = all(layers == self.members[0] for layers in self.members)
        return f"Ensemble({len(self.members)} × [{every}]{'' if alike else ', …'})"

    def build(self, x: Node, scope: Scope) -> Node:
        """The mean of the members' outputs."""
        x = scope.output(x)
        outputs = [self._output(layers, x, scope) for layers in self.members]
        widths = sorted({output.shape[1] for output in outputs}, key=str)
        if len(widths) > 1:
            raise ShapeError(f"members with {' and '.join(map(str, widths))} outputs", "equally many of each")
        total = scope.open_layer(outputs[0])
        for output in outputs[1:]:
            total = total + output
        return scope.named(total * (1 / len(outputs)), "a")

    def _output(self, layers: Sequence[Layer], x: Node, scope: Scope) -> Node:
        for layer in layers:
            x = scope.build(layer, x)
        return scope.output(x)
