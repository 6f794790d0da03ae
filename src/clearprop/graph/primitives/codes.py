"""Rows of a table by codes that stand among the data as floating-point numbers: 0, 1, 2, ….

A code is rounded toward zero and kept within the table: −1 means the first row, a number past the last one the last,
NaN the first. So whatever stands in the data, a row is found. Codes carry no gradient.
"""

from __future__ import annotations

from clearprop.errors import DTypeError, ShapeError, plural
from clearprop.graph.entries import RowsAdded, RowsTaken
from clearprop.graph.node import OPS, Example, Op, register
from clearprop.graph.types import Type, require_float, show_shape


def _require_codes(values: Type, codes: Type) -> None:
    require_float("rows by code", values, codes)
    if codes.rank != 1:
        raise ShapeError(f"codes of shape {show_shape(codes.shape)}", "one for each sample, (N,)")
    if values.dtype != codes.dtype:
        raise DTypeError(f"codes {codes} for {values}", "equal dtypes", "use cast(x, dtype)")


def _embed_type(table: Type, codes: Type) -> Type:
    _require_codes(table, codes)
    if table.rank != 2 or table.has_batch or not table.shape[0]:
        raise ShapeError(f"rows of a table of shape {show_shape(table.shape)}", "a matrix (levels, columns)")
    return table.with_shape((codes.shape[0], table.shape[1]))


def _add_type(values: Type, codes: Type, levels: int) -> Type:
    _require_codes(values, codes)
    if values.rank != 2 or values.shape[0] != codes.shape[0]:
        raise ShapeError(f"sums of {values} by codes {codes}", "one row of values per code")
    if levels < 1:
        raise ShapeError(f"sums for {plural(levels, 'level')}", "one level at least")
    return values.with_shape((levels, values.shape[1]))


_TABLE, _CODES = Type((2, 3), "f64"), Type((4,), "f64")

embed = register(
    Op(
        "embed",
        _embed_type,
        lambda y, g, table, codes: (OPS["add_embedded"](g, codes, levels=table.shape[0]), None),
        "#1[#2]",
        kind="movement",
        examples=(Example((_TABLE, _CODES), {}, ("real", "rows:3")),),
        rule=RowsTaken(coded=True),
    )
)

# Row r of the result is the sum of the rows of values whose code means r.
add_embedded = register(
    Op(
        "add_embedded",
        _add_type,
        lambda y, g, values, codes: (OPS["embed"](g, codes), None),
        r"\mathrm{scatter}(#1, #2)",
        kind="reduction",
        examples=(Example((Type((4, 3), "f64"), _CODES), {"levels": 2}, ("real", "rows:3")),),
        rule=RowsAdded(coded=True),
    )
)
