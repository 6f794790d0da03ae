"""Graphs of nodes as figures: as primitives or as fused ops, with numbers or with formulas at the edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from clearprop.errors import InvalidValueError
from clearprop.execute import Array, bind, evaluate
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.math import Math, Run, identifier, number, runs, to_text
from clearprop.explain.picture.diagram import Vertex, check_size, title_of
from clearprop.explain.picture.values import NOTHING, Block, formula_block, value_block
from clearprop.graph import Graph, Node, expand, simplify, tidy, variable
from clearprop.graph.gradient import backward
from clearprop.graph.node import constant, is_constant

Zoom = Literal["primitives", "fused", "layers"]
_TRANSPARENT = {"identity", "broadcast", "cast", "stop_gradient"}
_SIGNS = {  # of primitives, as the textbooks draw them
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "reciprocal": "/",
    "matmul": "dot",
    "log": "ln",
    "sum": "Σ",
    "absolute": "|·|",
    "greater": ">",
    "transpose": "⊤",
    "maximum": "max",
    "minimum": "min",
}
_WIDEST = 3  # letters that fit into a circle


def at_zoom(graph: Graph, zoom: str) -> Graph:
    """A graph at a zoom: every op written out, or the fused ops found."""
    if zoom == "primitives":
        return tidy(expand(graph))
    if zoom == "fused":
        return simplify(graph)
    raise InvalidValueError(f"zoom {zoom!r}", "'primitives' or 'fused', and for a network 'layers'")


def vertices_of(
    graph: Graph, bindings: Mapping[str, Array] | None, upstream: float | str | None, digits: int, n: int | None = None
) -> list[Vertex]:
    """The nodes of a graph with one output, with values and gradients.

    Args:
        graph: already at its zoom.
        bindings: numbers for its variables; without them formulas are written.
        upstream: ∂L/∂y, a number or the name of one; by default 1 for a single number.
        digits: of printed numbers.
        n: the batch size.

    Raises:
        ClearpropError: if a variable has no value, or another shape.
    """
    check_size(len(graph))
    y = next(iter(graph.outputs.values()))
    adjoints = _adjoints(y, upstream)
    if bindings is None:
        return _Formulas(graph, y, adjoints).vertices()
    nodes = [node for node in graph.nodes if not is_constant(node)]
    asked = {f"v{i}": node for i, node in enumerate(nodes)}
    slopes = {f"g{i}": adjoints[node] for i, node in enumerate(nodes) if node in adjoints}
    whole = Graph({**asked, **slopes})
    given = bind(whole, {name: value for name, value in bindings.items() if name in whole.inputs})
    found = evaluate(whole, given, n=n)
    values = {node: found[f"v{i}"] for i, node in enumerate(nodes)}
    gradients = {node: found[f"g{i}"] for i, node in enumerate(nodes) if f"g{i}" in found}
    return _Numbers(graph, values, gradients, digits).vertices()


def _adjoints(y: Node, upstream: float | str | None) -> dict[Node, Node]:
    """∂L/∂n of every node, where there is something to differentiate."""
    if not y.type.is_float or (upstream is None and y.shape != ()):
        return {}
    seed = variable(upstream, y.shape, y.dtype) if isinstance(upstream, str) else constant(upstream or 1.0, y.type)
    nodes = [node for node in Graph({"y": y}).nodes if node.type.is_float]
    return backward(y, nodes, seed)


class _Vertices:
    """Nodes as vertices: aliases and repeats are no node of a figure, constants stand beside the node they enter."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._is_plain: dict[Node, bool] = {}  # whether a node is a number, or N, or made of these
        for node in graph.nodes:
            made = bool(node.inputs) and all(self._is_plain[x] for x in node.inputs)
            self._is_plain[node] = made or node.op.name in ("constant", "size")
        self._keys: dict[Node, str] = {}
        taken: set[str] = set()
        for i, node in enumerate(graph.nodes):
            key = node.name if node.name and node.name not in taken else f"%{i}"
            taken.add(key)
            self._keys[node] = key

    def vertices(self) -> list[Vertex]:
        """In an order in which inputs come first."""
        return [self._vertex(node) for node in self._graph.nodes if self._is_drawn(node)]

    def _is_drawn(self, node: Node) -> bool:
        return node.op.name not in _TRANSPARENT and not self._is_plain[node]

    def _source(self, node: Node) -> Node:
        while node.op.name in _TRANSPARENT:
            node = node.inputs[0]
        return node

    def _vertex(self, node: Node) -> Vertex:
        inputs = [self._source(x) for x in node.inputs]
        before = self._number_before(node)
        cards = () if before else tuple(tuple(runs(_plain(x))) for x in inputs if self._is_plain[x])
        keys = tuple(self._keys[x] for x in inputs if not self._is_plain[x])
        sign, form = self._sign(node)
        name = tuple(runs(symbol(node.name))) if node.name and form != "leaf" else ()
        return Vertex(self._keys[node], keys, sign, form, self._above(node), self._below(node), cards, name)

    def _sign(self, node: Node) -> tuple[tuple[Run, ...], Literal["circle", "box", "leaf"]]:
        if node.op.name == "variable":
            return tuple(runs(symbol(str(node.name)))), "leaf"
        sign = self._number_before(node) + _SIGNS.get(node.op.name, node.op.name.replace("_", " "))
        if node.op.name == "power":
            return (("x", "normal", True), (f"{node.attrs['exponent']:g}", "sup", False)), "circle"
        if not node.op.fused and len(sign) <= _WIDEST:
            return ((sign, "normal", False),), "circle"
        return ((title_of(node.op.name) if node.op.fused else sign, "normal", False),), "box"

    def _number_before(self, node: Node) -> str:
        """The 1 of 1 − a, which must not be taken for that of a − 1."""
        if node.op.name not in ("subtract", "divide") or not self._is_plain[node.inputs[0]]:
            return ""
        return to_text(_plain(self._source(node.inputs[0])))

    def _above(self, node: Node) -> Block:
        raise NotImplementedError

    def _below(self, node: Node) -> Block:
        raise NotImplementedError


class _Numbers(_Vertices):
    def __init__(
        self, graph: Graph, values: Mapping[Node, Array], gradients: Mapping[Node, Array], digits: int
    ) -> None:
        super().__init__(graph)
        self._values, self._gradients, self._digits = values, gradients, digits

    def _above(self, node: Node) -> Block:
        return value_block(self._values[node], "ink", self._digits)

    def _below(self, node: Node) -> Block:
        if node not in self._gradients:
            return NOTHING
        return value_block(self._gradients[node], "orange", self._digits)


class _Formulas(_Vertices):
    """What stands at the edges in letters: x, −x, e⁻ˣ; below −g · y² · e⁻ˣ, with y the output."""

    def __init__(self, graph: Graph, y: Node, adjoints: Mapping[Node, Node]) -> None:
        super().__init__(graph)
        self._y, self._letter = y, identifier(y.name or "y")
        slopes = {str(i): adjoints[node] for i, node in enumerate(graph.nodes) if node in adjoints}
        together = tidy(Graph({"y": y.named("y") if y.name is None else y, **slopes}))
        self._output = together.outputs["y"]
        self._slopes = {node: together.outputs[str(i)] for i, node in enumerate(graph.nodes) if str(i) in slopes}

    def _above(self, node: Node) -> Block:
        if node is self._y:
            return formula_block(self._letter, "ink")
        return formula_block(Writer(self._variable, samples=1).formula(node), "ink")

    def _below(self, node: Node) -> Block:
        if node not in self._slopes:
            return NOTHING
        slope = self._slopes[node]
        written = self._in_output(slope) or Writer(self._in_output, samples=1).formula(slope)
        return formula_block(written, "orange")

    @staticmethod
    def _variable(node: Node) -> Math | None:
        return symbol(str(node.name)) if node.op.name == "variable" else None

    def _in_output(self, node: Node) -> Math | None:
        return self._letter if node is self._output else self._variable(node)


def _plain(node: Node) -> Math:
    if is_constant(node):
        return number(float(node.attrs["value"]), 6)
    return Writer(lambda x: identifier("N") if x.op.name == "size" else None).formula(node)
