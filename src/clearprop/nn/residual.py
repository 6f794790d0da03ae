"""`Residual`: what layers make of a value, added to that value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clearprop.errors import DTypeError, ShapeError, plural
from clearprop.graph import Node
from clearprop.nn.layers import as_layer
from clearprop.nn.scope import Scope


@dataclass(frozen=True, repr=False)
class Residual:
    """z = f(x) + x, f being layers one behind another; or f(x) + s(x), where a shortcut s is given.

    The layers are numbered through, those of f before those of s; the sum has the next number. What is to follow the
    sum, a relu say, is an `Activation` behind it.

    Args:
        layers: f, a list of layers that make as many values as they take.
        shortcut: s, a list of layers, where the widths differ: `[Dense(8, bias=False)]`. By default x itself.

    Raises:
        ShapeError: without layers, or where f and s make different numbers of values.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.

    Example:
        >>> import clearprop as cp
        >>> block = cp.Residual([cp.Dense(8, "relu"), cp.Dense(4)])
        >>> net = cp.Network(4, [block, cp.Activation("relu"), cp.Dense(1)], "mean_squared_error")
        >>> [str(name) for name in net.graph().named if name.letter == "z"]
        ['z1', 'z2', 'z3', 'z4']
    """

    layers: Sequence[Any]
    shortcut: Sequence[Any] = ()

    def __post_init__(self) -> None:
        for name in ("layers", "shortcut"):
            given = getattr(self, name)
            if not isinstance(given, list | tuple):
                raise DTypeError(f"{name}={given!r} of Residual", "a list of layers")
            object.__setattr__(self, name, tuple(as_layer(layer) for layer in given))
        if not self.layers:
            raise ShapeError("a Residual without layers", "one layer or more")

    def __repr__(self) -> str:
        shortcut = f", {list(self.shortcut)}" if self.shortcut else ""
        return f"Residual({list(self.layers)}{shortcut})"

    def build(self, x: Node, scope: Scope) -> Node:
        """z = f(x) + s(x)."""
        x = scope.output(x)
        made, kept = (self._output(layers, x, scope) for layers in (self.layers, self.shortcut))
        if made.shape != kept.shape:
            hint = f"shortcut=[cp.Dense({made.shape[1]}, bias=False)]" if not self.shortcut else None
            raise ShapeError(
                f"{plural(made.shape[1], 'value')} of {self!r} added to {kept.shape[1]}", "equally many", hint
            )
        return scope.named(scope.open_layer(made) + kept, "z")

    def _output(self, layers: Sequence[Any], x: Node, scope: Scope) -> Node:
        for layer in layers:
            x = scope.build(layer, x)
        return scope.output(x) if layers else x
