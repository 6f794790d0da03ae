"""Activations by name, as objects, or any function from a node to a node."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, unknown_name
from clearprop.graph import Node
from clearprop.graph.fused.activations import mish, selu, softsign
from clearprop.nn.initializers import Glorot, He, Initializer, LeCun


@dataclass(frozen=True)
class ActivationFunction:
    """An activation with the initialiser that suits the weights before it."""

    name: str
    function: Callable[[Node], Node]
    initializer: Initializer

    def __call__(self, z: Node) -> Node:
        """The activation of z."""
        return self.function(z)


@dataclass(frozen=True)
class LeakyReLU:
    """z for z > 0, else slope·z."""

    slope: float = 0.01

    def __post_init__(self) -> None:
        if isinstance(self.slope, str) or not math.isfinite(self.slope):
            raise InvalidValueError(f"slope {self.slope!r}", "a finite number")

    def __call__(self, z: Node) -> Node:
        """The activation of z."""
        return g.leaky_relu(z, self.slope)


@dataclass(frozen=True)
class ELU:
    """z for z > 0, else α(eᶻ − 1)."""

    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise InvalidValueError(f"alpha {self.alpha!r}", "a positive number")

    def __call__(self, z: Node) -> Node:
        """The activation of z."""
        return g.elu(z, self.alpha)


_DEFINED = (
    ("identity", g.identity, Glorot()),
    ("linear", g.identity, Glorot()),
    ("sigmoid", g.sigmoid, Glorot()),
    ("tanh", g.tanh, Glorot()),
    ("relu", g.relu, He()),
    ("leaky_relu", LeakyReLU(), He()),
    ("elu", ELU(), He()),
    ("selu", selu, LeCun()),
    ("gelu", g.gelu, He()),
    ("silu", g.silu, He()),
    ("swish", g.silu, He()),
    ("mish", mish, He()),
    ("softplus", g.softplus, Glorot()),
    ("softsign", softsign, Glorot()),
    ("softmax", g.softmax, Glorot()),
    ("exp", g.exp, Glorot()),
)
ACTIVATIONS = {name: ActivationFunction(name, function, init) for name, function, init in _DEFINED}

ALIASES = {"logistic": "sigmoid"}  # as scikit-learn calls it

Activating = str | Callable[[Node], Node] | None


def canonical(given: Activating) -> Activating:
    """An activation as it was given, but for a name that others use: "logistic" is kept as "sigmoid".

    Raises:
        UnknownNameError, DTypeError: if there is no such activation.
    """
    resolve_activation(given)
    return ALIASES.get(given, given) if isinstance(given, str) else given


def resolve_activation(given: Activating) -> ActivationFunction:
    """An activation given by name, as an object or as a function; None is the identity.

    Raises:
        UnknownNameError: for an unknown name.
        DTypeError: for what is neither a name nor a function.

    Example:
        >>> resolve_activation("relu").initializer
        He(distribution='normal')
    """
    if given is None:
        return ACTIVATIONS["identity"]
    if isinstance(given, str):
        name = ALIASES.get(given, given)
        if name not in ACTIVATIONS:
            raise unknown_name("activation", given, sorted(ACTIVATIONS), ALIASES)
        return ACTIVATIONS[name]
    if isinstance(given, ActivationFunction):
        return given
    if isinstance(given, LeakyReLU | ELU):
        return ActivationFunction(repr(given), given, He())
    if callable(given):
        return ActivationFunction(getattr(given, "__name__", type(given).__name__), _checked(given), He())
    raise DTypeError(f"activation {given!r}", "a name, or a function from a node to a node")


def _checked(function: Callable[[Node], Any]) -> Callable[[Node], Node]:
    """A user's function, whose result must be a node of the same type."""

    def activation(z: Node) -> Node:
        a = function(z)
        if not isinstance(a, Node):
            raise DTypeError(
                f"activation {function!r} returned {type(a).__name__}", "a node", "use cp.exp, cp.where, … inside it"
            )
        if a.type != z.type:
            raise ShapeError(f"activation {function!r} turned {z.type} into {a.type}", "the type unchanged")
        return a

    return activation
