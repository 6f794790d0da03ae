"""How ops are written in Python, whether its arrays are NumPy's or PyTorch's: what both write alike."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.graph import Node, Shape
from clearprop.interop.source.expression import (
    ATOM,
    COMPARISON,
    POWER,
    PRODUCT,
    SUM,
    UNARY,
    Expression,
    Rule,
    infix,
)
from clearprop.interop.source.literals import number
from clearprop.interop.source.writing import Writing


def _constant(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    text = number(node.attrs["value"])
    return Expression(text, binding=UNARY if text.startswith("-") else ATOM)


def _add(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    left, right = inputs
    return infix("+", SUM, right, left) if right.text == "1" else infix("+", SUM, left, right)  # 1 + exp(-x)


def _subtract(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return infix("-", SUM, *inputs)


def _multiply(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    """−x, (1/s)·x = x/s, and numbers first."""
    left, right = inputs
    if right.text == "-1":
        return Expression(f"-{left.within(UNARY)}", left.shape, UNARY)
    if left.divisor is not None:
        return infix("/", PRODUCT, right, left.divisor)
    if right.divisor is not None:
        return infix("/", PRODUCT, left, right.divisor)
    if node.inputs[1].op.name == "constant":
        divisor = whole_divisor(node.inputs[1].attrs["value"])
        return infix("/", PRODUCT, left, divisor) if divisor else infix("*", PRODUCT, right, left)
    return infix("*", PRODUCT, left, right)


def whole_divisor(factor: float) -> Expression | None:
    """k, if a factor is 1/k and takes many digits: x / 3 and not 0.3333333333333333 * x."""
    if len(repr(factor)) < 8 or not 1e-6 < factor < 1:
        return None
    k = round(1.0 / factor)
    return Expression(str(k)) if 1.0 / k == factor else None


def _divide(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    left, right = inputs
    found = infix("/", PRODUCT, left, right)
    return Expression(found.text, found.shape, PRODUCT, right if left.text == "1" else None)


def _reciprocal(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return infix("/", PRODUCT, Expression("1"), *inputs)


def _power(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    (x,), sign = inputs, "**" if inputs[0].text.isidentifier() else " ** "
    return Expression(f"{x.within(ATOM)}{sign}{number(node.attrs['exponent'])}", x.shape, POWER)


def _greater(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    left, right = inputs
    text = f"{left.within(SUM)} > {right.within(SUM)}"
    return Expression(text, infix(">", SUM, left, right).shape, COMPARISON)


def _matmul(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    left, right = (
        transposed(x) if node.attrs.get(flag) else x
        for flag, x in zip(("transpose_a", "transpose_b"), map(writing.full, node.inputs), strict=True)
    )
    return Expression(infix("@", PRODUCT, left, right).text, node.shape, PRODUCT)


def _affine(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    x, W, b = map(writing.full, node.inputs)
    product = infix("@", PRODUCT, x, W)
    return Expression(infix("+", SUM, Expression(product.text, node.shape, PRODUCT), b).text, node.shape, SUM)


def transposed(x: Expression) -> Expression:
    """The transpose of a matrix; a vector stays as it is."""
    return x if len(x.shape) < 2 else Expression(f"{x.within(ATOM)}.T", x.shape[::-1])


def _transpose(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return transposed(writing.full(node.inputs[0]))


def same(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    """An op that changes nothing."""
    return inputs[0]


def _size(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return Expression("N")


def indexed(x: Expression, axes: tuple[int, ...], shape: Shape) -> Expression:
    """x with new axes of length 1: x[:, None] for a number per sample that all its columns share.

    An axis in front is left away, for the language adds it, unless it is of length 1 and so need not be repeated.
    """
    places = [a for a in range(len(shape)) if a in axes or shape[a] == 1]
    if not axes or not x.shape:
        return x
    kept = range(places[0], len(shape))
    found = tuple(x.shape[axes.index(a)] if a in axes else 1 for a in kept)
    if len(found) == len(axes):
        return x
    return Expression(f"{x.within(ATOM)}[{', '.join(':' if a in axes else 'None' for a in kept)}]", found)


def _slice(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    x = writing.full(node.inputs[0])
    axis, start, stop = node.attrs["axis"], node.attrs["start"], node.attrs["stop"]
    return Expression(f"{x.within(ATOM)}[{':, ' * axis}{start}:{stop}]", node.shape)


def _take_rows(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    table, index = map(writing.full, node.inputs)
    return Expression(f"{table.within(ATOM)}[{index.text}]", node.shape)


SHARED: Mapping[str, Rule] = {
    "constant": _constant,
    "size": _size,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "reciprocal": _reciprocal,
    "power": _power,
    "greater": _greater,
    "matmul": _matmul,
    "affine": _affine,
    "transpose": _transpose,
    "identity": same,
    "slice": _slice,
    "take_rows": _take_rows,
}
