"""Layers: frozen descriptions that build their part of a graph.

l counts the layers with parameters; normalisation, activation and dropout belong to the layer they follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, checked_choice, checked_integer, plural
from clearprop.graph import Node
from clearprop.graph.fused.updates import spread
from clearprop.nn.activations import Activating, canonical, resolve_activation
from clearprop.nn.given import as_given
from clearprop.nn.initializers import Constant, FanInUniform, Initializer, Normal, Zeros, resolve_initializer
from clearprop.nn.parameter import CONVENTIONS, Role
from clearprop.nn.schedules import Scalar, Schedule
from clearprop.nn.scope import Scope
from clearprop.nn.settings import Learned, ShortRepr

PARAMETRIZATIONS = ("standard", "ntk")


@runtime_checkable
class Layer(Protocol):
    """Anything that builds a node from a node."""

    def build(self, x: Node, scope: Scope) -> Node:
        """The layer's output for its input x, (N, n_in) → (N, n_out)."""
        ...


@dataclass(frozen=True, repr=False)
class WeightedSum(Learned):
    """What layers that compute z = x · W + b share: their parameters, and numbers for these to start from.

    Attributes:
        W, b: starting values: an array, nested lists, or one number where all are equal. A flat list will do for W
            where there is one input or one unit.
        convention: how W is written: "row" (n_in, n_out), or "column" (n_out, n_in). It is kept as rows.
    """

    W: Any = field(default=None, kw_only=True)
    b: Any = field(default=None, kw_only=True)
    convention: InitVar[str] = field(default="row", kw_only=True)

    def __post_init__(self, convention: str) -> None:
        super().__post_init__()
        name = type(self).__name__
        checked_choice("convention", convention, CONVENTIONS)
        W = as_given(f"W of {name}", self.W)
        object.__setattr__(self, "W", W.T if W is not None and convention == "column" else W)
        object.__setattr__(self, "b", as_given(f"b of {name}", self.b))
        if self.b is not None and "b" not in self.parts():
            raise InvalidValueError(f"b={self.b!r} of {name} with bias=False", "starting values of what there is")

    def _check_bias(self, bias: Any) -> None:
        """Refuse a bias that is no truth value: numbers for it would be taken for True, or for False."""
        if not isinstance(bias, bool | np.bool_):
            is_number = isinstance(bias, int | float | list | tuple | np.ndarray | np.generic)
            raise InvalidValueError(
                f"bias={bias!r} of {type(self).__name__}",
                "True or False: whether there is a b",
                f"its starting values are b={bias!r}" if is_number else "its starting values are b=…",
            )

    def weighted_sum(
        self, x: Node, units: int, init: Initializer, bias_init: Initializer, scope: Scope, factor: float = 1.0
    ) -> Node:
        """z = x · W · factor + b of the layer that is open; W and b start from the numbers given, or else are drawn."""
        n_in = x.shape[-1]
        assert isinstance(n_in, int)
        W = scope.parameter("W", (n_in, units), self.W or init, n_in, units, **self.settings("W"))
        if "b" not in self.parts():
            return scope.named(x @ W if factor == 1.0 else x @ W * factor, "z")
        b = scope.parameter("b", (units,), self.b or bias_init, n_in, units, **self.settings("b"))
        if factor == 1.0:
            return scope.named(g.affine(x, W, b), "z")
        z = x @ W * factor
        return scope.named(z + g.broadcast(b, z.shape, [1]), "z")


def _weights(bias: bool) -> Mapping[str, Role]:
    return {"W": "weight", "b": "bias"} if bias else {"W": "weight"}


@dataclass(frozen=True, repr=False)
class Dense(WeightedSum):
    """A fully connected layer: z = a_prev · W + b, a = f(z).

    Args:
        units: number of neurons n_out.
        activation: f, by name, as an object or as a function from a node to a node; None is the identity.
        bias: whether there is a b.
        init: initialiser of W (n_in, n_out); by default the one that suits the activation.
        bias_init: initialiser of b (n_out,).
        W, b: numbers to start from, in place of drawn ones: an array or nested lists of the parameter's shape, a flat
            list where there is one input or one unit, or one number where all are equal.
        convention: how W is written: "row" (n_in, n_out), or "column", as in W x + b, (n_out, n_in).
        trainable: False freezes the layer, {"b": False} its b alone: a frozen parameter gets no gradient and keeps its
            value.
        learning_rate_factor: what the learning rate η is multiplied by for W and b, or {"W": …} for one of them.
        decay_factor: what the optimizer's weight decay λ is multiplied by for W; {"b": 1} lets b decay as well.
        parametrization: "standard", or "ntk": z = a_prev · W/√n_in + b with W started at N(0, 1), so that one learning
            rate suits layers of any width (Jacot, Gabriel & Hongler, 2018, "Neural Tangent Kernel"). Penalties and
            weight decay concern W as it stands.

    Example:
        >>> Dense(4, "tanh").units
        4
        >>> Dense(2, "sigmoid", W=[[0.15, 0.25], [0.20, 0.30]], b=0.35, trainable={"b": False})
        Dense(2, activation='sigmoid', trainable={'b': False}, W=<given (2, 2)>, b=0.35)
    """

    units: int
    activation: Activating = None
    bias: bool = True
    init: Any = None
    bias_init: Any = "zeros"
    parametrization: str = "standard"

    def __post_init__(self, convention: str) -> None:
        self._check_bias(self.bias)
        super().__post_init__(convention)
        object.__setattr__(self, "units", checked_integer("units", self.units))
        object.__setattr__(self, "activation", canonical(self.activation))
        checked_choice("parametrization", self.parametrization, PARAMETRIZATIONS)
        resolve_initializer(self.bias_init)
        if self.init is not None:
            resolve_initializer(self.init)
        for start, drawn in (("W", "init"), ("b", "bias_init")):
            default = type(self).__dataclass_fields__[drawn].default
            if getattr(self, start) is not None and getattr(self, drawn) != default:
                raise InvalidValueError(
                    f"{start}= and {drawn}= of a Dense", "one of the two: numbers, or how to draw them"
                )

    def parts(self) -> Mapping[str, Role]:
        """W, and b if there is one."""
        return _weights(self.bias)

    def build(self, x: Node, scope: Scope) -> Node:
        """z = x · W + b or x · W/√n_in + b, a = f(z)."""
        f = resolve_activation(self.activation)
        is_ntk = self.parametrization == "ntk"
        suited = Normal(1.0) if is_ntk else f.initializer
        initializer = suited if self.init is None else resolve_initializer(self.init)
        x = scope.open_layer(x)
        n_in = x.shape[-1]
        assert isinstance(n_in, int)
        factor = n_in**-0.5 if is_ntk else 1.0
        z = self.weighted_sum(x, self.units, initializer, resolve_initializer(self.bias_init), scope, factor)
        return z if self.activation is None else scope.named(f(z), "a")


@dataclass(frozen=True, repr=False)
class Linear(WeightedSum):
    """z = x · W + b with PyTorch's signature and its initial values, U(−1/√in, 1/√in) for W and b.

    W is (in_features, out_features): the transpose of PyTorch's `weight`.

    Args:
        in_features: number of inputs; checked against the layer before.
        out_features: number of outputs.
        bias: whether there is a b.
        W, b, convention, trainable, learning_rate_factor, decay_factor: as of `Dense`. PyTorch's `weight` is
            `Linear(…, W=weight, convention="column")`.
    """

    in_features: int
    out_features: int
    bias: bool = True

    def __post_init__(self, convention: str) -> None:
        self._check_bias(self.bias)
        super().__post_init__(convention)
        object.__setattr__(self, "in_features", checked_integer("in_features", self.in_features))
        object.__setattr__(self, "out_features", checked_integer("out_features", self.out_features))

    def parts(self) -> Mapping[str, Role]:
        """W, and b if there is one."""
        return _weights(self.bias)

    def build(self, x: Node, scope: Scope) -> Node:
        """z = x · W + b."""
        if x.shape[-1] != self.in_features:
            raise ShapeError(
                f"Linear({self.in_features}, {self.out_features}) after {plural(x.shape[-1], 'value')}",
                f"in_features={x.shape[-1]}",
            )
        x = scope.open_layer(x)
        return self.weighted_sum(x, self.out_features, FanInUniform(), FanInUniform(), scope)


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
        object.__setattr__(self, "function", canonical(self.function))

    def build(self, x: Node, scope: Scope) -> Node:
        """a = f(x)."""
        return scope.named(resolve_activation(self.function)(x), "a")


@dataclass(frozen=True, repr=False)
class Dropout(ShortRepr):
    """In training, set each value to 0 with probability `rate` and scale the others by 1/(1 − rate); else nothing.

    Source: Srivastava et al. (2014), in the inverted form.

    Args:
        rate: probability of dropping, 0 ≤ rate < 1; or a schedule of it.

    Example:
        >>> from clearprop.nn import Cosine
        >>> Dropout(Cosine(0.5, final=0.1))  # from one half at the start of a fit to a tenth at its end
        Dropout(rate=Cosine(learning_rate=0.5, final=0.1))
    """

    rate: float | Schedule = 0.5

    def __post_init__(self) -> None:
        if isinstance(self.rate, Schedule):
            self._scalar(self.rate)
        elif isinstance(self.rate, bool) or not 0 <= self.rate < 1:
            raise InvalidValueError(f"dropout rate {self.rate!r}", "a number in [0, 1)")

    def build(self, x: Node, scope: Scope) -> Node:
        """x ⊙ mask / (1 − rate)."""
        x = scope.output(x)
        if not scope.training or self.rate == 0:
            return x
        dropped, scale = self._numbers(x, scope)
        kept = g.where(scope.uniform(x.shape) < dropped, g.zeros_like(x), x)
        return scope.named(kept * scale, "d")

    def _numbers(self, x: Node, scope: Scope) -> tuple[Node | float, Node | float]:
        """p and 1/(1 − p): numbers in the graph, or follow from an input of it."""
        if not isinstance(self.rate, Schedule):
            return self.rate, 1.0 / (1.0 - self.rate)
        p = scope.scalar("p", self._scalar(self.rate))
        return spread(p, x), spread(1.0 / (1.0 - p), x)

    @staticmethod
    def _scalar(rate: Schedule) -> Scalar:
        return Scalar(rate, "dropout rate", below=1.0)


@dataclass(frozen=True, repr=False)
class Normalisation(Learned):
    """What the normalisations share: a scale γ and a shift β of each feature, started at 1 and 0."""

    def parts(self) -> Mapping[str, Role]:
        """γ and β."""
        return {"gamma": "scale", "beta": "shift"}

    def scale_and_shift(self, x: Node, scope: Scope) -> tuple[Node, Node]:
        """γ and β, named after the value that the normalisation makes: n1, or n1_2."""
        width, suffix = x.shape[-1], scope.suffix("n")
        assert isinstance(width, int)
        gamma = scope.parameter("gamma", (width,), Constant(1.0), suffix=suffix, **self.settings("gamma"))
        return gamma, scope.parameter("beta", (width,), Zeros(), suffix=suffix, **self.settings("beta"))


def _centred(x: Node, mean: Node, axis: int) -> Node:
    """x minus a mean that is repeated along one axis."""
    return x - g.broadcast(mean, x.shape, [1 - axis])


@dataclass(frozen=True, repr=False)
class BatchNorm(Normalisation):
    """γ ⊙ (x − μ)/√(σ² + ε) + β, with μ and σ² of each feature over the batch; in inference, their running means.

    running ← (1 − momentum)·running + momentum·batch, the variance unbiased (÷ (N − 1)) as in PyTorch.
    Source: Ioffe & Szegedy (2015).

    Args:
        momentum: weight of the newest batch, in (0, 1].
        epsilon: ε.
        trainable, learning_rate_factor, decay_factor: of γ and β ("gamma" and "beta"), as of `Dense`. Running
            means go on where γ and β are frozen.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.momentum <= 1:
            raise InvalidValueError(f"momentum {self.momentum!r}", "a number in (0, 1]")
        if not self.epsilon > 0:
            raise InvalidValueError(f"epsilon {self.epsilon!r}", "a positive number")

    def build(self, x: Node, scope: Scope) -> Node:
        """Normalise each column."""
        gamma, beta = self.scale_and_shift(x, scope)
        shape, width, suffix = gamma.shape, gamma.type.shape[0], scope.suffix("n")
        assert isinstance(width, int)
        running_mean = scope.parameter("running_mean", (width,), Zeros(), suffix=suffix, role="running mean")
        running_var = scope.parameter("running_var", (width,), Constant(1.0), suffix=suffix, role="running variance")
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
class LayerNorm(Normalisation):
    """γ ⊙ (x − μ)/√(σ² + ε) + β, with μ and σ² of each sample over its features (Ba et al., 2016).

    Args:
        epsilon: ε.
        trainable, learning_rate_factor, decay_factor: of γ and β ("gamma" and "beta"), as of `Dense`.
    """

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.epsilon > 0:
            raise InvalidValueError(f"epsilon {self.epsilon!r}", "a positive number")

    def build(self, x: Node, scope: Scope) -> Node:
        """Normalise each row."""
        gamma, beta = self.scale_and_shift(x, scope)
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
