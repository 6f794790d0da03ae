"""Columns by number: the same columns of every row, chosen when the graph is written.

Both ops are one node whatever the number of columns; each is the other's gradient.
"""

from __future__ import annotations

from clearprop.errors import InvalidValueError, ShapeError, plural
from clearprop.graph.entries import ColumnsAdded, ColumnsTaken
from clearprop.graph.node import OPS, Example, Node, Op, register
from clearprop.graph.types import Type, require_float, show_shape


def _require_matrix(what: str, x: Type) -> int:
    """The number of columns of a matrix."""
    if x.rank != 2:
        raise ShapeError(f"{what} a value of shape {show_shape(x.shape)}", "a matrix, such as (N, columns)")
    width = x.shape[1]
    assert isinstance(width, int)
    return width


def _require_index(index: tuple[int, ...], below: int) -> None:
    wrong = [i for i in index if type(i) is not int or not 0 <= i < below]
    if wrong:
        raise InvalidValueError(f"column {wrong[0]!r} of {below}", f"whole numbers from 0 to {below - 1}")


def _taken(x: Type, index: tuple[int, ...]) -> Type:
    require_float("take_columns", x)
    _require_index(index, _require_matrix("columns of", x))
    return x.with_shape((x.shape[0], len(index)))


def _take_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    return (OPS["add_columns"](g, index=y.attrs["index"], columns=x.shape[1]),)  # type: ignore[arg-type]


def _added(x: Type, index: tuple[int, ...], columns: int) -> Type:
    require_float("add_columns", x)
    width = _require_matrix("sums of columns of", x)
    if len(index) != width:
        raise ShapeError(f"{plural(len(index), 'column number')} for {plural(width, 'column')}", "one for each column")
    _require_index(index, columns)
    return x.with_shape((x.shape[0], columns))


def _add_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    return (OPS["take_columns"](g, index=y.attrs["index"]),)


_A = Type((2, 3), "f64")

# Column j of the result is column index[j] of x.
take_columns = register(
    Op(
        "take_columns",
        _taken,
        _take_gradient,
        r"\mathrm{take}(#1)",
        kind="movement",
        examples=(
            Example((_A,), {"index": (0, 0, 2, 1, 0)}),
            Example((_A,), {"index": (1,)}),
        ),
        rule=ColumnsTaken(),
    )
)

# Column k of the result is the sum of the columns j of x with index[j] = k, from left to right; 0 where there is none.
add_columns = register(
    Op(
        "add_columns",
        _added,
        _add_gradient,
        r"\mathrm{add}(#1)",
        kind="reduction",
        examples=(
            Example((_A,), {"index": (1, 0, 1), "columns": 2}),
            Example((_A,), {"index": (3, 3, 0), "columns": 4}),
        ),
        sign=r"\sum",
        rule=ColumnsAdded(),
    )
)
