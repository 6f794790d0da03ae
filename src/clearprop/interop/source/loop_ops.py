"""How an entry is written in languages that write formulas as C does."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.graph import Graph, Node, rebuild, topological
from clearprop.graph.node import without_alias
from clearprop.interop.source.content import Content
from clearprop.interop.source.expression import ATOM, COMPARISON, PRODUCT, SUM, UNARY, Expression, infix
from clearprop.interop.source.loops import EntryRule, Language, is_by_entry, meaning


def called(name: str, short: str = "") -> EntryRule:
    """A function of the language; `short` is what its name ends in for numbers of 32 bits."""

    def written(language: Language, node: Node, inputs: list[Expression]) -> Expression:
        return Expression(f"{name}{short if node.dtype == 'f32' else ''}({', '.join(x.text for x in inputs)})")

    return written


def _add(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return infix("+", SUM, *inputs)


def _subtract(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return infix("-", SUM, *inputs)


def _multiply(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    """−x, and numbers first."""
    left, right = inputs
    if node.inputs[1].op.name == "constant":
        if node.inputs[1].attrs["value"] == -1:
            return Expression(f"-{left.within(ATOM)}", binding=UNARY)
        return infix("*", PRODUCT, right, left)
    return infix("*", PRODUCT, left, right)


def _divide(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return infix("/", PRODUCT, *inputs)


def _reciprocal(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return infix("/", PRODUCT, language.number(1.0, node.dtype), *inputs)


def _greater(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return infix(">", COMPARISON, *(Expression(x.within(SUM)) for x in inputs))


def _where(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    condition, a, b = inputs
    return Expression(f"({condition.text} ? {a.text} : {b.text})")


def _same(language: Language, node: Node, inputs: list[Expression]) -> Expression:
    return inputs[0]


BY_ENTRY: Mapping[str, EntryRule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "reciprocal": _reciprocal,
    "greater": _greater,
    "where": _where,
    "cast": _same,  # where a number is stored, it becomes one of its dtype
    "identity": _same,
    "stop_gradient": _same,
}


def lowered(content: Content) -> tuple[Graph, Mapping[Node, str]]:
    """From X to the output, without fused ops that need more than one entry; and formulas of values for comments."""
    output = without_alias(content.values[-1])
    formulas: dict[Node, str] = {}

    def meant(node: Node) -> Node:
        if not node.op.fused or node.op.name == "affine" or is_by_entry(node):
            return node
        return meaning(node)(*node.inputs, **node.attrs)

    graph = rebuild(Graph({"": output}), meant)
    named = [n for n in topological([output]) if n.name is not None and n.name.role == "value"]
    by_name = {n.name: n for n in topological(graph.outputs.values()) if n.name is not None}
    for old in named:
        formula = _formula(old)
        if formula and old.name in by_name:
            formulas[by_name[old.name]] = f"{old.name} = {formula}"
    return graph, formulas


def _formula(node: Node) -> str:
    """A value in terms of others, as a textbook writes it; "" where the statement says it itself."""
    names = [str(x.name) for x in node.inputs if x.name is not None]
    if len(names) < len(node.inputs):
        return ""
    if node.op.name == "affine":
        return f"{names[0]} {names[1]} + {names[2]}"
    if node.op.name == "matmul":
        return " ".join(names)
    return f"{node.op.name}({', '.join(names)})" if node.op.fused else ""
