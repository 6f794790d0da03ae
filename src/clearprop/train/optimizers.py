"""Optimizers as update graphs: (θ, ∂L/∂θ, state) → (θ′, state′).

An optimizer says which arrays it keeps beside each parameter (`slots`), which numbers it needs at step t (`scalars`),
and how one parameter is updated (`update`). The numbers are inputs of the graph, so one graph serves every step.

`weight_decay` concerns weight matrices only, not biases or scales.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.arrays import as_float
from clearprop.errors import DTypeError, InvalidValueError, unknown_name
from clearprop.graph import Name, Node
from clearprop.graph.fused import updates
from clearprop.nn import Scalar, Schedule, as_schedule

Slots = Mapping[str, Node]


def check_number(name: str, value: float, low: float, high: float = float("inf"), closed: bool = True) -> None:
    """Refuse a hyperparameter outside [low, high), or (low, high) if not closed."""
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    number = as_float(value) if is_number else low - 1
    ok = (low <= number if closed else low < number) and number < high
    if not ok:
        bound = f"{'≥' if closed else '>'} {low:g}" + (f" and < {high:g}" if high < float("inf") else "")
        raise InvalidValueError(f"{name} = {value!r}", f"a number {bound}")


@dataclass(frozen=True)
class Optimizer:
    """What all optimizers share.

    Attributes:
        learning_rate: η, a number or a schedule.
        weight_decay: λ, a number or a schedule; added to the gradient as λθ (AdamW instead shrinks θ by 1 − ηλ).
        clip_value: each entry of every gradient is limited to ±clip_value.
        clip_norm: all gradients are scaled down together where their common norm exceeds clip_norm.
    """

    learning_rate: float | Schedule = 0.01
    weight_decay: float | Schedule = field(default=0.0, kw_only=True)
    clip_value: float | None = field(default=None, kw_only=True)
    clip_norm: float | None = field(default=None, kw_only=True)

    @property
    def slots(self) -> tuple[str, ...]:
        """The arrays that it keeps beside each parameter, by their letters."""
        return ()

    def __post_init__(self) -> None:
        as_schedule(self.learning_rate)
        if isinstance(self.weight_decay, Schedule):
            Scalar(self.weight_decay, "weight decay")
        else:
            check_number("weight_decay", self.weight_decay, 0)
        for name in ("clip_value", "clip_norm"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0, closed=False)

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a function of the step."""
        return as_schedule(self.learning_rate)

    @property
    def scheduled(self) -> dict[str, Scalar]:
        """What else than the learning rate follows a schedule."""
        λ = self.weight_decay
        return {"λ": Scalar(λ, "weight decay")} if isinstance(λ, Schedule) else {}

    def scalars(self, step: Any) -> dict[str, Any]:
        """The numbers of step t = 1, 2, … that follow no schedule; of many steps at once for an array of them."""
        return {"λ": self.weight_decay} if self.weight_decay and not self.scheduled else {}

    def with_learning_rate(self, learning_rate: float | Schedule) -> Optimizer:
        """The same with another learning rate."""
        return replace(self, learning_rate=learning_rate)

    def decayed(self, theta: Node, dtheta: Node, h: Slots) -> tuple[Node, Node]:
        """θ and its gradient under weight decay: λθ is added to the gradient."""
        if not self.weight_decay:
            return theta, dtheta
        return theta, dtheta + theta * updates.spread(h["λ"], theta)

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """θ′ and the new slots, from θ, ∂L/∂θ, the slots and the numbers h (h["η"] is the learning rate)."""
        raise NotImplementedError


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """θ ← θ − η ∂L/∂θ. With batches of all rows this is the textbooks' gradient descent."""

    learning_rate: float | Schedule = 0.1

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """θ′ = θ − η g."""
        return updates.descend(theta, dtheta, h["η"]), {}


@dataclass(frozen=True)
class SGD(Optimizer):
    """θ ← θ − ηg; with momentum v ← μv + g, θ ← θ − ηv; with Nesterov θ ← θ − η(g + μv). As PyTorch's SGD.

    Args:
        learning_rate: η.
        momentum: μ in [0, 1); 0.9 is usual. Without it no v is kept.
        nesterov: whether to look ahead along v; needs a momentum.

    Example:
        >>> SGD(0.1).slots, SGD(0.1, momentum=0.9).slots
        ((), ('v',))
    """

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        """v, where there is a momentum."""
        return ("v",) if self.momentum else ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("momentum", self.momentum, 0, 1)
        if not isinstance(self.nesterov, bool | np.bool_):
            raise InvalidValueError(f"nesterov = {self.nesterov!r}", "True or False")
        if self.nesterov and not self.momentum:
            raise InvalidValueError(
                "nesterov=True with momentum 0", "a momentum", "cp.SGD(…, momentum=0.9, nesterov=True)"
            )

    def scalars(self, step: Any) -> dict[str, Any]:
        """λ and μ."""
        return {**super().scalars(step), "μ": self.momentum} if self.momentum else super().scalars(step)

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """v′ = μv + g; θ′ = θ − ηv′, or θ − η(g + μv′). Without momentum θ′ = θ − ηg."""
        if not self.momentum:
            return updates.descend(theta, dtheta, h["η"]), {}
        v = updates.accelerate(slots["v"], dtheta, h["μ"])
        direction = updates.accelerate(v, dtheta, h["μ"]) if self.nesterov else v
        return updates.descend(theta, direction, h["η"]), {"v": v}


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """s ← s + g², θ ← θ − ηg/(√s + ε) (Duchi et al., 2011).

    Args:
        learning_rate: η.
        epsilon: ε.
    """

    learning_rate: float | Schedule = 0.01
    epsilon: float = 1e-10

    @property
    def slots(self) -> tuple[str, ...]:
        """s, the sum of g² so far."""
        return ("s",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("epsilon", self.epsilon, 0, closed=False)

    def scalars(self, step: Any) -> dict[str, Any]:
        """λ and ε."""
        return {**super().scalars(step), "ε": self.epsilon}

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """s′ = s + g²; θ′ = θ − ηg/(√s′ + ε)."""
        s = slots["s"] + dtheta * dtheta
        return updates.scaled_descend(theta, dtheta, s, h["η"], h["ε"]), {"s": s}


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """v ← βv + (1 − β)g², θ ← θ − ηg/(√v + ε) (Hinton, lecture 6e).

    Args:
        learning_rate: η.
        beta: β in [0, 1).
        epsilon: ε.
    """

    learning_rate: float | Schedule = 0.01
    beta: float = 0.99
    epsilon: float = 1e-8

    @property
    def slots(self) -> tuple[str, ...]:
        """v, the running mean of g²."""
        return ("v",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("beta", self.beta, 0, 1)
        check_number("epsilon", self.epsilon, 0, closed=False)

    def scalars(self, step: Any) -> dict[str, Any]:
        """λ, β and ε."""
        return {**super().scalars(step), "β": self.beta, "ε": self.epsilon}

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """v′ = βv + (1 − β)g²; θ′ = θ − ηg/(√v′ + ε)."""
        v = updates.average_square(slots["v"], dtheta, h["β"])
        return updates.scaled_descend(theta, dtheta, v, h["η"], h["ε"]), {"v": v}


def correction(beta: float, step: Any) -> Any:
    """1 − βᵗ for a step t or increasing steps. Where βᵗ < e⁻⁴⁰ it is 1, and such powers are slow: they are left out."""
    steps = np.atleast_1d(step)
    powers = np.count_nonzero(steps < 40.0 / (1.0 - beta))
    if powers == 0:
        return np.broadcast_to(1.0, np.shape(step))
    result = np.ones(len(steps))
    result[:powers] = 1.0 - beta ** steps[:powers]
    return result.reshape(np.shape(step))[()]


@dataclass(frozen=True)
class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η (m/c₁)/(√(v/c₂) + ε), cᵢ = 1 − βᵢᵗ (Kingma & Ba, 2015).

    Args:
        learning_rate: η.
        beta1, beta2: decay rates in [0, 1).
        epsilon: ε.
    """

    learning_rate: float | Schedule = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    @property
    def slots(self) -> tuple[str, ...]:
        """m and v, the running means of g and of g²."""
        return ("m", "v")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("beta1", self.beta1, 0, 1)
        check_number("beta2", self.beta2, 0, 1)
        check_number("epsilon", self.epsilon, 0, closed=False)

    def scalars(self, step: Any) -> dict[str, Any]:
        """λ, β₁, β₂, ε and the bias corrections of step t."""
        corrections = {"c₁": correction(self.beta1, step), "c₂": correction(self.beta2, step)}
        return {**super().scalars(step), "β1": self.beta1, "β2": self.beta2, "ε": self.epsilon, **corrections}

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """m′, v′ and θ′ = θ − η (m′/c₁)/(√(v′/c₂) + ε)."""
        m = updates.average(slots["m"], dtheta, h["β1"])
        v = updates.average_square(slots["v"], dtheta, h["β2"])
        return updates.adam_descend(theta, m, v, h["η"], h["c₁"], h["c₂"], h["ε"]), {"m": m, "v": v}


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← (1 − ηλ)θ before the update (Loshchilov & Hutter, 2019)."""

    weight_decay: float | Schedule = field(default=0.01, kw_only=True)

    def decayed(self, theta: Node, dtheta: Node, h: Slots) -> tuple[Node, Node]:
        """(1 − ηλ)θ, and the gradient as it is."""
        return (updates.decay(theta, h["η"], h["λ"]) if self.weight_decay else theta), dtheta


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gradient_descent": GradientDescent,
    "sgd": SGD,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def resolve_optimizer(given: Any, learning_rate: float | Schedule | None = None) -> Optimizer:
    """An optimizer given by name or as an object; None is Adam.

    Raises:
        UnknownNameError: for an unknown name.
        InvalidValueError: for a learning rate beside an object, which has one.
        DTypeError: for anything else.

    Example:
        >>> resolve_optimizer("sgd", learning_rate=0.1).learning_rate
        0.1
    """
    if isinstance(given, Optimizer):
        if learning_rate is not None:
            raise InvalidValueError(f"learning_rate {learning_rate!r} beside {given!r}", "one of the two")
        return given
    if given is None or isinstance(given, str):
        name = given or "adam"
        if name not in OPTIMIZERS:
            raise unknown_name("optimizer", given, sorted(OPTIMIZERS))
        return OPTIMIZERS[name]() if learning_rate is None else OPTIMIZERS[name](learning_rate)
    raise DTypeError(f"optimizer {given!r}", "a name or an optimizer such as cp.Adam(1e-3)")


def clipped(gradients: Mapping[Name, Node], optimizer: Optimizer) -> dict[Name, Node]:
    """The gradients after clipping by value and by global norm."""
    result = dict(gradients)
    if optimizer.clip_value is not None:
        c = optimizer.clip_value
        result = {k: g.clip(d, -c, c) for k, d in result.items()}
    if optimizer.clip_norm is not None and result:
        parts = [g.sum(d * d) for d in result.values()]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        scale = g.minimum(optimizer.clip_norm / (g.sqrt(total) + 1e-6), 1.0)  # 1e-6 as in PyTorch
        result = {k: d * scale for k, d in result.items()}
    return result
