"""What stands at the nodes of a figure: of a graph as primitives or fused ops, or of a run by its layers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from numbers import Real
from typing import Literal

from clearprop.errors import DTypeError, InvalidValueError, ShapeError
from clearprop.execute import Array, bind, evaluate
from clearprop.explain.derivation import DerivationSource, Notation, Writer
from clearprop.explain.derivation.arrange import is_transparent
from clearprop.explain.derivation.symbols import own_letter
from clearprop.explain.picture.card import Card
from clearprop.explain.picture.diagram import DiagramNode, check_size
from clearprop.explain.picture.words import op_title, value_title
from clearprop.explain.signs import is_infix, sign
from clearprop.explain.values import Values
from clearprop.graph import Graph, Name, Node, expand, simplify, tidy, variable
from clearprop.graph.entries import Along, Everywhere
from clearprop.graph.gradient import backward
from clearprop.graph.node import constant, is_alias, is_batch_size, is_constant, is_variable, without_alias
from clearprop.messages import Language, say
from clearprop.nn.names import A0, TARGET, X
from clearprop.present.figure.blocks import NOTHING, Block, formula_block, value_block
from clearprop.present.figure.scene import Role
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import Math, Run, identifier, number, runs, to_text, transposed

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


def graph_vertices(
    graph: Graph,
    numbers: Numbers | None,
    upstream: float | str | None,
    digits: int,
    letters: Callable[[Name], Math] = own_letter,
    samples: int | None = None,
    lang: Language = "en",
) -> list[DiagramNode]:
    """The nodes of a graph with one output: with their numbers if there are some, else with formulas.

    Args:
        graph: what is drawn.
        numbers: of its nodes.
        upstream: ∂L/∂(its output), for the formulas.
        digits: significant digits of printed numbers.
        letters: writes the names, by default as they were given.
        samples: N, of a run; a sum over one sample, or its mean, is no operation.
        lang: of the words.
    """
    check_size(len(graph))
    if numbers is None:
        formulas = _Formulas(graph, upstream)
        return _vertices(graph, letters, formulas.value, formulas.gradient, samples, lang)
    values, gradients = numbers.values, numbers.gradients

    def gradient(node: Node) -> Block:
        return value_block(gradients[node], "orange", digits) if node in gradients else NOTHING

    def value(node: Node) -> Block:
        return value_block(values[node], "ink", digits)

    return _vertices(graph, letters, value, gradient, samples, lang)


def layer_vertices(values: Values, digits: int, lang: Language, notation: Notation = "delta") -> list[DiagramNode]:
    """A run by its layers: one vertex for each named value of the forward pass, and for X and y."""
    source = DerivationSource(values, digits=digits, notation=notation)
    names = [X, *([TARGET] if values.has_target else []), *(name for name in values.forward_names if name != A0)]
    found = []
    for name in names:
        slope = source.arrays.get(name.gradient)
        value = value_block(source.arrays[name], "ink", digits)
        below = NOTHING if slope is None else value_block(slope, "orange", digits)
        letter = tuple(runs(source.letter(name)))
        if name in (X, TARGET):
            found.append(DiagramNode(name, (), letter, "leaf", value, below))
            continue
        node = source.node(name)
        inner = list(dict.fromkeys(_stops(node, source)))
        cards = tuple(_card(x, source) for x in inner if x in values.parameters)
        inputs = tuple(x for x in inner if x in names)
        sign = layer_sign(name, source, lang)
        found.append(DiagramNode(name, inputs, (sign,), "box", value, below, (), letter, cards[::-1]))
    return found


def layer_sign(name: Name, source: DerivationSource, lang: Language) -> Run:
    """What makes a value: an op, a normalisation, dropout, a function with a name; else f."""
    node = source.node(name)
    if name.role == "loss":
        return say("picture.ops.loss", lang), "normal", False
    if node.op.fused:
        return op_title(node.op, lang), "normal", False
    named = value_title(name, source.values.architecture, lang)
    if named is None and is_alias(node):
        return op_title(node.op, lang), "normal", False
    return ("f", "normal", True) if named is None else (named, "normal", False)


def _card(name: Name, source: DerivationSource) -> Card:
    """A parameter with its value and, if there is one, its gradient: numbers where they are few, else the shape."""
    arrays = {"value": name, "gradient": name.gradient}
    colours: dict[str, Role] = {"value": "ink", "gradient": "orange"}
    blocks = {
        part: value_block(source.arrays[of], colours[part], source.digits)
        for part, of in arrays.items()
        if of in source.arrays
    }
    return Card(name, tuple(runs(source.symbol(name))), blocks, tuple(runs(source.symbol(name.gradient))))


def _stops(node: Node, source: DerivationSource) -> Iterator[Name]:
    """The names in a value's formula, through those of shared values."""
    for x in node.inputs:
        name = source.name_of(x)
        if name is None or name in source.auxiliary:
            yield from _stops(x, source)
        else:
            yield name


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


def _vertices(
    graph: Graph,
    letters: Callable[[Name], Math],
    value: Callable[[Node], Block],
    gradient: Callable[[Node], Block],
    samples: int | None,
    lang: Language,
) -> list[DiagramNode]:
    """In an order in which inputs come first.

    Aliases, repeats and sums of one number are no node of a figure, constants stand beside the node they enter.
    """
    is_plain: dict[Node, bool] = {}  # whether a node is a number, or N, or made of these
    keys: dict[Node, str] = {}
    for i, node in enumerate(graph.nodes):
        made = bool(node.inputs) and all(is_plain[x] for x in node.inputs)
        is_plain[node] = made or isinstance(node.op.rule, Everywhere)
        keys[node] = node.name if node.name and node.name not in keys.values() else f"%{i}"
    skipped = {node for node in graph.nodes if is_transparent(node) or _adds_one_number(node, samples)}
    names = {node: node.name for node in graph.nodes if node.name}
    for node in graph.nodes:
        if node in skipped and node.name and _source(node, skipped).name is None:  # its name goes to what is drawn
            names[_source(node, skipped)], keys[_source(node, skipped)] = node.name, keys[node]

    def vertex(node: Node) -> DiagramNode:
        inputs = [_source(x, skipped) for x in node.inputs]
        # The 1 of 1 − a stands within the circle: it must not be taken for that of a − 1.
        is_before = is_infix(node) and not node.op.commutative and is_plain[node.inputs[0]]
        before = to_text(_formula(inputs[0])) if is_before else ""
        cards = () if before else tuple(tuple(runs(_formula(x))) for x in inputs if is_plain[x])
        befores = tuple(keys[x] for x in inputs if not is_plain[x])
        name = tuple(runs(letters(names[node]))) if node in names else ()
        if is_variable(node) and node.name:
            return DiagramNode(keys[node], befores, name, "leaf", value(node), gradient(node), cards)
        if node.op.fused:
            shown = text_runs(op_title(node.op, lang))
        else:
            shown = text_runs(before + to_text(sign(node))) if before else tuple(runs(sign(node)))
        is_wide = sum(len(text) for text, place, _ in shown if place == "normal") > _WIDEST
        form: Literal["circle", "box"] = "box" if node.op.fused or is_wide else "circle"
        return DiagramNode(keys[node], befores, shown, form, value(node), gradient(node), cards, name)

    return [vertex(node) for node in graph.nodes if node not in skipped and not is_plain[node]]


def _source(node: Node, skipped: Collection[Node]) -> Node:
    while node in skipped:
        node = node.inputs[0]
    return node


def _adds_one_number(node: Node, samples: int | None) -> bool:
    """Whether a node adds up a single number, or divides by the number of samples where that is 1."""
    if isinstance(node.op.rule, Along):
        length = node.inputs[0].shape[node.attrs["axis"]]
        return (length if isinstance(length, int) else samples) == 1
    return samples == 1 and node.op.factors == (1, -1) and is_batch_size(without_alias(node.inputs[1]))


class _Formulas:
    """What stands at the edges in letters: x, −x, e⁻ˣ; below −g · y² · e⁻ˣ, with y the output."""

    def __init__(self, graph: Graph, upstream: float | str | None) -> None:
        self._y = y = _output_of(graph)
        self._letter = own_letter(_free_name(y, {*graph.inputs, upstream}))
        adjoints = _adjoints(graph, upstream)
        slopes = {str(i): adjoints[node] for i, node in enumerate(graph.nodes) if node in adjoints}
        together = tidy(Graph({"y": y.named("y") if y.name is None else y, **slopes}))
        self._output = together.outputs["y"]
        self._slopes = {node: together.outputs[str(i)] for i, node in enumerate(graph.nodes) if str(i) in slopes}

    def value(self, node: Node) -> Block:
        if node is self._y:
            return formula_block(self._letter, "ink")
        return formula_block(Writer(self._variable, samples=1).formula(node), "ink")

    def gradient(self, node: Node) -> Block:
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
