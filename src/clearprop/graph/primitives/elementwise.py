"""Elementwise primitives. All inputs have one type; there is no implicit broadcasting.

In each derivative rule y is the op's value, g = ∂L/∂y comes from above, and what is returned is ∂L/∂(each input).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearprop.errors import DTypeError, ShapeError
from clearprop.graph.entries import Rearranged
from clearprop.graph.node import OPS, Example, Node, Op, constant, register
from clearprop.graph.types import Type, require_float, show_shape

_X = Type((2, 3), "f64")


def same_type(*types: Type) -> Type:
    """The shape rule of elementwise ops: all inputs of one type, which is the result's."""
    first = types[0]
    for t in types[1:]:
        if t.shape != first.shape:
            raise ShapeError(
                f"elementwise operation on shapes {show_shape(first.shape)} and {show_shape(t.shape)}",
                "equal shapes",
                "use broadcast(x, shape, axes) to repeat a value along new axes",
            )
        if t.dtype != first.dtype:
            raise DTypeError(f"elementwise operation on {first} and {t}", "equal dtypes", "use cast(x, dtype)")
    return first


def _real(*types: Type) -> Type:
    require_float("arithmetic", *types)
    return same_type(*types)


def _unary(
    name: str,
    formula: str,
    rule: Callable[[Node, Node, Node], Node],
    domain: str = "real",
    **facts: Any,
) -> Op:
    return register(
        Op(
            name,
            _real,
            lambda y, g, x: (rule(y, g, x),),
            formula,
            examples=(Example((_X,), domains=(domain,)),),
            **facts,
        )
    )


def _binary(name: str, formula: str, rule: Callable[..., tuple[Node | None, ...]], **facts: Any) -> Op:
    return register(Op(name, _real, rule, formula, examples=(Example((_X, _X)),), **facts))


# --- arithmetic
add = _binary("add", "#1 + #2", lambda y, g, a, b: (g, g), commutative=True, sign="+", terms=(1, 1))
subtract = _binary("subtract", "#1 - #2", lambda y, g, a, b: (g, -g), sign="-", terms=(1, -1))
multiply = _binary(
    "multiply",
    r"#1 \times #2",
    lambda y, g, a, b: (g * b, g * a),
    commutative=True,
    sign=r"\times",
    factors=(1, 1),
)
divide = register(
    Op(
        "divide",
        _real,
        lambda y, g, a, b: (g / b, -(g * y) / b),
        r"\frac{#1}{#2}",
        examples=(Example((_X, _X), domains=("real", "positive")),),
        sign=r"\div",
        factors=(1, -1),
    )
)
reciprocal = _unary("reciprocal", r"\frac{1}{#1}", lambda y, g, x: g * -(y * y), "positive", sign="/", factors=(-1,))
power = register(
    Op(
        "power",
        lambda x, exponent: _real(x),
        lambda y, g, x: (_power_gradient(g, x, y.attrs["exponent"]),),
        r"{#1}^{#exponent}",
        examples=(
            Example((_X,), {"exponent": 2.0}),
            Example((_X,), {"exponent": 3.0}),
            Example((_X,), {"exponent": -1.5}, ("positive",)),
            Example((_X,), {"exponent": 0.5}, ("positive",)),
        ),
        sign="x^{#exponent}",
    )
)


def _power_gradient(g: Node, x: Node, p: float) -> Node:
    if p == 0.0:
        return constant(0.0, x.type)
    return g * (x * 2.0) if p == 2.0 else g * (x ** (p - 1.0) * p)


# --- exponentials, logarithms, trigonometry
exp = _unary("exp", "e^{#1}", lambda y, g, x: g * y)
log = _unary("log", r"\ln #1", lambda y, g, x: g / x, "positive", sign=r"\ln")
expm1 = _unary("expm1", "e^{#1} - 1", lambda y, g, x: g * (y + 1.0))
log1p = _unary("log1p", r"\ln(1 + #1)", lambda y, g, x: g / (x + 1.0), "positive")
sqrt = _unary("sqrt", r"\sqrt{#1}", lambda y, g, x: g / (y * 2.0), "positive", sign=r"\surd")
sin = _unary("sin", r"\sin #1", lambda y, g, x: g * OPS["cos"](x))
cos = _unary("cos", r"\cos #1", lambda y, g, x: g * -OPS["sin"](x))
# erf itself is analytic, but its usual implementations take real numbers only.
erf = _unary(
    "erf",
    r"\mathrm{erf}(#1)",
    lambda y, g, x: g * (OPS["exp"](-(x * x)) * 1.1283791670955126),  # 2/√π
    analytic=False,
)

# --- with kinks: at a tie or at 0 the rule picks one finite subgradient


def _zeros(x: Node) -> Node:
    return constant(0.0, x.type)


def _is_positive(node: Node) -> Node:
    return OPS["greater"](node.inputs[0], _zeros(node.inputs[0]))


def _is_first_larger(node: Node) -> Node:
    return OPS["greater"](*node.inputs)


absolute = _unary(
    "abs",
    r"\lvert #1 \rvert",
    lambda y, g, x: g * OPS["sign"](x),
    analytic=False,
    sign=r"\lvert x \rvert",
    kink=_is_positive,
)
sign = register(
    Op(
        "sign",
        _real,
        lambda y, g, x: (None,),
        r"\mathrm{sgn}(#1)",
        analytic=False,
        examples=(Example((_X,)),),
        kink=_is_positive,
    )
)


def _maximum_gradient(y: Node, g: Node, a: Node, b: Node) -> tuple[Node, Node]:
    """At a tie the gradient goes to b: maximum(x, 0) has derivative 0 at 0, and maximum(x, x) has 1."""
    first = OPS["greater"](a, b)
    return OPS["where"](first, g, _zeros(g)), OPS["where"](first, _zeros(g), g)


def _minimum_gradient(y: Node, g: Node, a: Node, b: Node) -> tuple[Node, Node]:
    first = OPS["greater"](b, a)
    return OPS["where"](first, g, _zeros(g)), OPS["where"](first, _zeros(g), g)


maximum = _binary("maximum", r"\max(#1, #2)", _maximum_gradient, analytic=False, sign=r"\max", kink=_is_first_larger)
minimum = _binary("minimum", r"\min(#1, #2)", _minimum_gradient, analytic=False, sign=r"\min", kink=_is_first_larger)
greater = register(
    Op(
        "greater",
        lambda a, b: same_type(a, b).with_dtype("bool"),
        lambda y, g, a, b: (None, None),
        "#1 > #2",
        analytic=False,
        examples=(Example((_X, _X)),),
        sign=">",
        kink=lambda node: node,
    )
)


def _where_type(condition: Type, a: Type, b: Type) -> Type:
    if condition.dtype != "bool":
        raise DTypeError(f"condition of type {condition}", "a bool node", "build one with a > b")
    same_type(condition, a.with_dtype("bool"))
    return same_type(a, b)


# Analytic in a and b; the condition only chooses between them.
where = register(
    Op(
        "where",
        _where_type,
        lambda y, g, c, a, b: (None, OPS["where"](c, g, _zeros(g)), OPS["where"](c, _zeros(g), g)),
        r"#2 \text{ if } #1 \text{ else } #3",
        examples=(Example((_X.with_dtype("bool"), _X, _X), domains=("bool", "real", "real")),),
    )
)

# --- the value unchanged


def _all_axes(node: Node) -> tuple[int, ...]:
    return tuple(range(node.type.rank))


identity = register(
    Op(
        "identity",  # a second name
        lambda x: x,
        lambda y, g, x: (g,),
        "#1",
        examples=(Example((_X,)),),
        sign="=",
        rule=Rearranged(_all_axes),
        transparent=True,
    )
)
stop_gradient = register(
    Op(
        "stop_gradient",
        lambda x: x,
        lambda y, g, x: (None,),
        "#1",
        analytic=False,
        examples=(Example((_X,)),),
        rule=Rearranged(_all_axes),
        transparent=True,
        role="stop",
    )
)


def _cast_type(x: Type, dtype: str) -> Type:
    return x.with_dtype(dtype)


def _cast_gradient(y: Node, g: Node, x: Node) -> tuple[Node | None]:
    return (OPS["cast"](g, dtype=x.dtype) if x.type.is_float and y.type.is_float else None,)


# Of a truth value it makes a number, 1 or 0; of a number it is that number.
cast = register(
    Op("cast", _cast_type, _cast_gradient, "#1", examples=(Example((_X,), {"dtype": "f64"}),), transparent=True)
)
