"""Activations as fused ops.

The rules use the op's value y where they can, as the textbooks do: σ′ = y(1 − y), tanh′ = 1 − y².
"""

from __future__ import annotations

from clearprop.graph.fused.record import elementwise_examples, fused
from clearprop.graph.node import OPS, Example, Node, Op, apply, constant
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.types import Type


def _positive(x: Node) -> Node:
    return e.greater(x, constant(0.0, x.type))


def _maximum(x: Node, floor: float) -> Node:
    return e.maximum(x, constant(floor, x.type))


def _minimum(x: Node, ceiling: float) -> Node:
    return e.minimum(x, constant(ceiling, x.type))


def _sigmoid_stable(x: Node) -> Node:
    """Only e^{−|x|}, which cannot overflow: 1/(1 + e) for x > 0, e/(1 + e) otherwise."""
    small = e.exp(-e.absolute(x))
    return e.where(_positive(x), constant(1.0, x.type), small) / (small + 1.0)


sigmoid = fused(
    "sigmoid",
    lambda x: 1 / (e.exp(-x) + 1.0),
    formula=r"\sigma(#1)",
    gradient=lambda y, g, x: (g * y * (1.0 - y),),
    stable=_sigmoid_stable,
    examples=elementwise_examples(),
    sign=r"\sigma",
    role="probability",
)


def _tanh_stable(x: Node) -> Node:
    """With t = e^{−2|x|} − 1: tanh|x| = −t/(t + 2), exact near 0 too."""
    t = e.expm1(e.absolute(x) * -2.0)
    return e.sign(x) * (-t / (t + 2.0))


tanh = fused(
    "tanh",
    lambda x: (e.exp(x) - e.exp(-x)) / (e.exp(x) + e.exp(-x)),
    formula=r"\tanh(#1)",
    gradient=lambda y, g, x: (g * (1.0 - y * y),),
    stable=_tanh_stable,
    examples=elementwise_examples(),
    title="tanh",
)

# g where x > 0, else 0: how a gradient passes a relu.
gate: Op = fused(
    "gate",
    lambda x, g: e.where(_positive(x), g, constant(0.0, g.type)),
    formula=r"[#1 > 0] \times #2",
    gradient=lambda y, g, x, upstream: (None, gate(x, g)),
    analytic=False,
    examples=(Example((Type((2, 3), "f64"), Type((2, 3), "f64"))),),
    role="gate",
)

relu = fused(
    "relu",
    lambda x: _maximum(x, 0.0),
    formula=r"\max(#1, 0)",
    gradient=lambda y, g, x: (gate(x, g),),  # 0 at x = 0
    analytic=False,
    examples=elementwise_examples(),
    title="ReLU",
)

leaky_relu = fused(
    "leaky_relu",
    lambda x, slope: e.where(_positive(x), x, x * slope),
    formula=r"#1 \text{ if } #1 > 0 \text{ else } #slope \cdot #1",
    gradient=lambda y, g, x: (e.where(_positive(x), g, g * y.attrs["slope"]),),
    analytic=False,
    examples=elementwise_examples(slope=0.01),
    title="Leaky ReLU",
)


elu = fused(
    "elu",
    lambda x, alpha: e.where(_positive(x), x, (e.exp(x) - 1.0) * alpha),
    formula=r"#1 \text{ if } #1 > 0 \text{ else } #alpha (e^{#1} - 1)",
    gradient=lambda y, g, x: (e.where(_positive(x), g, g * (y + y.attrs["alpha"])),),
    stable=lambda x, alpha: e.where(_positive(x), x, e.expm1(_minimum(x, 0.0)) * alpha),
    analytic=False,
    examples=elementwise_examples(alpha=1.0),
    title="ELU",
)

# x·Φ(x), with Φ the normal distribution function.
gelu = fused(
    "gelu",
    lambda x: x * 0.5 * (e.erf(x * 0.7071067811865476) + 1.0),
    formula=r"#1 \times \Phi(#1)",
    analytic=False,
    examples=elementwise_examples(),
    title="GELU",
)

silu = fused(
    "silu",
    lambda x: x * sigmoid(x),
    formula=r"#1 \times \sigma(#1)",
    gradient=lambda y, g, x: (g * (y + sigmoid(x) * (1.0 - y)),),
    examples=elementwise_examples(),
    title="SiLU",
)

softplus = fused(
    "softplus",
    lambda x: e.log(e.exp(x) + 1.0),
    formula=r"\ln(1 + e^{#1})",
    gradient=lambda y, g, x: (g * sigmoid(x),),
    stable=lambda x: _maximum(x, 0.0) + e.log1p(e.exp(-e.absolute(x))),
    examples=elementwise_examples(),
)

_MISH_END = 20.0  # from here on tanh(softplus(x)) is 1, and e²ˣ still far from the largest float32


def _mish_parts(x: Node) -> tuple[Node, Node, Node]:
    """x, e = eˣ and n = e² + 2e, of x where that can be told from its end: tanh(ln(1 + e)) = n/(n + 2)."""
    x = _minimum(x, _MISH_END)
    e_x = e.exp(x)
    return x, e_x, e_x * (e_x + 2.0)


def _mish_stable(x: Node) -> Node:
    _, _, n = _mish_parts(x)
    return x * (n / (n + 2.0))


def _mish_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    """n/(n + 2) + 4x·e(e + 1)/(n + 2)², with the exponential that the value has."""
    x, e_x, n = _mish_parts(x)
    r = 1.0 / (n + 2.0)
    return (g * (r * (n + x * 4.0 * e_x * (e_x + 1.0) * r)),)


# x·tanh(softplus(x)) (Misra, 2019).
mish = fused(
    "mish",
    lambda x: x * tanh(softplus(x)),
    formula=r"\mathrm{mish}(#1)",
    gradient=_mish_gradient,
    stable=_mish_stable,
    examples=elementwise_examples(),
)

softsign = fused(
    "softsign",
    lambda x: x / (e.absolute(x) + 1.0),
    formula=r"\mathrm{softsign}(#1)",
    gradient=lambda y, g, x: (g / (e.absolute(x) + 1.0) ** 2,),
    analytic=False,
    examples=elementwise_examples(),
)


def selu(x: Node) -> Node:
    """Scaled ELU: λ·elu(x, α) with the constants of Klambauer et al. (2017)."""
    return elu(x, alpha=1.6732632423543772) * 1.0507009873554805


def identity(x: Node) -> Node:
    """x itself, under a name of its own."""
    return OPS["identity"](x)


def hard_clip(x: Node, low: float, high: float) -> Node:
    """max(low, min(x, high)), of which two ReLUs are an instance: relu(x + 1) − relu(x − 1) = clip(x + 1, 0, 2)."""
    return apply("minimum", apply("maximum", x, low), high)
