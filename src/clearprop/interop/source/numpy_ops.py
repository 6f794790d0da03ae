"""How each op is written in NumPy."""

from __future__ import annotations

import numpy as np

from clearprop.graph import DTYPES, Dim, Node, Type, show_shape
from clearprop.graph.node import is_constant
from clearprop.interop.source.expression import ATOM, PRODUCT, Expression, call, function, infix
from clearprop.interop.source.literals import nested
from clearprop.interop.source.python_ops import SHARED, same
from clearprop.interop.source.reductions import Reductions
from clearprop.interop.source.writing import Target, Writing


def _where(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    condition, a, b = inputs
    if is_constant(node.inputs[1]) and is_constant(node.inputs[2]):  # of two whole numbers it would make whole ones
        a, b = (Expression(repr(float(x.attrs["value"]))) for x in node.inputs[1:])
    return call("np.where", condition, a, b)


def _gate(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    x, g = inputs
    return infix("*", PRODUCT, g, Expression(f"({x.text} > 0)", x.shape))


def _relu(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return call("np.maximum", inputs[0], Expression("0"))


def _cast(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return Expression(f"{inputs[0].within(ATOM)}.astype(np.{DTYPES[node.dtype]})", inputs[0].shape)


def _concat(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    parts = ", ".join(writing.full(x).text for x in node.inputs)
    return Expression(f"np.concatenate([{parts}], axis={node.attrs['axis']})", node.shape)


def _one_hot(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    dtype = "" if node.dtype == "f64" else f", dtype=np.{DTYPES[node.dtype]}"
    return Expression(f"np.eye({node.attrs['classes']}{dtype})[{inputs[0].text}]", node.shape)


def _erf(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    return call(writing.functions.library("erf", _ERF), inputs[0])


def _scatter_rows(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    values, index = map(writing.full, node.inputs)
    name = writing.functions.library("scatter_rows", _SCATTER_ROWS)
    return call(name, values, index, str(node.attrs["rows"]), shape=node.shape)


def _embed(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    table, codes = map(writing.full, node.inputs)
    return Expression(f"{table.within(ATOM)}[{_rows_of(writing, codes, node.inputs[0].shape[0])}]", node.shape)


def _add_embedded(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    values, codes = map(writing.full, node.inputs)
    name, levels = writing.functions.library("scatter_rows", _SCATTER_ROWS), node.attrs["levels"]
    return call(name, values, _rows_of(writing, codes, levels), str(levels), shape=node.shape)


def _rows_of(writing: Writing, codes: Expression, levels: Dim) -> str:
    return f"{writing.functions.library('rows_of', _ROWS_OF)}({codes.text}, {levels})"


def _take_columns(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    x = writing.full(node.inputs[0])
    return Expression(f"{x.within(ATOM)}[:, {_columns(writing, node)}]", node.shape)


def _add_columns(writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
    name = writing.functions.library("add_columns", _ADD_COLUMNS)
    x = writing.full(node.inputs[0])
    return call(name, x, _columns(writing, node), str(node.attrs["columns"]), shape=node.shape)


def _columns(writing: Writing, node: Node) -> str:
    """Numbers of columns: where they are used if they are few, else as a list that has a name."""
    index = np.array(node.attrs["index"], np.int64)
    if len(index) <= 8:
        return nested(index)
    return writing.functions.library("columns", f"{{name}} = {nested(index, used=12)}")


_ROWS_OF = """\
def {name}(codes, levels):
    return np.clip(np.nan_to_num(codes), 0, levels - 1).astype(np.int64)
"""
_ADD_COLUMNS = """\
def {name}(values, index, columns):
    total = np.zeros((len(values), columns), values.dtype)
    np.add.at(total.T, index, values.T)
    return total
"""
_ERF = """\
def {name}(x):
    values = np.array([math.erf(v) for v in np.ravel(x)])
    return values.reshape(np.shape(x)).astype(x.dtype)
"""
_SCATTER_ROWS = """\
def {name}(values, index, rows):
    total = np.zeros((rows, values.shape[1]), values.dtype)
    np.add.at(total, index, values)
    return total
"""


def _repeat(value: Expression, type: Type) -> Expression:
    if not value.shape and not type.has_batch and value.text == "0":
        return Expression(f"np.zeros({show_shape(type.shape)})", type.shape)
    dtype = f"np.{DTYPES[type.dtype]}({value.text})" if not value.shape and type.dtype == "f32" else value.text
    return Expression(f"np.broadcast_to({dtype}, {show_shape(type.shape)})", type.shape)


NUMPY = Target(
    name="NumPy",
    ops={
        **SHARED,
        **Reductions("np.sum", "np.mean", "np.max", "axis", "keepdims").rules(),
        **{name: function(f"np.{name}") for name in ("exp", "log", "expm1", "log1p", "sqrt", "sin", "cos", "tanh")},
        **{name: function(f"np.{name}") for name in ("abs", "sign", "maximum", "minimum")},
        "erf": _erf,
        "where": _where,
        "gate": _gate,
        "relu": _relu,
        "cast": _cast,
        "stop_gradient": same,
        "concat": _concat,
        "take_columns": _take_columns,
        "add_columns": _add_columns,
        "embed": _embed,
        "add_embedded": _add_embedded,
        "one_hot": _one_hot,
        "scatter_rows": _scatter_rows,
    },
    repeat=_repeat,
    reserved=("np", "math", "base64", "N"),
    in_place=frozenset({"squared_error"}),
    plain=frozenset({"sigmoid"}),  # where e^-x overflows 1/(1 + e^-x) is 0, as it should be
)
