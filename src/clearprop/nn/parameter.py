"""What is to be known of a parameter before it has a value: what it is for, its shape, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal, get_args

from clearprop.graph import Name
from clearprop.nn.given import Given
from clearprop.nn.initializers import Initializer

Role = Literal[
    "weight", "bias", "scale", "shift", "embedding", "constant", "running mean", "running variance", "state", "other"
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)
# How W and samples are written: z = a W + b with W in×out and samples as rows, or z = W a + b with both turned.
Convention = Literal["row", "column"]
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
STATES: frozenset[Role] = frozenset({"running mean", "running variance", "state"})


@dataclass(frozen=True)
class Parameter:
    """A parameter, or a running state, that a layer declares.

    Attributes:
        name: W1, b1, ….
        shape: its shape.
        initializer: what draws its first value.
        fan_in, fan_out: how many inputs and outputs its layer has, for the initialiser.
        role: what it is for. Penalties concern weights; a constant of a layer, such as the cuts of an encoding, is
            never learned; a running state is no parameter at all.
        trainable: whether it is learned by gradient. Running states are not, nor are frozen parameters.
        learning_rate_factor: what the learning rate η is multiplied by for it.
        decay_factor: what the weight decay λ is multiplied by for it: 1 for weights, 0 for everything else, unless said
            otherwise.
    """

    name: Name
    shape: tuple[int, ...]
    initializer: Initializer
    fan_in: int
    fan_out: int
    role: Role
    trainable: bool = True
    learning_rate_factor: float = 1.0
    decay_factor: float = 0.0

    @property
    def layer(self) -> int:
        """The number of the layer it belongs to."""
        return self.name.layer or 0

    @property
    def is_weight(self) -> bool:
        """Whether penalties concern it: weights, not biases or scales."""
        return self.role == "weight"

    @property
    def is_state(self) -> bool:
        """Whether it is a running state, which the layer itself brings up to date in every training step."""
        return self.role in STATES

    @property
    def is_frozen(self) -> bool:
        """Whether it is a parameter that keeps its value."""
        return not self.trainable and not self.is_state

    @property
    def is_given(self) -> bool:
        """Whether it starts from numbers that somebody chose, not from drawn ones."""
        return isinstance(self.initializer, Given)

    @property
    def size(self) -> int:
        """Number of entries."""
        return prod(self.shape)
