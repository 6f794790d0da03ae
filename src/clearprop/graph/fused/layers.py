"""Affine and softmax, for one sample (a vector) and for a batch (samples as rows)."""

from __future__ import annotations

from clearprop.errors import ShapeError
from clearprop.graph.fused.record import fused
from clearprop.graph.node import OPS, Example, Node
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.primitives.arrays import product, repeat
from clearprop.graph.types import Type, show_shape


def _over_rows(row: Node, like: Node) -> Node:
    """Repeat a vector for every sample of a batch; for one sample it stays as it is."""
    return repeat(row, like.shape, 0) if like.type.rank == 2 else row


def _affine(x: Node, W: Node, b: Node) -> Node:
    y = product(x, W)
    if b.shape != y.shape[-1:]:
        raise ShapeError(
            f"bias of shape {show_shape(b.shape)} in an affine map with W {show_shape(W.shape)}",
            show_shape(y.shape[-1:]),
        )
    return y + _over_rows(b, y)


def _affine_gradient(y: Node, g: Node, x: Node, W: Node, b: Node) -> tuple[Node, Node, Node]:
    """∂L/∂X = G·Wᵀ, ∂L/∂W = Xᵀ·G, ∂L/∂b = the sum of G over the samples."""
    dx, dW = OPS["matmul"].gradient(product(x, W), g, x, W)  # type: ignore[misc]
    assert dx is not None
    assert dW is not None
    return dx, dW, OPS["sum"](g, axis=0) if g.type.rank == 2 else g


_X, _W, _B = Type((4, 2), "f64"), Type((2, 3), "f64"), Type((3,), "f64")
affine = fused(
    "affine",
    _affine,
    formula=r"#1 \cdot #2 + #3",
    gradient=_affine_gradient,
    kind="product",
    examples=(Example((_X, _W, _B)), Example((Type((2,), "f64"), _W, _B))),
)


# --- over the last axis


def sum_last(x: Node) -> Node:
    """The sum over the last axis."""
    return OPS["sum"](x, axis=x.type.rank - 1)


def along_last(row: Node, like: Node) -> Node:
    """Repeat one value per sample along the last axis."""
    return repeat(row, like.shape, like.type.rank - 1)


def _shifted(x: Node) -> Node:
    """x minus its largest entry: softmax does not notice, and exp no longer overflows."""
    return x - along_last(OPS["max"](x, axis=x.type.rank - 1), x)


def _normalised_exp(x: Node) -> Node:
    y = e.exp(x)
    return y / along_last(sum_last(y), x)


def _log_softmax_stable(x: Node) -> Node:
    shifted = _shifted(x)
    return shifted - along_last(e.log(sum_last(e.exp(shifted))), x)


_ROWS = (Example((Type((4, 3), "f64"),)), Example((Type((3,), "f64"),)))
softmax = fused(
    "softmax",
    _normalised_exp,
    formula=r"\mathrm{softmax}(#1)",
    gradient=lambda y, g, x: (y * (g - along_last(sum_last(g * y), g)),),
    stable=lambda x: _normalised_exp(_shifted(x)),
    kind="reduction",
    examples=_ROWS,
    role="probability",
)

log_softmax = fused(
    "log_softmax",
    lambda x: e.log(softmax(x)),
    formula=r"\ln \mathrm{softmax}(#1)",
    gradient=lambda y, g, x: (g - softmax(x) * along_last(sum_last(g), g),),
    stable=_log_softmax_stable,
    kind="reduction",
    examples=_ROWS,
)
