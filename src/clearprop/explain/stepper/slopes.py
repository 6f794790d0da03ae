"""The local slopes of one cell: ∂(its value)/∂(what flows in), from the derivative rules of the ops in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clearprop.execute import evaluate
from clearprop.explain.derivation import Writer
from clearprop.explain.stepper.cells import Cells
from clearprop.graph import Graph, Node, gradient, tidy, variable
from clearprop.graph.node import is_constant, is_variable, without_alias
from clearprop.graph.rewrite import rebuild, substitute
from clearprop.present.formula import Math

_OUT = "out"


@dataclass(frozen=True)
class LocalSlope:
    """One slope.

    Attributes:
        by: the key of what flows in.
        constant: its value where that depends on nothing, as the 1 of a sum.
        single: whether it is just one of the other inputs, as in a product.
        formula: in letters.
        numbers: with numbers put in.
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
    inputs = {f"in{i}": x for i, x in enumerate(cell.inputs)}
    stand_ins = {node: variable(name) for node, name in zip(cell.ends, inputs, strict=True)}
    y = substitute(cell.node, stand_ins).named(_OUT)
    by = [x for x, name in zip(stand_ins.values(), inputs.values(), strict=True) if name in wanted]
    found = gradient(y, by)
    graph = _without_gates(tidy(Graph({str(x.name): node for x, node in zip(by, found, strict=True)})))
    keys = {**inputs, _OUT: key}
    given = {name: cells.values[x] for name, x in keys.items()}

    def writer(write: Callable[[str], Math]) -> Writer:
        return Writer(lambda node: write(keys[node.name]) if node.name in keys else None, samples=1)

    letters = writer(lambda x: cells.symbol(x))
    numbers = writer(lambda x: cells.number(x))
    out = []
    for name, alias in graph.outputs.items():
        node = without_alias(alias)
        value = evaluate(node, {k: given[k] for k in Graph({"y": node}).inputs})
        out.append(
            LocalSlope(
                by=inputs[name],
                constant=float(node.attrs["value"]) if is_constant(node) else None,
                single=is_variable(node),
                formula=letters.formula(node),
                numbers=numbers.formula(node),
                value=float(np.asarray(value)),
            )
        )
    return out


def _without_gates(graph: Graph) -> Graph:
    """[x > 0] × 1 written as 1 if x > 0 else 0."""

    def visit(node: Node) -> Node:
        definition = node.op.definition
        return definition(*node.inputs) if node.op.role == "gate" and definition is not None else node

    return rebuild(graph, visit)
