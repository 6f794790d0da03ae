"""Graphs of nodes as figures: as primitives or as fused ops, with numbers or with formulas at the edges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import chain, count
from numbers import Real
from typing import Literal

from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.execute import Array, bind, evaluate
from clearprop.explain.derivation.arrange import is_transparent
from clearprop.explain.derivation.symbols import own_letter
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.picture.diagram import DiagramNode, check_size, title_of
from clearprop.explain.signs import is_infix, sign
from clearprop.graph import Graph, Name, Node, expand, simplify, tidy, variable
from clearprop.graph.entries import Everywhere
from clearprop.graph.gradient import backward
from clearprop.graph.node import constant, is_batch_size, is_constant, is_variable
from clearprop.present.figure.blocks import NOTHING, Block, formula_block, value_block
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import Math, Run, identifier, number, runs, to_text, transposed

Zoom = Literal["primitives", "fused", "layers"]
_WIDEST = 3  # letters that fit into a circle


def at_zoom(graph: Graph, zoom: str) -> Graph:
    """A graph at a zoom: every op written out, or the fused ops found."""
    if zoom == "primitives":
        return tidy(expand(graph))
    if zoom == "fused":
        return simplify(graph)
    raise InvalidValueError(f"zoom {zoom!r}", "'primitives' or 'fused', and for a network 'layers'")


@dataclass(frozen=True)
class Numbers:
    """The value of every node of a graph, and ∂L/∂n where there is something to differentiate."""

    values: Mapping[Node, Array]
    gradients: Mapping[Node, Array]


def numbers_of(
    graph: Graph, bindings: Mapping[str, Array], upstream: float | str | None, n: int | None = None
) -> Numbers:
    """Evaluate a graph with one output, forward and backward.

    Raises:
        ClearpropError: if a variable has no value, another shape, or no rows.
    """
    check_size(len(graph))
    adjoints = _adjoints(graph, upstream)
    nodes = [node for node in graph.nodes if not is_constant(node)]
    asked = {f"v{i}": node for i, node in enumerate(nodes)}
    slopes = {f"g{i}": adjoints[node] for i, node in enumerate(nodes) if node in adjoints}
    whole = Graph({**asked, **slopes})
    given = bind(whole, {name: value for name, value in bindings.items() if name in whole.inputs})
    for name, array in given.items():
        if array.size == 0:
            raise ShapeError(f"{name} has shape {array.shape}", "at least one row")
    found = evaluate(whole, given, n=n)
    values = {node: found[f"v{i}"] for i, node in enumerate(nodes)}
    return Numbers(values, {node: found[f"g{i}"] for i, node in enumerate(nodes) if f"g{i}" in found})


def vertices_with_numbers(
    graph: Graph, numbers: Numbers, digits: int, letters: Callable[[Name], Math] | None = None
) -> list[DiagramNode]:
    """The nodes of a graph, with numbers; `letters` writes the names, by default as they were given."""
    return _WithNumbers(graph, letters or own_letter, numbers, digits).vertices()


def vertices_with_formulas(graph: Graph, upstream: float | str | None) -> list[DiagramNode]:
    """The nodes of a graph with one output, with formulas."""
    check_size(len(graph))
    return _WithFormulas(graph, upstream).vertices()


def _adjoints(graph: Graph, upstream: float | str | None) -> dict[Node, Node]:
    """∂L/∂n of every node, where there is something to differentiate."""
    y = _output_of(graph)
    if isinstance(upstream, str) and upstream in graph.inputs:
        raise InvalidValueError(f"upstream {upstream!r}, which is the name of an input", "another name, such as 'g'")
    if not isinstance(upstream, Real | str | None) or isinstance(upstream, bool):
        raise DTypeError(f"upstream of type {type(upstream).__name__}", "a number, or a name such as 'g'")
    if not y.type.is_float or (upstream is None and y.shape != ()):
        return {}
    if isinstance(upstream, str):
        seed = variable(upstream, y.shape, y.dtype)
    else:
        seed = constant(1.0 if upstream is None else float(upstream), y.type)
    return backward(y, [node for node in graph.nodes if node.type.is_float], seed)


def _output_of(graph: Graph) -> Node:
    (y,) = graph.outputs.values()
    return y


class _Vertices:
    """Nodes as vertices: aliases and repeats are no node of a figure, constants stand beside the node they enter."""

    def __init__(self, graph: Graph, letters: Callable[[Name], Math]) -> None:
        self._graph, self._letters = graph, letters
        self._is_plain: dict[Node, bool] = {}  # whether a node is a number, or N, or made of these
        for node in graph.nodes:
            made = bool(node.inputs) and all(self._is_plain[x] for x in node.inputs)
            self._is_plain[node] = made or isinstance(node.op.rule, Everywhere)
        self._keys: dict[Node, str] = {}
        taken: set[str] = set()
        for i, node in enumerate(graph.nodes):
            key = node.name if node.name and node.name not in taken else f"%{i}"
            taken.add(key)
            self._keys[node] = key

    def vertices(self) -> list[DiagramNode]:
        """In an order in which inputs come first."""
        return [self._vertex(node) for node in self._graph.nodes if self._is_drawn(node)]

    def _is_drawn(self, node: Node) -> bool:
        return not is_transparent(node) and not self._is_plain[node]

    def _source(self, node: Node) -> Node:
        while is_transparent(node):
            node = node.inputs[0]
        return node

    def _vertex(self, node: Node) -> DiagramNode:
        inputs = [self._source(x) for x in node.inputs]
        before = self._number_before(node)
        cards = () if before else tuple(tuple(runs(_formula(x))) for x in inputs if self._is_plain[x])
        keys = tuple(self._keys[x] for x in inputs if not self._is_plain[x])
        sign, form = self._sign(node)
        name = tuple(runs(self._letters(node.name))) if node.name and form != "leaf" else ()
        return DiagramNode(self._keys[node], keys, sign, form, self._above(node), self._below(node), cards, name)

    def _sign(self, node: Node) -> tuple[tuple[Run, ...], Literal["circle", "box", "leaf"]]:
        if is_variable(node) and node.name:
            return tuple(runs(self._letters(node.name))), "leaf"
        if node.op.fused:
            return text_runs(title_of(node.op)), "box"
        before = self._number_before(node)
        found = text_runs(before + to_text(sign(node))) if before else tuple(runs(sign(node)))
        on_line = sum(len(text) for text, place, _ in found if place == "normal")
        return found, "circle" if on_line <= _WIDEST else "box"

    def _number_before(self, node: Node) -> str:
        """The 1 of 1 − a, which must not be taken for that of a − 1."""
        if not is_infix(node) or node.op.commutative or not self._is_plain[node.inputs[0]]:
            return ""
        return to_text(_formula(self._source(node.inputs[0])))

    def _above(self, node: Node) -> Block:
        raise NotImplementedError

    def _below(self, node: Node) -> Block:
        raise NotImplementedError


class _WithNumbers(_Vertices):
    def __init__(self, graph: Graph, letters: Callable[[Name], Math], numbers: Numbers, digits: int) -> None:
        super().__init__(graph, letters)
        self._numbers, self._digits = numbers, digits

    def _above(self, node: Node) -> Block:
        return value_block(self._numbers.values[node], "ink", self._digits)

    def _below(self, node: Node) -> Block:
        if node not in self._numbers.gradients:
            return NOTHING
        return value_block(self._numbers.gradients[node], "orange", self._digits)


class _WithFormulas(_Vertices):
    """What stands at the edges in letters: x, −x, e⁻ˣ; below −g · y² · e⁻ˣ, with y the output."""

    def __init__(self, graph: Graph, upstream: float | str | None) -> None:
        super().__init__(graph, own_letter)
        self._y = y = _output_of(graph)
        self._letter = own_letter(_free_name(y, {*graph.inputs, upstream}))
        adjoints = _adjoints(graph, upstream)
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

    def _variable(self, node: Node) -> Math | None:
        """The letters of variables; a row that was made a column is its transpose."""
        if is_transparent(node) and node.inputs[0].type.rank == 1 and node.shape[1:] == (1,):
            return transposed(Writer(self._in_output, samples=1).formula(node.inputs[0]))
        return own_letter(str(node.name)) if is_variable(node) else None

    def _in_output(self, node: Node) -> Math | None:
        return self._letter if node is self._output else self._variable(node)


def _free_name(y: Node, taken: Collection[object]) -> str:
    """A name for the output that nothing else has."""
    if is_variable(y) or (y.name and y.name not in taken):
        return str(y.name)
    names = chain(("y", "f", "u"), (f"y{i}" for i in count(1)))
    return next(name for name in names if name not in taken)


def _formula(node: Node) -> Math:
    if is_constant(node):
        return number(float(node.attrs["value"]), 6)
    return Writer(lambda x: identifier("N") if is_batch_size(x) else None).formula(node)
