"""The table: op → how it is written in ONNX, under ONNX's own name where it has one.

Of some operators ONNX Runtime computes float32 alone, and their numbers (α, ε) are attributes, which hold float32 too:
in float64 those are written from primitives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clearprop.graph import Node
from clearprop.interop.onnx import arrays, exact
from clearprop.interop.onnx.written import Rule, Written
from clearprop.interop.source.expression import stretched

if TYPE_CHECKING:
    from clearprop.interop.onnx.writer import Writer


def _entrywise(op: str, **attributes: str) -> Rule:
    """Entry by entry, with attributes: ONNX's name → the graph's."""

    def rule(writer: Writer, node: Node, inputs: list[Written]) -> Written:
        shape = stretched(*(x.shape for x in inputs))
        numbers = {theirs: float(node.attrs[ours]) for theirs, ours in attributes.items()}
        return writer.value(shape, op, *(x.name for x in inputs), **numbers)

    return rule


def _along_last(op: str) -> Rule:
    def rule(writer: Writer, node: Node, inputs: list[Written]) -> Written:
        return writer.value(node.shape, op, writer.full(node.inputs[0]), axis=-1)

    return rule


def _same(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return inputs[0]


def _constant(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return Written(writer.number(node.attrs["value"], node.dtype), ())


def _multiply(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """x·(−1) is −x."""
    factor = node.inputs[1]
    if factor.op.name == "constant" and factor.attrs["value"] == -1.0:
        return writer.value(inputs[0].shape, "Neg", inputs[0].name)
    return _entrywise("Mul")(writer, node, inputs)


def _power(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """x² is x·x; other exponents are numbers of the dtype."""
    (x,), exponent = inputs, node.attrs["exponent"]
    if exponent == 2.0:
        return writer.value(x.shape, "Mul", x.name, x.name)
    return writer.value(x.shape, "Pow", x.name, writer.number(exponent, node.dtype))


def _layer_norm(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    x, gamma, beta = (writer.full(x) for x in node.inputs)
    return writer.value(node.shape, "LayerNormalization", x, gamma, beta, axis=-1, epsilon=node.attrs["epsilon"])


def _batch_norm(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    x, gamma, beta, mean, var = (writer.full(x) for x in node.inputs)
    return writer.value(node.shape, "BatchNormalization", x, gamma, beta, mean, var, epsilon=node.attrs["epsilon"])


# What every network may have, and what ONNX has by name for float32 alone.
OPERATORS: Mapping[str, Rule] = {
    "constant": _constant,
    "identity": _same,
    "stop_gradient": _same,
    "add": _entrywise("Add"),
    "subtract": _entrywise("Sub"),
    "multiply": _multiply,
    "divide": _entrywise("Div"),
    "reciprocal": _entrywise("Reciprocal"),
    "power": _power,
    "exp": _entrywise("Exp"),
    "log": _entrywise("Log"),
    "expm1": exact.expm1,
    "log1p": exact.log1p,
    "sqrt": _entrywise("Sqrt"),
    "sin": _entrywise("Sin"),
    "cos": exact.cos,
    "erf": exact.erf,
    "abs": _entrywise("Abs"),
    "sign": _entrywise("Sign"),
    "maximum": _entrywise("Max"),
    "minimum": _entrywise("Min"),
    "greater": _entrywise("Greater"),
    "where": _entrywise("Where"),
    "relu": _entrywise("Relu"),
    "sigmoid": _entrywise("Sigmoid"),
    "tanh": _entrywise("Tanh"),
    "silu": exact.silu,
    "softmax": _along_last("Softmax"),
    "log_softmax": _along_last("LogSoftmax"),
    **arrays.RULES,
    "layer_normalization": _layer_norm,
    "batch_normalization": _batch_norm,
}
_FLOAT32: Mapping[str, Rule] = {
    "elu": _entrywise("Elu", alpha="alpha"),
    "leaky_relu": _entrywise("LeakyRelu", alpha="slope"),
    "selu": _entrywise("Selu"),
    "gelu": _entrywise("Gelu"),
    "mish": _entrywise("Mish"),
    "softplus": _entrywise("Softplus"),
    "softsign": _entrywise("Softsign"),
}


def rule_of(node: Node) -> Rule | None:
    """How a node is written; None for an op that is not in the table, or not in this dtype."""
    return OPERATORS.get(node.op.name) or (_FLOAT32.get(node.op.name) if node.dtype == "f32" else None)
