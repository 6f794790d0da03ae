"""Losses: from the network's output a and a target to one number per sample.

They are written on a[L], as in the textbooks; `simplify` finds the form from logits that does not overflow.
The mean over the batch is taken afterwards, so in a batch δ carries 1/N.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError, unknown_name
from clearprop.graph import N, Node

Target = Literal["numbers", "binary", "classes", "several"]


@dataclass(frozen=True)
class Loss:
    """A loss per sample. `target` says what y must be: "numbers", "binary" (0 … 1), "classes" or "several"."""

    @property
    def target(self) -> Target:
        """What the targets are."""
        return "numbers"

    @property
    def output(self) -> str | None:
        """The output activation that the loss needs, if it needs one."""
        return None

    def __call__(self, a: Node, y: Node) -> Node:
        """The loss of each sample, (N,), for outputs a (N, k) and targets y (N, k)."""
        raise NotImplementedError


@dataclass(frozen=True)
class SquaredError(Loss):
    """½‖y − a‖², the sum over the outputs."""

    def __call__(self, a: Node, y: Node) -> Node:
        """½ Σₖ (yₖ − aₖ)²."""
        return g.squared_error(a, y)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """(y − a)², the mean over the outputs."""

    def __call__(self, a: Node, y: Node) -> Node:
        """1/k Σₖ (aₖ − yₖ)²."""
        return g.mean((a - y) ** 2, 1)


@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    """|y − a|, the mean over the outputs; the gradient at 0 is 0."""

    def __call__(self, a: Node, y: Node) -> Node:
        """1/k Σₖ |aₖ − yₖ|."""
        return g.mean(g.abs(a - y), 1)


@dataclass(frozen=True)
class Huber(Loss):
    """½d² for |d| ≤ δ, else δ(|d| − ½δ), d = a − y: squared near 0, linear far out; the mean over the outputs.

    Args:
        delta: δ, where the one becomes the other.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise InvalidValueError(f"delta {self.delta!r}", "a positive number")

    def __call__(self, a: Node, y: Node) -> Node:
        """1/k Σₖ huber(aₖ − yₖ)."""
        d = a - y
        linear = (g.abs(d) - 0.5 * self.delta) * self.delta
        return g.mean(g.where(g.abs(d) > self.delta, linear, d**2 * 0.5), 1)


@dataclass(frozen=True)
class Quantile(Loss):
    """max(τd, (τ − 1)d), d = y − a: least at the τ-quantile of y; the mean over the outputs (Koenker & Bassett, 1978).

    Args:
        tau: τ in (0, 1); 0.5 is half the absolute error.
    """

    tau: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.tau < 1:
            raise InvalidValueError(f"tau {self.tau!r}", "a number between 0 and 1")

    def __call__(self, a: Node, y: Node) -> Node:
        """1/k Σₖ max(τdₖ, (τ − 1)dₖ)."""
        d = y - a
        return g.mean(g.maximum(d * self.tau, d * (self.tau - 1.0)), 1)


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, y ln(y/a) − y + a, for counts y ≥ 0 and outputs a = eᶻ; the sum over the outputs."""

    @property
    def output(self) -> str:
        """A rate, which is positive."""
        return "exp"

    def __call__(self, a: Node, y: Node) -> Node:
        """Σₖ (yₖ ln(yₖ/aₖ) − yₖ + aₖ); 0 ln 0 is 0."""
        counted = g.where(y > 0.0, y, g.ones_like(y))
        return g.sum(a - y * g.log(a) + (y * g.log(counted) - y), 1)


def _check_smoothing(value: float) -> None:
    if not 0 <= value < 1:
        raise InvalidValueError(f"label smoothing {value!r}", "a number in [0, 1)")


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """−(y ln a + (1 − y) ln(1 − a)) for sigmoid outputs a and targets y in [0, 1]; the mean over the outputs.

    Args:
        label_smoothing: ε; y becomes (1 − ε)y + ε/2.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)

    @property
    def target(self) -> Target:
        """0 or 1, or anything between."""
        return "binary"

    @property
    def output(self) -> str:
        """A probability."""
        return "sigmoid"

    def __call__(self, a: Node, y: Node) -> Node:
        """−1/k Σₖ (yₖ ln aₖ + (1 − yₖ) ln(1 − aₖ))."""
        if self.label_smoothing:
            y = y * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        return g.mean(-(y * g.log(a) + (1.0 - y) * g.log(1.0 - a)), 1)


@dataclass(frozen=True)
class BinaryCrossEntropies(BinaryCrossEntropy):
    """The binary cross-entropy of several labels that do not exclude each other: the sum over the outputs."""

    def __call__(self, a: Node, y: Node) -> Node:
        """−Σₖ (yₖ ln aₖ + (1 − yₖ) ln(1 − aₖ))."""
        k = a.shape[1]
        assert isinstance(k, int)
        return super().__call__(a, y) * float(k)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """−Σₖ tₖ ln aₖ for softmax outputs a; targets are integer labels (N,), or one-hot or probability rows (N, k).

    Args:
        label_smoothing: ε; t becomes (1 − ε)t + ε/k.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        _check_smoothing(self.label_smoothing)

    @property
    def target(self) -> Target:
        """Classes 0 … k − 1."""
        return "classes"

    @property
    def output(self) -> str:
        """A distribution."""
        return "softmax"

    def __call__(self, a: Node, y: Node) -> Node:
        """−Σₖ tₖ ln aₖ."""
        k = a.shape[1]
        assert isinstance(k, int)
        if self.label_smoothing:
            y = y * (1.0 - self.label_smoothing) + self.label_smoothing / k
        return -g.sum(y * g.log(a), 1)


@dataclass(frozen=True)
class Focal(Loss):
    """−Σₖ tₖ (1 − aₖ)^γ ln aₖ for softmax outputs: rows that are right already count less (Lin et al., 2017).

    Args:
        gamma: γ ≥ 0; 0 is the cross-entropy.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        if not self.gamma >= 0:
            raise InvalidValueError(f"gamma {self.gamma!r}", "a number ≥ 0")

    @property
    def target(self) -> Target:
        """Classes 0 … k − 1."""
        return "classes"

    @property
    def output(self) -> str:
        """A distribution."""
        return "softmax"

    def __call__(self, a: Node, y: Node) -> Node:
        """−Σₖ tₖ (1 − aₖ)^γ ln aₖ."""
        return -g.sum(y * (1.0 - a) ** self.gamma * g.log(a), 1)


@dataclass(frozen=True)
class BinaryFocal(Focal):
    """−(y (1 − a)^γ ln a + (1 − y) a^γ ln(1 − a)) for sigmoid outputs; the sum over the outputs.

    Args:
        gamma: γ ≥ 0; 0 is the binary cross-entropy.
    """

    @property
    def target(self) -> Target:
        """0 or 1."""
        return "binary"

    @property
    def output(self) -> str:
        """A probability."""
        return "sigmoid"

    def __call__(self, a: Node, y: Node) -> Node:
        """Σₖ qₖ^γ · −(yₖ ln aₖ + (1 − yₖ) ln(1 − aₖ)), q the probability of what is not the case."""
        wrong = y * (1.0 - a) + (1.0 - y) * a
        return g.sum(-(y * g.log(a) + (1.0 - y) * g.log(1.0 - a)) * wrong**self.gamma, 1)


@dataclass(frozen=True)
class CustomLoss(Loss):
    """A user's function (a, y) → node, of shape (N,), or (N, k) of which the mean over k is taken."""

    function: Callable[[Node, Node], Node]

    def __call__(self, a: Node, y: Node) -> Node:
        """The function's value, one number per sample."""
        value = self.function(a, y)
        if not isinstance(value, Node):
            raise DTypeError(f"loss {self.function!r} returned {type(value).__name__}", "a node")
        if value.type.rank == 2:
            value = g.mean(value, 1)
        if value.shape != (N,):
            raise ShapeError(
                f"loss {self.function!r} has shape {g.show_shape(value.shape)}",
                "(N,) or (N, k), one number per sample",
                "the mean over the batch is taken for you",
            )
        return value


LOSSES: dict[str, Loss] = {
    "squared_error": SquaredError(),
    "mean_squared_error": MeanSquaredError(),
    "mean_absolute_error": MeanAbsoluteError(),
    "huber": Huber(),
    "binary_cross_entropy": BinaryCrossEntropy(),
    "cross_entropy": CrossEntropy(),
}

# What others call them.
ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
}
# Names that do not say which loss is meant: all that can be answered is what there is.
_AMBIGUOUS = {
    **dict.fromkeys(
        ("logistic", "log_loss", "logloss", "nll"),
        "'binary_cross_entropy', for outputs of sigmoid (the activation that is also called logistic), "
        "or 'cross_entropy', for outputs of softmax",
    ),
    **dict.fromkeys(
        ("l2", "sse", "quadratic", "squared"),
        "'squared_error', ½‖y − a‖², or 'mean_squared_error', without the ½ and divided by the number of outputs",
    ),
}


def resolve_loss(given: Any) -> Loss:
    """A loss given by name, as an object or as a function of (a, y). "mse", "mae" and "bce" are names, too.

    Raises:
        UnknownNameError: for an unknown name, or one that could be two of them.
        DTypeError: for what is neither a name nor a loss.

    Example:
        >>> resolve_loss("huber")
        Huber(delta=1.0)
    """
    if isinstance(given, str):
        name = ALIASES.get(given, given)
        if name.lower() in _AMBIGUOUS:
            raise UnknownNameError(f"unknown loss {name!r}", _AMBIGUOUS[name.lower()])
        if name not in LOSSES:
            raise unknown_name("loss", given, sorted(LOSSES), ALIASES)
        return LOSSES[name]
    if isinstance(given, Loss):
        return given
    if callable(given):
        return CustomLoss(given)
    raise DTypeError(f"loss {given!r}", "a name, a loss such as cp.Huber(), or a function of (a, y)")


def loss_name(loss: Loss) -> str:
    """The name under which a loss is known, or its own description."""
    return next((name for name, known in LOSSES.items() if known == loss), repr(loss))
