"""Which unit feeds which: read off the graph, so that any network a user builds is drawn as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from clearprop.graph import Graph, Node
from clearprop.graph.entries import ColumnsAdded, ColumnsTaken, Cut, Rearranged, SideBySide
from clearprop.graph.node import is_variable
from clearprop.nn.names import X

Way = tuple[frozenset[int], ...]  # for each entry of a value, which entries of another one it goes into


@dataclass(frozen=True)
class Connection:
    """Lines from the units of an earlier value to those of a layer.

    Attributes:
        source: the earlier value.
        rows: for each unit of the source, which rows of the matrix it is multiplied by; without a matrix which units
            of the layer it passes on to.
        weight: name of the matrix of weights; None where values pass on unchanged.
        columns: for each column of the matrix, which units of the layer it goes into.
        transposed: whether it is multiplied by the transpose of the matrix.
        is_direct: whether each entry went its own way; a sum over all of them, as a normalisation takes it, is not.
    """

    source: Node
    rows: Way
    weight: str | None = None
    columns: Way = ()
    transposed: bool = False
    is_direct: bool = True

    def columns_into(self, unit: int) -> list[int]:
        """The columns of the matrix that go into a unit of the layer: one, unless units share or bundle them."""
        return [column for column, units in enumerate(self.columns) if unit in units]


def layer_nodes(graph: Graph) -> dict[int, Node]:
    """The values a[l] of a graph's layers, by l; a[0] is X, where anything depends on it."""
    found = {0: graph.named[X]} if X in graph.named else {}
    for node in graph.named.values():
        name = node.name
        if name is not None and name.layer is not None and (name.role, name.letter, name.suffix) == ("value", "a", ""):
            found[name.layer] = node
    return found


def connections(graph: Graph) -> list[tuple[int, int, Connection]]:
    """All connections of a network, each with the layers that it joins, in the order of the later one."""
    layers = {node: number for number, node in layer_nodes(graph).items()}
    found: dict[tuple[int, int, Connection], bool] = {}
    for node, target in layers.items():
        for c in _ways_back(node, layers):
            joined = (layers[c.source], target, replace(c, is_direct=True))
            found[joined] = found.get(joined, False) or c.is_direct
    # What only normalises others is left out, and so is a sum without weights, which passes nothing on unchanged.
    direct = {(source, target, c.weight) for (source, target, c), is_direct in found.items() if is_direct}
    shown = [
        (source, target, c)
        for (source, target, c), is_direct in found.items()
        if is_direct or (c.weight and (source, target, c.weight) not in direct)
    ]
    return sorted(shown, key=lambda joined: (joined[1], joined[0]))


def _ways_back(node: Node, layers: Mapping[Node, int]) -> Iterator[Connection]:
    """The ways back from a layer's value to those before it, with the weights that come first on each."""
    stack = list(_before(Connection(node, _same(width_of(node)))))
    seen = set(stack)
    while stack:
        way = stack.pop()
        if way.source in layers:
            yield way
            continue
        new = [step for step in _before(way) if step not in seen]
        seen.update(new)
        stack += new


def _before(way: Connection) -> Iterator[Connection]:
    """One step back: to the inputs of a node that depend on the samples; parameters do not."""
    node, factor = way.source, _weight(way.source)
    if node.op.kind == "product" and factor is None:
        return  # a product without a plain matrix of weights has no lines
    for i, x in enumerate(node.inputs):
        if not x.type.is_float or (is_variable(x) and x.name != X):
            continue
        if factor is None:
            rows, is_direct = _through(node, i, way.rows)
            yield replace(way, source=x, rows=rows, is_direct=way.is_direct and is_direct)
        else:
            on = frozenset().union(*way.columns)
            columns = way.rows if way.weight is None else tuple(on if rows else frozenset() for rows in way.rows)
            W, transposed = factor
            yield Connection(x, _same(width_of(x)), W.name, columns, transposed, way.is_direct)


def _through(node: Node, i: int, way: Way) -> tuple[Way, bool]:
    """How the entries of a node's input i go on, and whether each goes its own way."""
    width, last = width_of(node.inputs[i]), len(node.shape) - 1
    if isinstance(node.op.rule, SideBySide) and node.attrs["axis"] == last:
        start = [0, *accumulate(map(width_of, node.inputs))][i]
        return way[start : start + width], True
    if isinstance(node.op.rule, Cut) and node.attrs["axis"] == last:
        start, stop = node.attrs["start"], node.attrs["stop"]
        nowhere: Way = (frozenset(),)
        return nowhere * start + way + nowhere * (width - stop), True
    if isinstance(node.op.rule, ColumnsTaken):
        found: list[frozenset[int]] = [frozenset()] * width
        for j, k in enumerate(node.attrs["index"]):
            found[k] |= way[j]
        return tuple(found), True
    if isinstance(node.op.rule, ColumnsAdded):
        return tuple(way[k] for k in node.attrs["index"]), True
    if width == len(way):
        return way, True
    return (frozenset().union(*way),) * width, False


def _weight(node: Node) -> tuple[Node, bool] | None:
    """The matrix of weights that a product multiplies by, and whether it is transposed."""
    for x in node.inputs if node.op.kind == "product" else ():
        is_turned = isinstance(x.op.rule, Rearranged) and x.op.rule.axes(x) == (1, 0)
        W = x.inputs[0] if is_turned else x
        if is_variable(W) and W.name != X and W.type.rank == 2:
            return W, is_turned != bool(node.attrs.get("transpose_b"))
    return None


def _same(n: int) -> Way:
    return tuple(frozenset({k}) for k in range(n))


def width_of(node: Node) -> int:
    """The number of entries that a sample has in a value."""
    last = node.shape[-1] if node.shape else 1
    return last if isinstance(last, int) else 1
