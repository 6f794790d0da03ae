"""A running mean of the weights, beside any optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError
from clearprop.execute import Array
from clearprop.graph import Node
from clearprop.graph.fused import updates
from clearprop.nn import Architecture, Scalar, Schedule
from clearprop.train.optimizers import Adam, Optimizer, Slots, check_number

_SLOT, _RATE = "ema", "ρ"


@dataclass(frozen=True)
class AveragedWeights(Optimizer):
    """Any optimizer, and beside each parameter the running mean of its values: w ← ρ·w + (1 − ρ)·θ′ after every step.

    What trains is what the optimizer makes; `net.averaged()` is the network of the means, w/(1 − ρᵗ) after t steps,
    which forget what is older than about 1/(1 − ρ) steps. It is often better than the weights of the last step, whose
    noise it averages out. Source: Polyak & Juditsky (1992); in this form Izmailov et al. (2018) and Adam's own means.

    Args:
        optimizer: what trains.
        decay: ρ, in (0, 1).

    Raises:
        InvalidValueError: for a decay that is not between 0 and 1.
        DTypeError: for what is no optimizer.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network(1, [cp.Dense(1)], "squared_error", seed=0)
        >>> history = net.fit([[0], [1]], [1, 3], optimizer=cp.AveragedWeights(cp.SGD(0.1), 0.9), epochs=900)
        >>> net.averaged().predict([[2.0]]).round(2).tolist()
        [[5.0]]
    """

    learning_rate: float | Schedule = field(default=1.0, init=False)  # the optimizer's own counts
    weight_decay: float | Schedule = field(default=0.0, init=False)
    clip_value: float | None = field(default=None, init=False)
    clip_norm: float | None = field(default=None, init=False)
    optimizer: Optimizer = field(default_factory=Adam)
    decay: float = 0.99

    def __post_init__(self) -> None:
        if not isinstance(self.optimizer, Optimizer) or isinstance(self.optimizer, AveragedWeights):
            raise DTypeError(f"optimizer {self.optimizer!r} of AveragedWeights", "an optimizer such as cp.Adam(1e-3)")
        check_number("decay", self.decay, 0, 1, closed=False)
        for name in ("learning_rate", "weight_decay", "clip_value", "clip_norm"):
            object.__setattr__(self, name, getattr(self.optimizer, name))

    @property
    def slots(self) -> tuple[str, ...]:
        """The optimizer's arrays, and the running mean."""
        return (*self.optimizer.slots, _SLOT)

    @property
    def scheduled(self) -> dict[str, Scalar]:
        """What follows a schedule in the optimizer."""
        return self.optimizer.scheduled

    def scalars(self, step: Any) -> dict[str, Any]:
        """The optimizer's numbers, and ρ."""
        return {**self.optimizer.scalars(step), _RATE: self.decay}

    def with_learning_rate(self, learning_rate: float | Schedule) -> Optimizer:
        """The same with another learning rate of the optimizer."""
        return replace(self, optimizer=self.optimizer.with_learning_rate(learning_rate))

    def decayed(self, theta: Node, dtheta: Node, h: Slots) -> tuple[Node, Node]:
        """θ and its gradient as the optimizer has them under weight decay."""
        return self.optimizer.decayed(theta, dtheta, h)

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """The optimizer's θ′ and slots, and w′ = ρ·w + (1 − ρ)·θ′."""
        new, changed = self.optimizer.update(theta, dtheta, slots, h)
        return new, {**changed, _SLOT: updates.average(slots[_SLOT], new, h[_RATE])}


def averages(
    architecture: Architecture, optimizer: Optimizer | None, slots: Mapping[str, Array] | None, steps: int
) -> dict[str, Array]:
    """The running means of the parameters that are learned, by name.

    Raises:
        InvalidValueError: if the last fit made none.
    """
    if not isinstance(optimizer, AveragedWeights) or not slots or not steps:
        raise InvalidValueError(
            "a network without averaged weights", "one that was trained with them", "optimizer=cp.AveragedWeights(…)"
        )
    share = -np.expm1(steps * np.log(optimizer.decay))  # 1 − ρᵗ
    kept = {name: p.name.state(_SLOT) for name, p in architecture.parameters.items() if p.trainable}
    return {name: slots[state] / share for name, state in kept.items() if state in slots}
