"""The local slopes of one cell: ∂(its value)/∂(what flows in), from the derivative rules of the ops in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.execute import evaluate
from clearprop.explain.derivation import Writer
from clearprop.explain.stepper.cells import Cells
from clearprop.graph import Graph, Node, gradient, tidy, variable
from clearprop.graph.node import is_constant, is_variable, without_alias
from clearprop.graph.rewrite import rebuild, substitute
from clearprop.present.formula import Math


@dataclass(frozen=True)
class LocalSlope:
    """One slope.

    Attributes:
        by: the key of what flows in.
        constant: its value where that depends on nothing, as the 1 of a sum.
        single: whether it is just one of the other inputs, as in a product.
        formula, numbers: in letters, and with numbers put in.
        value: the number.
    """

    by: str
    constant: float | None
    single: bool
    formula: Math
    numbers: Math
    value: float


def slopes(cells: Cells, key: str, wanted: set[str]) -> list[LocalSlope]:
    """The slopes of a cell by those of its inputs that are wanted."""
    cell = cells.cells[key]
    keys = {f"in{i}": x for i, x in enumerate(cell.inputs)}
    stand_ins = [variable(name) for name in keys]
    y = substitute(cell.node, dict(zip(cell.ends, stand_ins, strict=True))).named("out")
    by = [x for x in stand_ins if keys[str(x.name)] in wanted]
    graph = _without_gates(tidy(Graph({str(x.name): node for x, node in zip(by, gradient(y, by), strict=True)})))
    keys["out"] = key
    given = {name: cells.values[x] for name, x in keys.items()}
    letters = Writer(lambda node: cells.symbol(keys[node.name]) if node.name in keys else None, samples=1)
    numbers = Writer(lambda node: cells.number(keys[node.name]) if node.name in keys else None, samples=1)
    found = []
    for name, alias in graph.outputs.items():
        node = without_alias(alias)
        constant = float(node.attrs["value"]) if is_constant(node) else None
        value = evaluate(node, {k: given[k] for k in Graph({"y": node}).inputs})
        written = letters.formula(node), numbers.formula(node)
        found.append(LocalSlope(keys[name], constant, is_variable(node), *written, float(np.asarray(value))))
    return found


def _without_gates(graph: Graph) -> Graph:
    """[x > 0] × 1 written as 1 if x > 0 else 0."""

    def visit(node: Node) -> Node:
        definition = node.op.definition
        return definition(*node.inputs) if node.op.role == "gate" and definition is not None else node

    return rebuild(graph, visit)
