"""What a node is to somebody who reads formulas: nothing new, a condition, a given value, numbers chosen and arranged.

All of it is asked of the op's record: its element rule, and whether it is transparent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clearprop.graph import N, Node
from clearprop.graph.entries import Along, ColumnsAdded, ColumnsTaken, Cut, Everywhere, OneHot, RowsTaken, SideBySide
from clearprop.present.formula import Atom, Math, Matrix, Scripts, Slot, fill, joined, number, parse, row
from clearprop.present.formula.tree import COMMA, DOTS, Fenced

_ALL = Atom(":", ":")
_FEW = 8  # numbers in a subscript


def is_transparent(node: Node) -> bool:
    """Whether a node is written as its input is."""
    return node.op.transparent and not is_indicator(node)


def is_indicator(node: Node) -> bool:
    """Whether a condition becomes a number here: [z > 0] is 1 or 0."""
    return node.op.transparent and node.inputs[0].dtype == "bool" and node.dtype != "bool"


def is_label(node: Node) -> bool:
    """Whether a node is the labels of the samples, each as a row with one 1."""
    return isinstance(node.op.rule, OneHot)


def is_given(node: Node) -> bool:
    """Whether a node's values come from outside: data, parameters, numbers, random numbers, labels."""
    return node.op.kind in ("leaf", "random") or is_label(node)


def is_plain(node: Node) -> bool:
    """Whether a node is made of numbers and N alone."""
    arithmetic = is_transparent(node) or bool(node.op.factors)
    return isinstance(node.op.rule, Everywhere) or (arithmetic and all(map(is_plain, node.inputs)))


def is_sum(node: Node) -> bool:
    """Whether a node adds up its inputs, without a minus."""
    return set(node.op.terms) == {1}


def axis_of_sum(node: Node) -> int | None:
    """The axis along which a node adds up its input; None where it does something else."""
    return int(node.attrs["axis"]) if node.op.rule == Along("add") else None


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


def _written_columns(node: Node, inputs: Sequence[Math], column: bool) -> Math:
    """Units by their numbers, one of them perhaps several times: z_(1, 1, 2)."""
    return _with_below(inputs[0], _below(node.inputs[0], 1, _numbers(node.attrs["index"]), column))


def _written_added(node: Node, inputs: Sequence[Math], column: bool) -> Math:
    """Units added up to those of the numbers below the sign: add_(1, 1, 2)(z)."""
    return fill(parse(r"\mathrm{add}_{#2}(#1)"), {"1": inputs[0], "2": joined([_numbers(node.attrs["index"])], COMMA)})


def _numbers(index: Sequence[int]) -> Math:
    """Whole numbers, counted from 1; of many the first and the last."""
    shown = [number(i + 1, 17) for i in index]
    return joined(shown if len(shown) <= _FEW else [*shown[: _FEW - 2], DOTS, shown[-1]], COMMA)


WRITTEN: dict[type, Callable[[Node, Sequence[Math], bool], Math]] = {  # by element rule
    ColumnsAdded: _written_added,
    ColumnsTaken: _written_columns,
    Cut: _written_slice,
    RowsTaken: _written_rows,
    SideBySide: _written_concat,
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
