"""Layers that learn a factor for each unit: of the inputs, and of how much an activation bends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clearprop import graph as g
from clearprop.errors import DTypeError
from clearprop.graph import Node
from clearprop.nn.activations import Activating, canonical, resolve_activation
from clearprop.nn.given import as_given
from clearprop.nn.initializers import Constant
from clearprop.nn.parameter import Role
from clearprop.nn.scope import Scope
from clearprop.nn.settings import Learned


@dataclass(frozen=True, repr=False)
class Scale(Learned):
    """A learned factor for each input: v = x ⊙ s.

    As the first layer it lets training tell which columns matter: with weight decay or noise behind it a column that
    does not help is made small. Source: the first layer of RealMLP (Holzmüller, Grinsztajn & Steinwart, 2024).

    Args:
        s: what the factors start from, an array or one number; by default 1.
        trainable, learning_rate_factor, decay_factor: as of `Dense`; RealMLP's factor on the learning rate is 6.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network(2, [Scale([1, 0.5], learning_rate_factor=6), cp.Dense(1)], "squared_error")
        >>> net.parameters["s0"].tolist()
        [1.0, 0.5]
    """

    s: Any = field(default=None, kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "s", as_given("s of Scale", self.s))

    def parts(self) -> Mapping[str, Role]:
        """s."""
        return {"s": "scale"}

    def build(self, x: Node, scope: Scope) -> Node:
        """x ⊙ s."""
        x = scope.output(x)
        width = x.shape[-1]
        assert isinstance(width, int)
        start = Constant(1.0) if self.s is None else self.s
        s = scope.parameter("s", (width,), start, suffix=scope.suffix("v"), **self.settings("s"))
        return scope.named(x * g.broadcast(s, x.shape, [1]), "v")


@dataclass(frozen=True, repr=False)
class ParametricActivation(Learned):
    """An activation that learns how much it bends: a = x + α ⊙ (f(x) − x), an α for each unit, started at 1.

    α = 1 is f, α = 0 the straight line. It follows a layer that has no activation of its own.
    Source: Holzmüller, Grinsztajn & Steinwart (2024), "Better by Default".

    Args:
        function: f: a name, an object or a function from a node to a node.
        trainable, learning_rate_factor, decay_factor: as of `Dense`; RealMLP's factor on the learning rate is 0.1.

    Example:
        >>> import clearprop as cp
        >>> layers = [cp.Dense(8), ParametricActivation("selu", learning_rate_factor=0.1), cp.Dense(1)]
        >>> cp.Network(2, layers, "squared_error").parameters["alpha1"].shape
        (8,)
    """

    function: Activating

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.function is None:
            raise DTypeError("activation None", "a name or a function")
        object.__setattr__(self, "function", canonical(self.function))

    def parts(self) -> Mapping[str, Role]:
        """α."""
        return {"alpha": "scale"}

    def build(self, x: Node, scope: Scope) -> Node:
        """x + α ⊙ (f(x) − x)."""
        width = x.shape[-1]
        assert isinstance(width, int)
        alpha = scope.parameter("alpha", (width,), Constant(1.0), suffix=scope.suffix("a"), **self.settings("alpha"))
        bent = resolve_activation(self.function)(x) - x
        return scope.named(x + bent * g.broadcast(alpha, x.shape, [1]), "a")
