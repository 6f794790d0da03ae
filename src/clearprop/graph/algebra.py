"""Algebraic simplifications of a graph: x + 0 = x, x·1 = x, (x·c)·d = x·(cd), ….

`ALGEBRA` has the rules for each op. A rule takes a node of that op and returns a simpler node of the same value, or
None if it does not apply. Of constants, which come from Python numbers, sums, differences and products are computed.
(`simplify` makes the other rules, which recognise fused ops.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clearprop.graph.fused.activations import sigmoid
from clearprop.graph.node import OPS, Node, constant, is_constant
from clearprop.graph.primitives import elementwise as e
from clearprop.graph.rewrite import Rule


def _number(node: Node) -> float:
    """The value of a constant."""
    return float(node.attrs["value"])


def _fold(node: Node) -> Node | None:
    """Arithmetic on two constants."""
    a, b = node.inputs
    if not (is_constant(a) and is_constant(b)):
        return None
    x, y = _number(a), _number(b)
    values = {"add": x + y, "subtract": x - y, "multiply": x * y}
    return constant(values[node.op.name], node.type)


def _drop_zero(node: Node) -> Node | None:
    """x + 0 = x − 0 = x."""
    return node.inputs[0] if is_constant(node.inputs[1], 0.0) else None


def _add_negative(node: Node) -> Node | None:
    """a + (−b) = a − b."""
    a, b = node.inputs
    if _is_negation(b):
        return a - b.inputs[0]
    return b - a.inputs[0] if _is_negation(a) else None


def _subtract_negative(node: Node) -> Node | None:
    """a − (−b) = a + b."""
    a, b = node.inputs
    return e.add(a, b.inputs[0]) if _is_negation(b) else None


def _is_negation(node: Node) -> bool:
    """Whether a node is −x. There is no op for it: −x is written x·(−1)."""
    return node.op is e.multiply and is_constant(node.inputs[1], -1.0)


def _constant_second(node: Node) -> Node | None:
    """c + x = x + c and c·x = x·c: the other rules look for a constant as second input only."""
    a, b = node.inputs
    return node.op(b, a) if is_constant(a) and not is_constant(b) else None


def _times_one(node: Node) -> Node | None:
    """x·1 = x/1 = x."""
    return node.inputs[0] if is_constant(node.inputs[1], 1.0) else None


def _join_factors(node: Node) -> Node | None:
    """(x·c)·d = x·(cd), which also undoes a double negation."""
    x, d = node.inputs
    if is_constant(d) and x.op is e.multiply and is_constant(x.inputs[1]):
        product = _number(x.inputs[1]) * _number(d)
        return x.inputs[0] if product == 1.0 else e.multiply(x.inputs[0], constant(product, node.type))
    return None


def _sigmoid_derivative(node: Node) -> Node | None:
    """g·y·y·e⁻ˣ = g·y·(1 − y) for y = σ(x) = 1/(1 + e⁻ˣ), whatever the order of the factors."""
    factors, number = _factors(node)
    for y in factors:
        if y.op is not sigmoid or factors.count(y) < 2:
            continue
        for power in factors:
            if power.op is e.exp and _is_negation(power.inputs[0]) and power.inputs[0].inputs[0] is y.inputs[0]:
                rest = list(factors)
                for used in (y, y, power):
                    rest.remove(used)
                return _product([*rest, y, 1.0 - y], number)
    return None


def _factors(node: Node) -> tuple[list[Node], float]:
    """The factors of a product, left to right and whatever names its parts have, and the product of its constants."""
    factors: list[Node] = []
    number = 1.0
    stack = [node]
    while stack:
        x = stack.pop()
        if x.op is e.multiply or x.op is e.identity:
            stack.extend(reversed(x.inputs))
        elif is_constant(x):
            number *= _number(x)
        else:
            factors.append(x)
    return factors, number


def _product(factors: Sequence[Node], number: float) -> Node:
    """The product of some factors and a number; the inverse of `_factors`."""
    product = factors[0]
    for factor in factors[1:]:
        product = e.multiply(product, factor)
    return product if number == 1.0 else product * number


def _unnamed_alias(node: Node) -> Node | None:
    """identity(x) = x, unless it gives x a second name."""
    return node.inputs[0] if node.name is None else None


def _simpler_broadcast(node: Node) -> Node | None:
    """A broadcast to x's own shape is x; that of a constant is a constant, that of a broadcast is one broadcast."""
    (x,) = node.inputs
    if x.shape == node.shape:
        return x
    if is_constant(x):
        return constant(_number(x), node.type)
    if x.op is node.op:
        axes = tuple(node.attrs["axes"][a] for a in x.attrs["axes"])
        return node.op(x.inputs[0], shape=node.shape, axes=axes)
    return None


def _undo_transpose(node: Node) -> Node | None:
    """(Aᵀ)ᵀ = A."""
    (x,) = node.inputs
    return x.inputs[0] if x.op is node.op else None


def _simpler_cast(node: Node) -> Node | None:
    """A cast to x's own dtype is x; that of a constant to a float type is a constant."""
    (x,) = node.inputs
    if x.dtype == node.dtype:
        return x
    return constant(_number(x), node.type) if is_constant(x) and node.type.is_float else None


def _power_one(node: Node) -> Node | None:
    """x¹ = x."""
    return node.inputs[0] if node.attrs["exponent"] == 1.0 else None


def _same_branches(node: Node) -> Node | None:
    """where(condition, a, a) = a."""
    _, a, b = node.inputs
    return a if a is b or (is_constant(a) and is_constant(b) and _number(a) == _number(b)) else None


def _sum_of_one_hot(node: Node) -> Node | None:
    """The entries of a one-hot row sum to 1."""
    (x,) = node.inputs
    if x.op is OPS["one_hot"] and node.attrs["axis"] == 1:
        return constant(1.0, node.type)
    return None


def _all_columns(node: Node) -> Node | None:
    """All columns in their order are the matrix itself."""
    (x,) = node.inputs
    return x if x.type == node.type and node.attrs["index"] == tuple(range(len(node.attrs["index"]))) else None


ALGEBRA: Mapping[str, Sequence[Rule]] = {
    "add": (_fold, _constant_second, _drop_zero, _add_negative),
    "subtract": (_fold, _drop_zero, _subtract_negative),
    "multiply": (_fold, _constant_second, _times_one, _join_factors, _sigmoid_derivative),
    "divide": (_times_one,),
    "identity": (_unnamed_alias,),
    "broadcast": (_simpler_broadcast,),
    "transpose": (_undo_transpose,),
    "cast": (_simpler_cast,),
    "power": (_power_one,),
    "where": (_same_branches,),
    "sum": (_sum_of_one_hot,),
    "take_columns": (_all_columns,),
    "add_columns": (_all_columns,),
}
