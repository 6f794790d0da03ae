"""Ops that compute nothing: they pass numbers on, or choose some and arrange them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clearprop.graph import N, Node
from clearprop.present.formula import Atom, Math, Matrix, Scripts, Slot, fill, joined, number, parse, row
from clearprop.present.formula.tree import COMMA, DOTS, Fenced

Index = tuple[int, ...]
_SAME = ("identity", "stop_gradient")
_TRANSPARENT = {*_SAME, "broadcast", "cast"}
_ALL = Atom(":", ":")


def is_transparent(node: Node) -> bool:
    """Whether a node is written as its input is."""
    return node.op.name in _TRANSPARENT and not is_indicator(node)


def is_indicator(node: Node) -> bool:
    """Whether a condition becomes a number here: [z > 0] is 1 or 0."""
    return node.op.name == "cast" and node.inputs[0].dtype == "bool" and node.dtype != "bool"


# --- which element of which input an element is


def _broadcast(node: Node, index: Index) -> tuple[Node, Index]:
    return node.inputs[0], tuple(index[a] for a in node.attrs["axes"])


def _transpose(node: Node, index: Index) -> tuple[Node, Index]:
    return node.inputs[0], index[::-1]


def _slice(node: Node, index: Index) -> tuple[Node, Index]:
    axis = node.attrs["axis"]
    return node.inputs[0], (*index[:axis], index[axis] + node.attrs["start"], *index[axis + 1 :])


def _concat(node: Node, index: Index) -> tuple[Node, Index]:
    axis, at = node.attrs["axis"], index[node.attrs["axis"]]
    for x in node.inputs:
        length = x.shape[axis]
        assert isinstance(length, int)
        if at < length:
            return x, (*index[:axis], at, *index[axis + 1 :])
        at -= length
    raise IndexError(f"element {index} of {node!r}")


ELEMENT_OF: dict[str, Callable[[Node, Index], tuple[Node, Index]]] = {
    "broadcast": _broadcast,
    "transpose": _transpose,
    "slice": _slice,
    "concat": _concat,
    **{same: lambda node, index: (node.inputs[0], index) for same in _SAME},
}


# --- how choosing and putting together are written


def _written_slice(node: Node, inputs: Sequence[Math], column: bool) -> Math:
    """Units 1 … 2 of z: z_(1 … 2), counted from 1 like everything that is printed."""
    axis, first, last = node.attrs["axis"], node.attrs["start"] + 1, node.attrs["stop"]
    if last - first + 1 == node.inputs[0].shape[axis]:
        return inputs[0]
    some = number(first, 17) if first == last else row(number(first, 17), DOTS, number(last, 17))
    return _with_below(inputs[0], _below(node.inputs[0], axis, some, column))


def _written_rows(node: Node, inputs: Sequence[Math], column: bool) -> Math:
    """Rows of a table by their numbers, which the graph counts from 0."""
    table, index = inputs
    return _with_below(table, _below(node.inputs[0], 0, fill(parse("1 + #1"), {"1": index}), column))


def _written_concat(node: Node, inputs: Sequence[Math], column: bool) -> Math:
    """Side by side, or below each other."""
    side_by_side = (node.attrs["axis"] == node.type.rank - 1) != column
    return Fenced("[", joined(inputs, COMMA), "]") if side_by_side else Matrix(tuple((part,) for part in inputs))


WRITTEN: dict[str, Callable[[Node, Sequence[Math], bool], Math]] = {
    "slice": _written_slice,
    "take_rows": _written_rows,
    "concat": _written_concat,
}


def _below(x: Node, axis: int, some: Math, column: bool) -> Math:
    """A subscript; of a matrix that has no samples it says which axis it means."""
    if x.type.rank == 1 or x.shape[0] is N:
        return some
    both = [some, _ALL] if (axis == 0) != column else [_ALL, some]
    return joined(both, COMMA)


def _with_below(m: Math, below: Math) -> Math:
    if isinstance(m, Scripts) and m.sub is None and isinstance(m.sup, Fenced):
        return Scripts(m.base, below, m.sup)
    return fill(Scripts(Slot("1"), Slot("2")), {"1": m, "2": below})
