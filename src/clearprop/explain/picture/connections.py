"""Which layer feeds which: read off the graph, so that any network a user builds is drawn as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clearprop.graph import Graph, Node

_ACTIVATION = re.compile(r"a(\d+)")


@dataclass(frozen=True)
class Connection:
    """Lines from the units of one layer to those of a later one.

    Attributes:
        source, target: numbers of the layers; 0 is the input.
        weight: name of the matrix (n_source, n_target); None where values pass on unchanged, each to its own unit.
    """

    source: int
    target: int
    weight: str | None


def layer_nodes(graph: Graph) -> dict[int, Node]:
    """The values a[l] of a graph's layers, by l; a[0] is X."""
    found = {int(m[1]): node for name, node in graph.named.items() if (m := _ACTIVATION.fullmatch(name))}
    return {0: graph.named["X"], **found}


def connections(graph: Graph) -> list[Connection]:
    """All connections of a network, in the order of their targets."""
    layers = {node: number for number, node in layer_nodes(graph).items()}
    found: dict[Connection, None] = {}
    for node, target in layers.items():
        for source, weight in _sources(node, layers):
            found.setdefault(Connection(source, target, weight))
    return sorted(found, key=lambda c: (c.target, c.source))


def _sources(node: Node, layers: dict[Node, int]) -> Iterator[tuple[int, str | None]]:
    """The layers that a layer's value is made of, with the weights on the way: those that come first on each path."""
    stack: list[tuple[Node, str | None]] = [(x, _weight(node)) for x in _values(node)]
    seen = set(stack)
    while stack:
        x, weight = stack.pop()
        if x in layers:
            yield layers[x], weight
            continue
        for step in ((inner, _weight(x) or weight) for inner in _values(x)):
            if step not in seen:
                seen.add(step)
                stack.append(step)


def _weight(node: Node) -> str | None:
    """The matrix of weights that a product multiplies by."""
    if node.op.kind != "product":
        return None
    return next((x.name for x in node.inputs if x.op.name == "variable" and x.name != "X" and x.type.rank == 2), None)


def _values(node: Node) -> list[Node]:
    """The inputs of a node that depend on the samples; parameters do not."""
    return [x for x in node.inputs if x.type.is_float and (x.name == "X" or x.op.name != "variable")]
