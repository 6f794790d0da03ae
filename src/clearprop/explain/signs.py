"""Signs of pictures and of the chain rule: × + σ in a circle, ∂y/∂x in a formula."""

from __future__ import annotations

from clearprop.graph import Node
from clearprop.graph.node import is_constant
from clearprop.present.formula import Level, Math, fill, identifier, level, number, parse, to_text, tree, words


def sign(node: Node) -> Math:
    """What its op's record has for the circle of a node: +, ln, x²; without a sign the op's name."""
    if not node.op.sign:
        return words(node.op.name.replace("_", " "))
    template = parse(node.op.sign)
    return fill(template, {k: number(float(v)) for k, v in node.attrs.items() if isinstance(v, int | float)})


def is_infix(node: Node) -> bool:
    """Whether the sign of a node stands between two operands: a + b, a ÷ b."""
    return len(node.op.terms or node.op.factors) == 2


def sign_of(node: Node) -> str:
    """The sign of a node as text, together with the number that is one of its inputs: ×(−1), 1−, +1.

    Example:
        >>> from clearprop.graph import exp, reciprocal, variable
        >>> x = variable("x")
        >>> [sign_of(y) for y in (x * x, -x, 1.0 - x, x + 1, exp(x), x**2, reciprocal(x))]
        ['×', '×(−1)', '1−', '+1', 'exp', 'x²', '1/x']
    """
    written = to_text(sign(node))
    if node.op.factors == (-1,):
        return f"1{written}x"
    for i, x in enumerate(node.inputs if is_infix(node) else ()):
        if is_constant(x):
            value = float(x.attrs["value"])
            beside = f"(−{-value:.4g})" if value < 0 else f"{value:.4g}"
            return written + beside if i else beside + written
    return written


def loss_by(x: Math) -> Math:
    """∂L/∂x."""
    return slope_of(identifier("L"), x)


def slope_of(y: Math, x: Math) -> Math:
    """∂y/∂x."""
    partial = (tree.row(tree.PARTIAL, m if level(m) >= Level.POWER else tree.brackets(m)) for m in (y, x))
    return tree.Fraction(*partial)
