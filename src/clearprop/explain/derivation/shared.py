"""Where formulas end, and what they share: a value that several need gets a letter, u₁, u₂, …, and is written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence

import numpy as np

from clearprop.execute import Array, evaluate
from clearprop.explain.derivation.arrange import axis_of_sum, is_plain
from clearprop.graph import Name, Node, substitute, variable
from clearprop.graph.entries import Everywhere, Rearranged

NameOf = Callable[[Node], Name | None]
_HEAVY = 3  # operations that a value must take to get a letter of its own


def letters(nodes: Sequence[Node], stops: Container[Node]) -> dict[Node, Name]:
    """Letters for what is used more than once and takes several operations; nodes come inputs first."""
    uses: Counter[Node] = Counter()
    for node in reversed(nodes):  # what is only spread out is used as often as that is
        times = max(1, uses[node]) if node.op.kind == "movement" and node not in stops else 1
        for x in node.inputs:
            uses[x] += times
    weight: dict[Node, int] = {}
    found: dict[Node, Name] = {}
    for node in nodes:
        inner = sum(weight[x] for x in node.inputs)
        ends = node in stops or node.op.kind == "leaf"
        weight[node] = 0 if ends else inner + (node.op.kind != "movement")
        heavy = weight[node] >= _HEAVY and node.op.kind != "movement"
        if heavy and uses[node] > 1 and node.type.is_float and not is_plain(node):
            found[node] = Name.other(f"u_{1 + len(found)}")
            weight[node] = 0
    return found


def parts(node: Node, name_of: NameOf) -> tuple[list[Node], list[Node]]:
    """The nodes that a formula is made of, and the named ones at which it ends."""
    inner: list[Node] = []
    ends: list[Node] = []
    stack = list(node.inputs)
    while stack:
        x = stack.pop()
        if name_of(x) is None:
            inner.append(x)
            stack += x.inputs
        else:
            ends.append(x)
    return inner, ends


def without_repetition(nodes: Sequence[Node], names: Mapping[Node, Name]) -> dict[Node, tuple[slice, ...]]:
    """What to keep of a value so that nothing is in it twice: one entry along axes along which it was spread out.

    Not where a sum or a product goes along such an axis, since it counts every entry.
    """
    spread = _spread_axes(nodes)
    counted = {
        x
        for node in nodes
        for factor, axis in _summed(node)
        if axis in spread[factor]
        for x in (factor, *parts(factor, names.get)[1])
    }
    return {
        node: tuple(slice(0, 1 if k in axes and node not in counted else None) for k in range(node.type.rank))
        for node, axes in spread.items()
    }


def _summed(node: Node) -> list[tuple[Node, int]]:
    """The inputs along which a node adds up, each with the axis."""
    axis = axis_of_sum(node)
    if axis is not None:
        return [(node.inputs[0], axis)]
    if node.op.kind != "product":
        return []
    a, b = node.inputs[:2]
    last = 0 if node.attrs.get("transpose_a") else a.type.rank - 1
    return [(a, last), (b, b.type.rank - 1 if node.attrs.get("transpose_b") else 0)]


def _spread_axes(nodes: Sequence[Node]) -> dict[Node, frozenset[int]]:
    """Along which axes all entries of a value are the same, whatever the inputs are."""
    found: dict[Node, frozenset[int]] = {}
    for node in nodes:
        every = frozenset(range(node.type.rank))
        if isinstance(node.op.rule, Everywhere):
            found[node] = every
        elif isinstance(node.op.rule, Rearranged):
            (x,), axes = node.inputs, node.op.rule.axes(node)
            found[node] = every - {axes[k] for k in range(x.type.rank) if k not in found[x]}
        elif node.op.kind == "elementwise" and node.inputs:
            found[node] = frozenset.intersection(*(found[x] for x in node.inputs))
        else:
            found[node] = frozenset()
    return found


def computed(node: Node, name_of: NameOf, values: Mapping[str, Array], samples: int) -> Array:
    """What a node's formula comes to, with the values of what it names put in."""
    ends = {x: variable(f"v{i}", x.shape, x.dtype) for i, x in enumerate(parts(node, name_of)[1])}
    bound = {
        v: np.broadcast_to(values[name], [d if isinstance(d, int) else samples for d in x.shape])
        for x, v in ends.items()
        if (name := name_of(x)) is not None
    }
    return np.asarray(evaluate(substitute(node, ends), bound, n=samples))


def needed(node: Node, name_of: NameOf, lettered: Container[Name]) -> list[Name]:
    """The letters that a node's formula names, innermost first."""
    found: list[Name] = []

    def visit(x: Node) -> None:
        for child in x.inputs:
            name = name_of(child)
            if name is None:
                visit(child)
            elif name in lettered and name not in found:
                visit(child)
                found.append(name)

    visit(node)
    return found
