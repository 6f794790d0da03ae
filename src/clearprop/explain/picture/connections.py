"""Which unit feeds which: read off the graph, so that any network a user builds is drawn as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from clearprop.graph import Graph, Name, Node
from clearprop.graph.entries import Cut, Rearranged, SideBySide
from clearprop.graph.node import is_variable
from clearprop.nn.names import X

Way = tuple[frozenset[int], ...]  # for each entry of a value, which entries of another one it goes into


@dataclass(frozen=True)
class Connection:
    """Lines from the units of one layer to those of a later one.

    Attributes:
        source, target: numbers of the layers; 0 is the input.
        weight: name of the matrix of weights; None where values pass on unchanged.
        rows: for each unit of the source, which rows of the matrix it is multiplied by; without a matrix which units
            of the target it passes on to.
        columns: for each column of the matrix, which units of the target it goes into.
        transposed: whether it is multiplied by the transpose of the matrix.
    """

    source: int
    target: int
    weight: str | None
    rows: Way
    columns: Way = ()
    transposed: bool = False

    def columns_into(self, unit: int) -> list[int]:
        """The columns of the matrix that go into a unit of the target: one, unless units share or bundle them."""
        return [column for column, units in enumerate(self.columns) if unit in units]


@dataclass(frozen=True)
class _Path:
    """The way from a node on to a layer's value, as a Connection has it.

    `is_direct` is whether each entry went its own way; a sum over all of them, as a normalisation takes it, is not.
    """

    node: Node
    rows: Way
    weight: str | None = None
    columns: Way = ()
    transposed: bool = False
    is_direct: bool = True


def layer_nodes(graph: Graph) -> dict[int, Node]:
    """The values a[l] of a graph's layers, by l; a[0] is X, where anything depends on it."""
    named = {node.name: node for node in graph.named.values() if node.name is not None}
    found = {name.layer: node for name, node in named.items() if name.layer is not None and _is_output(name)}
    return {0: graph.named[X], **found} if X in graph.named else found


def _is_output(name: Name) -> bool:
    return (name.role, name.letter, name.suffix) == ("value", "a", "")


def connections(graph: Graph) -> list[Connection]:
    """All connections of a network, in the order of their targets."""
    layers = {node: number for number, node in layer_nodes(graph).items()}
    found: dict[Connection, bool] = {}
    for node, target in layers.items():
        for path in _paths(node, layers):
            c = Connection(layers[path.node], target, path.weight, path.rows, path.columns, path.transposed)
            found[c] = found.get(c, False) or path.is_direct
    # What only normalises others is left out, and so is a sum without weights, which passes nothing on unchanged.
    direct = {(c.source, c.target, c.weight) for c, is_direct in found.items() if is_direct}
    shown = [c for c, way in found.items() if way or (c.weight and (c.source, c.target, c.weight) not in direct)]
    return sorted(shown, key=lambda c: (c.target, c.source))


def _paths(node: Node, layers: dict[Node, int]) -> Iterator[_Path]:
    """The ways back from a layer's value to those before it, with the weights that come first on each."""
    stack = list(_before(_Path(node, _same(width_of(node)))))
    seen = set(stack)
    while stack:
        path = stack.pop()
        if path.node in layers:
            yield path
            continue
        new = [step for step in _before(path) if step not in seen]
        seen.update(new)
        stack += new


def _before(path: _Path) -> Iterator[_Path]:
    """One step back: to the inputs of a node that depend on the samples; parameters do not."""
    node, factor = path.node, _weight(path.node)
    if node.op.kind == "product" and factor is None:
        return  # a product without a plain matrix of weights has no lines
    for i, x in enumerate(node.inputs):
        if not x.type.is_float or (is_variable(x) and x.name != X):
            continue
        if factor is None:
            way, is_direct = _through(node, i, path.rows)
            yield _Path(x, way, path.weight, path.columns, path.transposed, path.is_direct and is_direct)
        else:
            on = frozenset().union(*path.columns)
            columns = path.rows if path.weight is None else tuple(on if rows else frozenset() for rows in path.rows)
            W, transposed = factor
            yield _Path(x, _same(width_of(x)), W.name, columns, transposed, path.is_direct)


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
