"""Initial values of parameters.

Small random weights break the symmetry between the units of a layer. How small follows from the number of inputs
(fan-in) and outputs (fan-out), so that signals neither fade nor grow from layer to layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DTypeError, InvalidValueError, unknown_name

Array = NDArray[np.float64]


@runtime_checkable
class Initializer(Protocol):
    """Draws the initial value of a parameter."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Float64 values of the given shape."""
        ...


@dataclass(frozen=True)
class Constant:
    """One number everywhere. For weights of hidden layers it keeps all units of a layer equal for ever."""

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """The constant, `shape` times."""
        return np.full(shape, float(self.value))


@dataclass(frozen=True)
class Zeros(Constant):
    """Zero everywhere: right for biases, and for the weights of logistic regression."""

    value: float = 0.0


@dataclass(frozen=True)
class Normal:
    """N(0, std²). `Normal(0.01)` is the textbook's small random start; it starves deep networks."""

    std: float = 0.01

    def __post_init__(self) -> None:
        if not self.std >= 0:
            raise InvalidValueError(f"standard deviation {self.std!r}", "a number ≥ 0")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Normal numbers of the given standard deviation."""
        return rng.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class Uniform:
    """U(−limit, limit)."""

    limit: float = 1.0

    def __post_init__(self) -> None:
        if not self.limit >= 0:
            raise InvalidValueError(f"limit {self.limit!r}", "a number ≥ 0")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Uniform numbers within the limit of 0."""
        return rng.uniform(-self.limit, self.limit, shape)


@dataclass(frozen=True)
class _Scaled:
    """Random numbers of variance gain/fan."""

    distribution: Literal["normal", "uniform"] = "uniform"

    def __post_init__(self) -> None:
        if self.distribution not in ("normal", "uniform"):
            raise unknown_name("distribution", self.distribution, ["normal", "uniform"])

    def variance(self, fan_in: int, fan_out: int) -> float:
        """The variance of the weights."""
        raise NotImplementedError

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Normal or uniform numbers of that variance."""
        std = self.variance(fan_in, fan_out) ** 0.5
        if self.distribution == "normal":
            return rng.normal(0.0, std, shape)
        limit = std * 3.0**0.5  # U(−l, l) has variance l²/3
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class Glorot(_Scaled):
    """Variance 2/(fan_in + fan_out), for tanh, sigmoid, softmax and linear outputs (Glorot & Bengio, 2010)."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        """2/(fan_in + fan_out)."""
        return 2.0 / (fan_in + fan_out)


@dataclass(frozen=True)
class He(_Scaled):
    """Variance 2/fan_in, for ReLU and its relatives, which pass half of what comes in (He et al., 2015)."""

    distribution: Literal["normal", "uniform"] = "normal"

    def variance(self, fan_in: int, fan_out: int) -> float:
        """2/fan_in."""
        return 2.0 / fan_in


@dataclass(frozen=True)
class LeCun(_Scaled):
    """Variance 1/fan_in, for SELU (LeCun et al., 1998)."""

    distribution: Literal["normal", "uniform"] = "normal"

    def variance(self, fan_in: int, fan_out: int) -> float:
        """1/fan_in."""
        return 1.0 / fan_in


@dataclass(frozen=True)
class FanInUniform:
    """U(−1/√fan_in, 1/√fan_in), for weights and biases alike: what PyTorch's nn.Linear starts from."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """Uniform numbers within 1/√fan_in of 0."""
        limit = fan_in**-0.5 if fan_in else 0.0
        return rng.uniform(-limit, limit, shape)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Zeros(),
    "normal": Normal(),
    "glorot": Glorot(),
    "xavier": Glorot(),
    "he": He(),
    "kaiming": He(),
    "lecun": LeCun(),
    "fan_in_uniform": FanInUniform(),
}


def resolve_initializer(given: Any) -> Initializer:
    """An initialiser given by name, as an object, or as a number.

    Raises:
        UnknownNameError: for an unknown name.
        DTypeError: for anything else.

    Example:
        >>> resolve_initializer("xavier")
        Glorot(distribution='uniform')
    """
    if isinstance(given, str):
        if given not in INITIALIZERS:
            raise unknown_name("initialiser", given, sorted(INITIALIZERS))
        return INITIALIZERS[given]
    if isinstance(given, int | float) and not isinstance(given, bool):
        return Constant(float(given))
    if isinstance(given, Initializer):
        return given
    raise DTypeError(
        f"initialiser {given!r}",
        "a name, a number or an object with draw(rng, shape, fan_in, fan_out)",
        "numbers of your own go to W= and b=" if isinstance(given, list | tuple | np.ndarray) else None,
    )
