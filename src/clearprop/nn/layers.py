"""Layers: frozen descriptions that build their part of a graph.

l counts the layers with parameters; normalisation, activation and dropout belong to the layer they follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, Protocol, runtime_checkable

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, checked_integer
from clearprop.graph import Node
from clearprop.nn.activations import Activating, resolve_activation
from clearprop.nn.initializers import Constant, FanInUniform, Zeros, resolve_initializer
from clearprop.nn.scope import Scope


@runtime_checkable
class Layer(Protocol):
    """Anything that builds a node from a node."""

    def build(self, x: Node, scope: Scope) -> Node:
        """The layer's output for its input x, (N, n_in) → (N, n_out)."""
        ...


class ShortRepr:
    """Shows only the fields that are not at their defaults: Dense(4, activation='tanh')."""

    def __repr__(self) -> str:
        shown = []
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if f.default is MISSING:
                shown.append(repr(value))
            elif value != f.default:
                shown.append(f"{f.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class Dense(ShortRepr):
    """A fully connected layer: z = a_prev · W + b, a = f(z).

    Args:
        units: number of neurons n_out.
        activation: f, by name, as an object or as a function from a node to a node; None is the identity.
        bias: whether there is a b.
        init: initialiser of W (n_in, n_out); by default the one that suits the activation.
        bias_init: initialiser of b (n_out,).

    Example:
        >>> Dense(4, "tanh").units
        4
    """

    units: int
    activation: Activating = None
    bias: bool = True
    init: Any = None
    bias_init: Any = "zeros"

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", checked_integer("units", self.units))
        resolve_activation(self.activation)
        resolve_initializer(self.bias_init)
        if self.init is not None:
            resolve_initializer(self.init)

    def build(self, x: Node, scope: Scope) -> Node:
        """z = x · W + b, a = f(z)."""
        f = resolve_activation(self.activation)
        initializer = f.initializer if self.init is None else resolve_initializer(self.init)
        x = scope.open_layer(x)
        z = _weighted_sum(x, self.units, self.bias, initializer, resolve_initializer(self.bias_init), scope)
        return z if self.activation is None else scope.named(f(z), "a")


def _weighted_sum(x: Node, units: int, bias: bool, init: Any, bias_init: Any, scope: Scope) -> Node:
    n_in = x.shape[-1]
    assert isinstance(n_in, int)
    W = scope.parameter("W", (n_in, units), init, n_in, units)
    if not bias:
        return scope.named(x @ W, "z")
    b = scope.parameter("b", (units,), bias_init, n_in, units)
    return scope.named(g.affine(x, W, b), "z")


@dataclass(frozen=True, repr=False)
class Linear(ShortRepr):
    """z = x · W + b with PyTorch's signature and its initial values, U(−1/√in, 1/√in) for W and b.

    W is (in_features, out_features): the transpose of PyTorch's `weight`.

    Args:
        in_features: number of inputs; checked against the layer before.
        out_features: number of outputs.
        bias: whether there is a b.
    """

    in_features: int
    out_features: int
    bias: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "in_features", checked_integer("in_features", self.in_features))
        object.__setattr__(self, "out_features", checked_integer("out_features", self.out_features))

    def build(self, x: Node, scope: Scope) -> Node:
        """z = x · W + b."""
        if x.shape[-1] != self.in_features:
            raise ShapeError(
                f"Linear({self.in_features}, {self.out_features}) after {x.shape[-1]} values",
                f"in_features={x.shape[-1]}",
            )
        x = scope.open_layer(x)
        return _weighted_sum(x, self.out_features, self.bias, FanInUniform(), FanInUniform(), scope)


@dataclass(frozen=True, repr=False)
class Activation(ShortRepr):
    """An activation as a layer of its own, for example after a normalisation.

    Args:
        function: a name, an object or a function from a node to a node.
    """

    function: str | Callable[[Node], Node]

    def __post_init__(self) -> None:
        if self.function is None:
            raise DTypeError("activation None", "a name or a function")
        resolve_activation(self.function)

    def build(self, x: Node, scope: Scope) -> Node:
        """a = f(x)."""
        return scope.named(resolve_activation(self.function)(x), "a")


@dataclass(frozen=True, repr=False)
class Dropout(ShortRepr):
    """In training, set each value to 0 with probability `rate` and scale the others by 1/(1 − rate); else nothing.

    Source: Srivastava et al. (2014), in the inverted form.

    Args:
        rate: probability of dropping, 0 ≤ rate < 1.
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        if isinstance(self.rate, bool) or not 0 <= self.rate < 1:
            raise InvalidValueError(f"dropout rate {self.rate!r}", "a number in [0, 1)")

    def build(self, x: Node, scope: Scope) -> Node:
        """x ⊙ mask / (1 − rate)."""
        x = scope.output(x)
        if not scope.training or self.rate == 0:
            return x
        kept = g.where(scope.uniform(x.shape) < self.rate, g.zeros_like(x), x)
        return scope.named(kept * (1.0 / (1.0 - self.rate)), "d")


def _scale_and_shift(x: Node, scope: Scope) -> tuple[tuple[int], Node, Node]:
    """The shape of one sample, and the γ and β of a normalisation, started at 1 and 0."""
    width = x.shape[-1]
    assert isinstance(width, int)
    shape, suffix = (width,), scope.suffix("n")  # of the value that the normalisation makes: n1, n1_2
    gamma = scope.parameter("gamma", shape, Constant(1.0), suffix=suffix)
    return shape, gamma, scope.parameter("beta", shape, Zeros(), suffix=suffix)


def _centred(x: Node, mean: Node, axis: int) -> Node:
    """x minus a mean that is repeated along one axis."""
    return x - g.broadcast(mean, x.shape, [1 - axis])


@dataclass(frozen=True, repr=False)
class BatchNorm(ShortRepr):
    """γ ⊙ (x − μ)/√(σ² + ε) + β, with μ and σ² of each feature over the batch; in inference, their running means.

    running ← (1 − momentum)·running + momentum·batch, the variance unbiased (÷ (N − 1)) as in PyTorch.
    Source: Ioffe & Szegedy (2015).

    Args:
        momentum: weight of the newest batch, in (0, 1].
        epsilon: ε.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if not 0 < self.momentum <= 1:
            raise InvalidValueError(f"momentum {self.momentum!r}", "a number in (0, 1]")
        if not self.epsilon > 0:
            raise InvalidValueError(f"epsilon {self.epsilon!r}", "a positive number")

    def build(self, x: Node, scope: Scope) -> Node:
        """Normalise each column."""
        shape, gamma, beta = _scale_and_shift(x, scope)
        suffix = scope.suffix("n")
        running_mean = scope.parameter("running_mean", shape, Zeros(), suffix=suffix, trainable=False)
        running_var = scope.parameter("running_var", shape, Constant(1.0), suffix=suffix, trainable=False)
        if scope.training:
            mean = g.mean(x, 0)
            var = g.mean(_centred(x, mean, 0) ** 2, 0)
            n = g.broadcast(g.OPS["size"](dtype=x.dtype), shape, [])
            keep, new = 1.0 - self.momentum, self.momentum
            scope.update(running_mean, running_mean * keep + g.stop_gradient(mean) * new)
            scope.update(running_var, running_var * keep + g.stop_gradient(var) * (n / (n - 1.0)) * new)
        else:
            mean, var = running_mean, running_var
        scale = gamma / g.sqrt(var + self.epsilon)
        normalised = _centred(x, mean, 0) * g.broadcast(scale, x.shape, [1])
        return scope.named(normalised + g.broadcast(beta, x.shape, [1]), "n")


@dataclass(frozen=True, repr=False)
class LayerNorm(ShortRepr):
    """γ ⊙ (x − μ)/√(σ² + ε) + β, with μ and σ² of each sample over its features (Ba et al., 2016).

    Args:
        epsilon: ε.
    """

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if not self.epsilon > 0:
            raise InvalidValueError(f"epsilon {self.epsilon!r}", "a positive number")

    def build(self, x: Node, scope: Scope) -> Node:
        """Normalise each row."""
        _, gamma, beta = _scale_and_shift(x, scope)
        centred = _centred(x, g.mean(x, 1), 1)
        std = g.sqrt(g.mean(centred**2, 1) + self.epsilon)
        normalised = centred / g.broadcast(std, x.shape, [0])
        return scope.named(normalised * g.broadcast(gamma, x.shape, [1]) + g.broadcast(beta, x.shape, [1]), "n")


def as_layer(given: Any) -> Layer:
    """A layer object, as it is.

    Raises:
        DTypeError: for anything that cannot build.
    """
    if isinstance(given, Layer) and not isinstance(given, type):
        return given
    raise DTypeError(f"layer {given!r}", "a layer such as cp.Dense(4, 'tanh'), or an object with build(x, scope)")
