"""Losses per sample as fused ops; the two cross-entropies start from the logits z, where nothing overflows."""

from __future__ import annotations

from clearprop.graph.fused.activations import sigmoid
from clearprop.graph.fused.layers import along_last, log_softmax, softmax, sum_last
from clearprop.graph.fused.record import fused
from clearprop.graph.node import Example, Node, constant
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.types import Type

_Z = Type((4, 3), "f64")


def _softmax_cross_entropy_gradient(y: Node, g: Node, z: Node, t: Node) -> tuple[Node, Node]:
    """dz = p·Σt − t, which is p − t when the targets of a row sum to 1."""
    p = softmax(z)
    if not sums_to_one(t):
        p = p * along_last(sum_last(t), z)
    g = along_last(g, z)
    return g * (p - t), -(g * log_softmax(z))


def sums_to_one(t: Node) -> bool:
    """Whether every row is known to sum to 1 from the way it was made: one-hot, softmax, smoothed one-hot."""
    if t.op.name in ("one_hot", "softmax"):
        return True
    if t.op.name == "identity":
        return sums_to_one(t.inputs[0])
    if t.op.name != "add" or t.inputs[0].op.name != "multiply":
        return False
    (rows, keep), share = t.inputs[0].inputs, t.inputs[1]
    if keep.op.name != "constant" or share.op.name != "constant" or not sums_to_one(rows):
        return False
    return bool(abs(keep.attrs["value"] + share.attrs["value"] * t.shape[-1] - 1.0) < 1e-12)


# z and t are (N, k) or (k,); the result is one number per sample.
softmax_cross_entropy = fused(
    "softmax_cross_entropy",
    lambda z, t: -sum_last(t * log_softmax(z)),
    formula=r"-\sum_k #2_k \ln \mathrm{softmax}(#1)_k",
    gradient=_softmax_cross_entropy_gradient,
    kind="reduction",
    examples=(Example((_Z, _Z), domains=("real", "unit")), Example((Type((3,), "f64"), Type((3,), "f64")))),
    role="loss from logits",
)


def _sigmoid_cross_entropy(z: Node, y: Node) -> Node:
    a = sigmoid(z)
    return -(y * e.log(a) + (1.0 - y) * e.log(1.0 - a))


# Elementwise: one number per output.
sigmoid_cross_entropy = fused(
    "sigmoid_cross_entropy",
    _sigmoid_cross_entropy,
    formula=r"-\left(#2 \times \ln \sigma(#1) + (1 - #2) \times \ln(1 - \sigma(#1))\right)",
    gradient=lambda L, g, z, y: (g * (sigmoid(z) - y), -(g * z)),
    stable=lambda z, y: e.maximum(z, constant(0.0, z.type)) - z * y + e.log1p(e.exp(-e.absolute(z))),
    examples=(Example((_Z, _Z), domains=("real", "unit")),),
    role="loss from logits",
)

# ½‖y − a‖² per sample.
squared_error = fused(
    "squared_error",
    lambda a, y: sum_last((y - a) ** 2) * 0.5,
    formula=r"\tfrac{1}{2} \lVert #2 - #1 \rVert^2",
    gradient=lambda L, g, a, y: (along_last(g, a) * (a - y), along_last(g, a) * (y - a)),
    kind="reduction",
    examples=(Example((_Z, _Z)), Example((Type((3,), "f64"), Type((3,), "f64")))),
)
