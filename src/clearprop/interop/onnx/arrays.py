"""How ops that rearrange, reduce or multiply arrays are written in ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clearprop.graph import Node
from clearprop.interop.onnx.writing import KINDS
from clearprop.interop.onnx.written import Rule, Written

if TYPE_CHECKING:
    from clearprop.interop.onnx.writer import Writer


# --- products


def _affine(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """x·W + b of a batch is a Gemm; of one sample a MatMul and an Add, as Gemm wants matrices."""
    x, W, b = (writer.full(x) for x in node.inputs)
    if node.type.rank == 2:
        return writer.value(node.shape, "Gemm", x, W, b)
    return writer.value(node.shape, "Add", writer.part("MatMul", x, W), b)


def _matmul(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """A Gemm where a matrix is transposed, else a MatMul; a vector stands on the other side of a transposed matrix."""
    a, b = (writer.full(x) for x in node.inputs)
    turned = {f"trans{letter}": int(bool(node.attrs.get(f"transpose_{letter.lower()}"))) for letter in "AB"}
    if any(turned.values()) and all(x.type.rank == 2 for x in node.inputs):
        return writer.value(node.shape, "Gemm", a, b, **turned)
    other_side = any(x.type.rank == 2 and flag for x, flag in zip(node.inputs, turned.values(), strict=True))
    return writer.value(node.shape, "MatMul", *((b, a) if other_side else (a, b)))


# --- reductions


def _sum(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    x, axis = node.inputs[0], node.attrs["axis"]
    op = "Squeeze" if x.shape[axis] == 1 else "ReduceSum"
    keep = {} if op == "Squeeze" else {"keepdims": 0}
    return writer.value(node.shape, op, writer.full(x), writer.whole(axis), **keep)


def _max(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    axis = writer.whole(node.attrs["axis"])
    return writer.value(node.shape, "ReduceMax", writer.full(node.inputs[0]), axis, keepdims=0)


def _add_columns(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """Columns that belong together are put side by side, filled up with zeros to equally many, and summed."""
    index, columns = node.attrs["index"], node.attrs["columns"]
    x, width = writer.full(node.inputs[0]), len(index)
    sides: list[list[int]] = [[] for _ in range(columns)]
    for j, k in enumerate(index):
        sides[k].append(j)
    most = max(1, *map(len, sides))
    if any(len(side) < most for side in sides):
        zero = writer.number(0.0, node.dtype)
        x = writer.part("Pad", x, writer.whole(0, 0, 0, 1), zero)  # column `width` is 0
    order = [j for side in sides for j in [*side, *[width] * (most - len(side))]]
    together = writer.part("Gather", x, writer.whole(*order), axis=1)
    apart = writer.part("Reshape", together, writer.whole(0, columns, most))  # 0 is the batch's own size
    return writer.value(node.shape, "ReduceSum", apart, writer.whole(2), keepdims=0)


# --- movement


def _transpose(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return writer.value(node.shape, "Transpose", writer.full(node.inputs[0]), perm=[1, 0])


def _broadcast(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """Axes of length 1, which ONNX repeats: those in front need no node."""
    (x,), rank = inputs, node.type.rank
    axes = node.attrs["axes"][len(node.attrs["axes"]) - len(x.shape) :]
    if not axes:
        return x
    behind = [axis for axis in range(axes[0], rank) if axis not in axes]
    if not behind:
        return x
    shape = tuple(x.shape[axes.index(axis)] if axis in axes else 1 for axis in range(axes[0], rank))
    return writer.value(shape, "Unsqueeze", x.name, writer.whole(*(axis - axes[0] for axis in behind)))


def _slice(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    bounds = (writer.whole(node.attrs[part]) for part in ("start", "stop", "axis"))
    return writer.value(node.shape, "Slice", writer.full(node.inputs[0]), *bounds)


def _concat(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return writer.value(node.shape, "Concat", *(writer.full(x) for x in node.inputs), axis=node.attrs["axis"])


def _take_columns(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    columns = writer.whole(*node.attrs["index"])
    return writer.value(node.shape, "Gather", writer.full(node.inputs[0]), columns, axis=1)


def _take_rows(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return writer.value(node.shape, "Gather", *(writer.full(x) for x in node.inputs), axis=0)


def _row(writer: Writer, node: Node, levels: int) -> str:
    """Which row of a table each code means: it is kept within the table and cut off to a whole number; NaN is 0."""
    codes, zero = writer.full(node), writer.number(0.0, node.dtype)
    known = writer.part("Where", writer.part("IsNaN", codes), zero, codes)
    within = writer.part("Clip", known, zero, writer.number(levels - 1, node.dtype))
    return writer.part("Cast", within, to=KINDS["i64"])


def _one_hot(writer: Writer, index: str, classes: int) -> str:
    """A row for each index, True at its place."""
    return writer.part("Equal", writer.part("Unsqueeze", index, writer.whole(1)), writer.whole(*range(classes)))


def _sum_of_rows(writer: Writer, node: Node, index: str) -> Written:
    """Rows that are added up by index: a product with a one-hot matrix."""
    chosen = writer.part("Cast", _one_hot(writer, index, node.shape[0]), to=KINDS[node.dtype])  # type: ignore[arg-type]
    return writer.value(node.shape, "Gemm", chosen, writer.full(node.inputs[0]), transA=1)


def _embed(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    table, codes = node.inputs
    row = _row(writer, codes, table.shape[0])  # type: ignore[arg-type]
    return writer.value(node.shape, "Gather", writer.full(table), row, axis=0)


def _add_embedded(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return _sum_of_rows(writer, node, _row(writer, node.inputs[1], node.attrs["levels"]))


def _scatter_rows(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return _sum_of_rows(writer, node, writer.full(node.inputs[1]))


def _one_hot_rows(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    chosen = _one_hot(writer, writer.full(node.inputs[0]), node.attrs["classes"])
    return writer.value(node.shape, "Cast", chosen, to=KINDS[node.dtype])


def _cast(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    return writer.value(inputs[0].shape, "Cast", inputs[0].name, to=KINDS[node.dtype])


def _size(writer: Writer, node: Node, inputs: list[Written]) -> Written:
    """N, the number of rows."""
    return writer.value((), "Cast", writer.part("Squeeze", writer.rows()), to=KINDS[node.dtype])


RULES: Mapping[str, Rule] = {
    "affine": _affine,
    "matmul": _matmul,
    "sum": _sum,
    "max": _max,
    "add_columns": _add_columns,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "concat": _concat,
    "take_columns": _take_columns,
    "take_rows": _take_rows,
    "scatter_rows": _scatter_rows,
    "embed": _embed,
    "add_embedded": _add_embedded,
    "one_hot": _one_hot_rows,
    "cast": _cast,
    "size": _size,
}
