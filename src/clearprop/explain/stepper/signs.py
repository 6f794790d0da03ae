"""Signs of the graph and of the chain rule: × + σ in a circle, ∂y/∂x in a formula."""

from __future__ import annotations

from clearprop.graph import Node
from clearprop.present.formula import Fraction, Level, Math, brackets, identifier, level, row
from clearprop.present.formula.tree import PARTIAL

_SIGNS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "reciprocal": "1/x",
    "sigmoid": "σ",
    "log": "ln",
    "sqrt": "√",
    "abs": "|x|",
    "identity": "=",
}


def sign_of(node: Node) -> str:
    """The sign of an op, together with the number that is one of its inputs: ×(−1), 1−, +1.

    Example:
        >>> from clearprop.graph import exp, variable
        >>> x = variable("x")
        >>> [sign_of(y) for y in (x * x, -x, 1.0 - x, x + 1, exp(x), x**2)]
        ['×', '×(−1)', '1−', '+1', 'exp', 'x²']
    """
    sign = _SIGNS.get(node.op.name, node.op.name)
    if node.op.name == "power":
        exponent = node.attrs["exponent"]
        return "x²" if exponent == 2 else f"x^{exponent:g}"
    for i, x in enumerate(node.inputs):
        if x.op.name == "constant" and len(node.inputs) == 2 and sign in "+−×÷":
            value = float(x.attrs["value"])
            number = f"{abs(value):.4g}"
            number = f"(−{number})" if value < 0 else number
            return sign + number if i else number + sign
    return sign


_LOSS = identifier("L")


def loss_by(x: Math) -> Math:
    """∂L/∂x."""
    return slope_of(_LOSS, x)


def slope_of(y: Math, x: Math) -> Math:
    """∂y/∂x."""
    return Fraction(_partial(y), _partial(x))


def _partial(x: Math) -> Math:
    return row(PARTIAL, x if level(x) >= Level.POWER else brackets(x))
