"""The optimizers' updates as fused ops: each takes arrays of one parameter's shape and float64 scalars.

The scalars (learning rate η, decay rates, bias corrections, ε) are inputs, never constants: one graph serves every step
and every schedule.
"""

from __future__ import annotations

from collections.abc import Callable

from clearprop.graph.fused.record import fused
from clearprop.graph.node import OPS, Example, Node
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.types import Type


def spread(scalar: Node, like: Node) -> Node:
    """A float64 scalar in the dtype of a parameter and in every place of it."""
    if scalar.dtype != like.dtype:
        scalar = e.cast(scalar, dtype=like.dtype)
    return scalar if like.shape == () else OPS["broadcast"](scalar, shape=like.shape, axes=())


def _examples(arrays: int, scalars: int) -> tuple[Example, ...]:
    """For float32 parameters, whose pattern has a cast, and then for float64 ones; v-like arrays are positive."""
    domains = ("real",) * (2 if arrays > 1 else 1) + ("positive",) * (arrays - 2) + ("unit",) * scalars
    scalar = Type((), "f64")
    return tuple(
        Example((Type((2, 3), dtype),) * arrays + (scalar,) * scalars, {}, domains) for dtype in ("f32", "f64")
    )


def _rule(name: str, formula: str, arrays: int, scalars: int, definition: Callable[..., Node]) -> Callable[..., Node]:
    return fused(name, definition, formula=formula, examples=_examples(arrays, scalars))


# θ′ = θ − η g: gradient descent.
descend = _rule(
    "descend",
    r"#1 - #3 #2",
    2,
    1,
    lambda theta, g, eta: theta - g * spread(eta, g),
)

# θ′ = θ − η λ θ: decoupled weight decay.
decay = _rule(
    "decay",
    r"(1 - #2 #3) #1",
    1,
    2,
    lambda theta, eta, lam: theta * spread(1.0 - eta * lam, theta),
)

# v′ = μ v + g: momentum.
accelerate = _rule(
    "accelerate",
    r"#3 #1 + #2",
    2,
    1,
    lambda v, g, mu: v * spread(mu, v) + g,
)

# m′ = β m + (1 − β) g: exponential moving average.
average = _rule(
    "average",
    r"#3 #1 + (1 - #3) #2",
    2,
    1,
    lambda m, g, beta: m * spread(beta, m) + g * spread(1.0 - beta, m),
)

# v′ = β v + (1 − β) g²: exponential moving average of the square.
average_square = _rule(
    "average_square",
    r"#3 #1 + (1 - #3) #2^2",
    2,
    1,
    lambda v, g, beta: v * spread(beta, v) + g * g * spread(1.0 - beta, v),
)

# θ′ = θ − η g / (√v + ε): AdaGrad and RMSProp.
scaled_descend = _rule(
    "scaled_descend",
    r"#1 - \frac{#4 #2}{\sqrt{#3} + #5}",
    3,
    2,
    lambda theta, g, v, eta, eps: theta - g * spread(eta, g) / (e.sqrt(v) + spread(eps, g)),
)

# θ′ = θ − η (m/c₁) / (√(v/c₂) + ε), with the bias corrections c = 1 − βᵗ: Adam.
adam_descend = _rule(
    "adam_descend",
    r"#1 - #4 \frac{#2 / #5}{\sqrt{#3 / #6} + #7}",
    3,
    4,
    lambda theta, m, v, eta, c1, c2, eps: (
        theta - m / spread(c1, m) * spread(eta, m) / (e.sqrt(v / spread(c2, v)) + spread(eps, v))
    ),
)
