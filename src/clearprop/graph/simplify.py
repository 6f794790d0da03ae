"""`expand` replaces fused ops by what they mean; `simplify` finds them again.

The pattern of a fused op is made from its definition, so the two cannot drift apart. `simplify` alternates tables
of rules until none changes anything: the fused ops' patterns, and small algebra (the constants of Python scalars,
double negation, aliases, the textbook's g·y²·e⁻ˣ = g·y(1 − y)). Where exponentials remain, a third table looks for
quotients of them, however they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import overload

from clearprop.errors import ClearpropError
from clearprop.graph.algebra import ALGEBRA
from clearprop.graph.exponentials import QUOTIENTS
from clearprop.graph.fused.record import Hole
from clearprop.graph.graph import Graph
from clearprop.graph.node import OPS, Node, Op, variable, without_alias
from clearprop.graph.primitives.elementwise import exp
from clearprop.graph.rewrite import (
    Rule,
    apply_rules,
    eliminate_common,
    match,
    on_graph,
    rebuild,
    same_structure,
)


@overload
def expand(y: Node) -> Node: ...
@overload
def expand(y: Graph) -> Graph: ...
def expand(y: Node | Graph) -> Node | Graph:
    """Replace every fused op by its definition, down to the primitives.

    Example:
        >>> from clearprop.graph import Graph, sigmoid, variable
        >>> print(expand(Graph({"y": sigmoid(variable("x"))})))
        { x: f64[] ->
          %1: f64[] = multiply x -1.0
          %2: f64[] = exp %1
          %3: f64[] = add %2 1.0
          %4: f64[] = reciprocal %3
          return y = %4 }
    """
    return on_graph(_expand, y)


def _expand(graph: Graph) -> Graph:
    while any(node.op.fused for node in graph.nodes):  # a definition may use simpler fused ops
        graph = rebuild(graph, _one_definition)
    return graph


def _one_definition(node: Node) -> Node:
    definition = node.op.definition
    return node if definition is None else definition(*node.inputs, **node.attrs)


@overload
def simplify(y: Node, keep_names: bool = False) -> Node: ...
@overload
def simplify(y: Graph, keep_names: bool = False) -> Graph: ...
def simplify(y: Node | Graph, keep_names: bool = False) -> Node | Graph:
    """Replace groups of nodes by the fused ops that they define, compute equal values once, drop what is not needed.

    Args:
        y: a node or a graph.
        keep_names: named inner nodes of a graph survive as outputs, even where a larger fused op swallows them.

    Example:
        >>> from clearprop.graph import Graph, exp, variable
        >>> x = variable("x")
        >>> print(simplify(Graph({"y": 1 / (1 + exp(-x))})))
        { x: f64[] ->
          %1: f64[] = sigmoid x
          return y = %1 }
    """
    return on_graph(lambda graph: _simplify(graph.keeping_names() if keep_names else graph), y)


def _simplify(graph: Graph) -> Graph:
    while True:
        before = graph
        graph = apply_rules(eliminate_common(graph), fusion_rules())
        graph = apply_rules(eliminate_common(graph), ALGEBRA)
        if any(node.op is exp for node in graph.nodes):
            graph = apply_rules(eliminate_common(graph), QUOTIENTS)
        if same_structure(before, graph) and len(graph) == len(before):
            return graph


def fusion_rules() -> Mapping[str, list[Rule]]:
    """For each kind of root op, the rules that recognise a fused op; simpler ops come before those built on them."""
    return _fusion_rules(tuple(OPS.values()))


@lru_cache(maxsize=4)
def _fusion_rules(ops: tuple[Op, ...]) -> Mapping[str, list[Rule]]:
    rules: dict[str, list[Rule]] = {"slice": [part_of_concat]}
    for op in ops:
        for rule, root in _rules_of(op, rules):
            rules.setdefault(root, []).append(rule)
    return rules


def _rules_of(op: Op, simpler: Mapping[str, list[Rule]]) -> list[tuple[Rule, str]]:
    if op.definition is None:
        return []
    found: list[tuple[Rule, Node]] = []
    for example in op.examples:
        inputs = [variable(f"#{i}", t.shape, t.dtype) for i, t in enumerate(example.types, 1)]
        holes = {k: Hole(k, v) if isinstance(v, float) else v for k, v in example.attrs.items()}
        raw = eliminate_common(Graph({"y": op.definition(*inputs, **holes)}))
        pattern = apply_rules(raw, simpler)["y"]
        found.append((_recognise(op, pattern, inputs), pattern))
    return [(rule, pattern.op.name) for rule, pattern in found]


def _recognise(op: Op, pattern: Node, variables: list[Node]) -> Rule:
    def rule(node: Node) -> Node | None:
        bound: dict[Node, Node] = {}
        holes: dict[str, float] = {}
        if not match(pattern, node, bound, holes):
            return None
        try:
            fused = op(*(bound[v] for v in variables), **holes)
        except ClearpropError:  # the form fits but not the shapes: matrix + matrix is no affine map of one sample
            return None
        return fused if fused.type == node.type else None

    rule.__name__ = f"recognise_{op.name}"
    return rule


def tidy(graph: Graph) -> Graph:
    """Small algebra alone: no ×1, no double minus, equal values once. Layers stay as they were written.

    Example:
        >>> from clearprop.graph import Graph, variable
        >>> x = variable("x")
        >>> print(tidy(Graph({"y": (1.0 - x) * 1.0})))
        { x: f64[] ->
          %1: f64[] = subtract 1.0 x
          return y = %1 }
    """
    before = apply_rules(eliminate_common(graph), ALGEBRA)
    while True:
        after = apply_rules(eliminate_common(before), ALGEBRA)
        if same_structure(before, after) and len(before) == len(after):
            return after
        before = after


def part_of_concat(node: Node) -> Node | None:
    """What was put side by side and is cut out again is that part, which may be fused with what is made of it."""
    x, axis, start = without_alias(node.inputs[0]), node.attrs["axis"], 0
    if x.op is not OPS["concat"] or x.attrs["axis"] != axis:
        return None
    for part in x.inputs:
        length = part.shape[axis]
        if not isinstance(length, int):
            return None
        if (start, start + length) == (node.attrs["start"], node.attrs["stop"]):
            return part
        start += length
    return None
