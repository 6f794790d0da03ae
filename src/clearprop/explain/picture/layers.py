"""A network's run as a figure of layers: Affine, activation, loss, with the parameters that come in."""

from __future__ import annotations

from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.picture.diagram import DiagramNode, title_of
from clearprop.explain.values import Values
from clearprop.graph import Name, Node
from clearprop.graph.node import is_alias
from clearprop.nn.names import A0, TARGET, X
from clearprop.present.figure.blocks import NOTHING, value_block
from clearprop.present.formula import Run, runs


def layer_vertices(values: Values, digits: int) -> list[DiagramNode]:
    """One vertex for each named value of the forward pass, and for X and y."""
    source = DerivationSource(values, digits=digits)
    names = [X, *(name for name in values.forward_names if name != A0)]
    if values.has_target:
        names.insert(1, TARGET)
    return [_vertex(name, names, source, digits) for name in names]


def _vertex(name: Name, names: list[Name], source: DerivationSource, digits: int) -> DiagramNode:
    value = value_block(source.arrays[name], "ink", digits)
    slope = source.arrays.get(name.gradient)
    below = NOTHING if slope is None else value_block(slope, "orange", digits)
    letter = tuple(runs(symbol(name)))
    if name in (X, TARGET):
        return DiagramNode(name, (), letter, "leaf", value, below)
    node = source.node(name)
    inner = dict.fromkeys(_stops(node, source))
    cards = tuple(tuple(runs(symbol(x))) for x in inner if x in source.values.parameters)
    inputs = tuple(x for x in inner if x in names)
    return DiagramNode(name, inputs, _sign(name, node), "box", value, below, cards, letter)


def _stops(node: Node, source: DerivationSource) -> list[Name]:
    """The names in a value's formula, through those of shared values."""
    found: list[Name] = []
    for x in node.inputs:
        name = source.name_of(x)
        if name is None or name in source.auxiliary:
            found += _stops(x, source)
        else:
            found.append(name)
    return found


def _sign(name: Name, node: Node) -> tuple[Run, ...]:
    if name.role == "loss":
        return (("Loss", "normal", False),)
    if node.op.fused or is_alias(node):
        return ((title_of(node.op), "normal", False),)
    return (("f", "normal", True),)  # an activation or a layer of several ops
