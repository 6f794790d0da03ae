"""Gradient: graph to graph. The backward pass is made of ordinary nodes, so it can be printed, drawn, simplified,
planned and differentiated again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from clearprop.errors import DTypeError, ShapeError
from clearprop.graph.node import OPS, Node, constant, topological
from clearprop.graph.types import show_shape


@overload
def gradient(y: Node, wrt: Node, upstream: Node | None = None) -> Node: ...
@overload
def gradient(y: Node, wrt: Sequence[Node], upstream: Node | None = None) -> list[Node]: ...
def gradient(y: Node, wrt: Node | Sequence[Node], upstream: Node | None = None) -> Node | list[Node]:
    """∂y/∂x for one node x, or for each of several, as new nodes of the same shape as x.

    The gradient of a node named z1 is named dz1.

    Args:
        y: a scalar (shape `()`), or any shape if `upstream` is given.
        wrt: the node or nodes to differentiate by; inner nodes are as good as variables.
        upstream: ∂L/∂y where y is not the last word; y's shape. By default 1.

    Raises:
        ShapeError: if y is not a scalar and there is no `upstream`, or if `upstream` has another shape.
        DTypeError: if y or x is no floating-point value.

    Example:
        >>> from clearprop.graph import variable
        >>> x = variable("x")
        >>> gradient(x * x, x)
        <dx: f64[]>
    """
    targets = [wrt] if isinstance(wrt, Node) else list(wrt)
    for node in (y, *targets):
        if not isinstance(node, Node) or not node.type.is_float:
            raise DTypeError(f"gradient of or by {node!r}", "floating-point nodes")
    adjoints = backward(y, targets, _seed(y, upstream))
    results = [adjoints[x] if x in adjoints else constant(0.0, x.type) for x in targets]
    return results[0] if isinstance(wrt, Node) else results


def _seed(y: Node, upstream: Node | None) -> Node:
    if upstream is None:
        if y.shape != ():
            raise ShapeError(
                f"gradient of a value of shape {show_shape(y.shape)}",
                "a scalar",
                "sum it first, or pass upstream=∂L/∂y",
            )
        return constant(1.0, y.type)
    if upstream.type != y.type:
        raise ShapeError(f"upstream gradient of type {upstream.type}", f"{y.type}, the type of y")
    return upstream


def backward(y: Node, targets: Sequence[Node], seed: Node) -> dict[Node, Node]:
    """∂L/∂n for every node n on a way from the targets to y, given `seed` = ∂L/∂y."""
    order = topological([y])
    wanted = _depends_on(order, targets)
    contributions: dict[Node, list[Node]] = {y: [seed]}
    adjoints: dict[Node, Node] = {}
    for node in reversed(order):
        if node not in wanted or node not in contributions:
            continue
        g = _total(contributions.pop(node))
        adjoints[node] = g = g if node.name is None else g.named(node.name.gradient)
        for x, dx in zip(node.inputs, local_gradients(node, g), strict=True):
            if dx is not None and x in wanted:
                contributions.setdefault(x, []).append(dx)
    return adjoints


def local_gradients(node: Node, g: Node) -> Sequence[Node | None]:
    """The op's own derivative rule at one node, or its definition's if it has none."""
    if node.op.gradient is not None:
        return node.op.gradient(node, g, *node.inputs)
    assert node.op.definition is not None, f"{node.op} has neither a derivative rule nor a definition"
    stand_ins = [OPS["identity"](x) for x in node.inputs]  # so that one input used twice keeps two gradients apart
    inner = backward(node.op.definition(*stand_ins, **node.attrs), stand_ins, g)
    return [inner.get(x) for x in stand_ins]


def _depends_on(order: Sequence[Node], targets: Sequence[Node]) -> set[Node]:
    wanted = set(targets)
    for node in order:
        if node.type.is_float and any(x in wanted for x in node.inputs):
            wanted.add(node)
    return wanted


def _total(contributions: Sequence[Node]) -> Node:
    total = contributions[0]
    for more in contributions[1:]:
        total = OPS["add"](total, more)
    return total
