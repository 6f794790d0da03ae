"""`Heads`: several stacks of layers that read the same values, and what they answer side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clearprop import graph as g
from clearprop.errors import DTypeError, ShapeError
from clearprop.graph import Node
from clearprop.nn.layers import as_layer
from clearprop.nn.scope import Scope


@dataclass(frozen=True, repr=False)
class Heads:
    """a = [a₁, …, aₕ], the columns of h heads side by side: stacks of layers of their own on one shared input.

    So one network answers several questions, each with the activation that suits it; `cp.MultiTask` is the loss. The
    layers are numbered through, head by head; what stands side by side has the last number.

    Args:
        heads: of each head its layers, in order, or its only layer.

    Raises:
        ShapeError: without heads, or for a head without layers.

    Source: Caruana, Multitask Learning, Machine Learning 28, 1997.

    Example:
        >>> import clearprop as cp
        >>> heads = Heads([cp.Dense(1), cp.Dense(3, "softmax")])
        >>> loss = cp.MultiTask([("mean_squared_error", 1), ("cross_entropy", 3)])
        >>> net = cp.Network(5, [cp.Dense(8, "relu"), heads], loss)
        >>> net.predict([[0.0] * 5]).shape, [head.depth for head in net.heads]
        ((1, 4), [2, 2])
    """

    heads: Sequence[Any]

    def __post_init__(self) -> None:
        if isinstance(self.heads, str) or not isinstance(self.heads, Sequence):
            raise DTypeError(
                f"heads {self.heads!r} of Heads", "a list with a layer, or a list of layers, for each head"
            )
        stacks = (head if isinstance(head, list | tuple) else (head,) for head in self.heads)
        heads = tuple(tuple(as_layer(layer) for layer in layers) for layers in stacks)
        if not heads or not all(heads):
            raise ShapeError(f"Heads of {list(map(list, heads))}", "one head or more, of one layer or more")
        object.__setattr__(self, "heads", heads)

    def __repr__(self) -> str:
        return f"Heads({[list(layers) for layers in self.heads]})"

    def build(self, x: Node, scope: Scope) -> Node:
        """The heads' outputs, side by side."""
        x = scope.output(x)
        outputs = []
        for layers in self.heads:
            y = x
            for layer in layers:
                y = scope.build(layer, y)
            outputs.append(scope.output(y))
        scope.open_layer(outputs[-1])
        return scope.named(g.concat(outputs, axis=1) if len(outputs) > 1 else g.identity(outputs[0]), "a")
