"""Primitives that change the shape: reductions, products, movement, rows by index."""

from __future__ import annotations

from clearprop.errors import DTypeError, ShapeError
from clearprop.graph.entries import (
    Along,
    Cut,
    MatrixProduct,
    OneHot,
    Rearranged,
    RowsAdded,
    RowsTaken,
    SideBySide,
)
from clearprop.graph.node import OPS, Example, Node, Op, register
from clearprop.graph.types import Dim, N, Shape, Type, require_float, show_shape

_A = Type((2, 3), "f64")


# --- reductions: over one axis, which disappears


def _reduced(x: Type, axis: int) -> Type:
    require_float("a reduction", x)
    if not 0 <= axis < x.rank:
        raise ShapeError(f"axis {axis} of a value of shape {show_shape(x.shape)}", f"an axis below {x.rank}")
    return x.with_shape(x.shape[:axis] + x.shape[axis + 1 :])


def repeat(g: Node, shape: Shape, axis: int) -> Node:
    """Repeat a value along a new axis: what undoes the shape change of a reduction over that axis."""
    axes = tuple(a for a in range(len(shape)) if a != axis)
    return OPS["broadcast"](g, shape=shape, axes=axes)


def _sum_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    return (repeat(g, x.shape, y.attrs["axis"]),)


def _max_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    """Shared equally by all places that hold the maximum."""
    axis = y.attrs["axis"]
    is_less = OPS["greater"](repeat(y, x.shape, axis), x)
    ones = OPS["constant"](value=1.0, shape=x.shape, dtype=x.dtype)
    zeros = OPS["constant"](value=0.0, shape=x.shape, dtype=x.dtype)
    at_max = OPS["where"](is_less, zeros, ones)
    return (at_max * repeat(g / OPS["sum"](at_max, axis=axis), x.shape, axis),)


_over_each_axis = (
    Example((_A,), {"axis": 0}),
    Example((_A,), {"axis": 1}),
    Example((Type((3,), "f64"),), {"axis": 0}),
)
sum = register(
    Op(
        "sum",
        _reduced,
        _sum_gradient,
        r"\sum #1",
        kind="reduction",
        examples=_over_each_axis,
        sign=r"\sum",
        rule=Along("add"),
    )
)
max = register(
    Op(
        "max",
        _reduced,
        _max_gradient,
        r"\max #1",
        kind="reduction",
        analytic=False,
        examples=_over_each_axis,
        sign=r"\max",
        rule=Along("maximum"),
        kink=lambda node: OPS["greater"](repeat(node, node.inputs[0].shape, node.attrs["axis"]), node.inputs[0]),
    )
)


# --- the matrix product


def _matmul_type(a: Type, b: Type, transpose_a: bool = False, transpose_b: bool = False) -> Type:
    require_float("a matrix product", a, b)
    if not (1 <= a.rank <= 2 and 1 <= b.rank <= 2):
        raise ShapeError(f"product of shapes {show_shape(a.shape)} and {show_shape(b.shape)}", "vectors or matrices")
    if a.dtype != b.dtype:
        raise DTypeError(f"product of {a} and {b}", "equal dtypes", "use cast(x, dtype)")
    left = a.shape[::-1] if transpose_a else a.shape
    right = b.shape[::-1] if transpose_b else b.shape
    if left[-1] != right[0]:
        raise ShapeError(
            f"product of shapes {show_shape(left)} and {show_shape(right)}: inner dimensions {left[-1]} and {right[0]}",
            "equal inner dimensions",
        )
    shape = left[:-1] + right[1:]
    if N in shape[1:]:
        raise ShapeError(
            f"product of shapes {show_shape(left)} and {show_shape(right)} ties samples to samples",
            "at most one operand that keeps the batch axis, in front",
        )
    return a.with_shape(shape)


def product(a: Node, b: Node, transpose_a: bool = False, transpose_b: bool = False) -> Node:
    """A matrix product whose attributes name only the flags that are set, so that equal products look equal."""
    flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    return OPS["matmul"](a, b, **{flag: True for flag, on in flags.items() if on})


def _matrix(v: Node, as_column: bool) -> Node:
    """A vector as a matrix of one column or one row."""
    n: Dim = v.shape[0]
    return OPS["broadcast"](v, shape=(n, 1) if as_column else (1, n), axes=(0,) if as_column else (1,))


def _matmul_gradient(y: Node, g: Node, a: Node, b: Node) -> tuple[Node, Node]:
    """∂L/∂A = G·Bᵀ and ∂L/∂B = Aᵀ·G, in the orientation in which A and B are stored."""
    ta, tb = bool(y.attrs.get("transpose_a")), bool(y.attrs.get("transpose_b"))
    if a.type.rank == 1 and b.type.rank == 1:  # y = a·b is a number
        return g_times(g, b), g_times(g, a)
    if a.type.rank == 1:  # a row vector times a matrix
        da = product(g, b, transpose_b=not tb)
        column, row = (g, a) if tb else (a, g)
        return da, product(_matrix(column, True), _matrix(row, False))
    if b.type.rank == 1:  # a matrix times a column vector
        column, row = (b, g) if ta else (g, b)
        return product(_matrix(column, True), _matrix(row, False)), product(a, g, transpose_a=not ta)
    da = product(b, g, transpose_a=tb, transpose_b=True) if ta else product(g, b, transpose_b=not tb)
    db = product(g, a, transpose_a=True, transpose_b=ta) if tb else product(a, g, transpose_a=not ta)
    return da, db


def g_times(g: Node, x: Node) -> Node:
    """A scalar times a vector."""
    return OPS["multiply"](OPS["broadcast"](g, shape=x.shape, axes=()), x)


def _matmul_examples() -> tuple[Example, ...]:
    v, w, m = Type((3,), "f64"), Type((2,), "f64"), _A
    n = Type((3, 4), "f64")
    plain = (Example((m, n)), Example((v, n)), Example((m, v)), Example((v, v)))
    t = Type
    return (
        *plain,
        Example((t((3, 2), "f64"), n), {"transpose_a": True}),
        Example((m, t((4, 3), "f64")), {"transpose_b": True}),
        Example((t((3, 2), "f64"), t((4, 3), "f64")), {"transpose_a": True, "transpose_b": True}),
        Example((w, t((4, 2), "f64")), {"transpose_b": True}),
        Example((t((3, 2), "f64"), v), {"transpose_a": True}),
    )


matmul = register(
    Op(
        "matmul",
        _matmul_type,
        _matmul_gradient,
        r"#1 \cdot #2",
        kind="product",
        examples=_matmul_examples(),
        sign=r"\mathrm{dot}",
        rule=MatrixProduct(),
    )
)


# --- movement: the same numbers in another arrangement


def _transposed(x: Type) -> Type:
    if x.rank != 2 or x.has_batch:
        raise ShapeError(
            f"transpose of a value of shape {show_shape(x.shape)}",
            "a matrix without a batch axis",
            "matmul(a, b, transpose_a=True) contracts over the batch",
        )
    return x.with_shape(x.shape[::-1])


transpose = register(
    Op(
        "transpose",
        _transposed,
        lambda y, g, x: (OPS["transpose"](g),),
        r"{#1}^{\top}",
        kind="movement",
        examples=(Example((_A,)),),
        sign="⊤",
        rule=Rearranged(lambda node: (1, 0)),
    )
)


def _broadcast_type(x: Type, shape: Shape, axes: tuple[int, ...]) -> Type:
    if len(axes) != x.rank or sorted(set(axes)) != list(axes) or any(not 0 <= a < len(shape) for a in axes):
        raise ShapeError(
            f"axes {axes} for a value of shape {show_shape(x.shape)}", "one increasing axis per input axis"
        )
    for a, have in zip(axes, x.shape, strict=True):
        if shape[a] != have:
            raise ShapeError(
                f"broadcast of shape {show_shape(x.shape)} to {show_shape(shape)}",
                f"{have} on axis {a} of the result",
                "broadcast adds axes, it does not stretch one of length 1",
            )
    if N in shape[1:]:
        raise ShapeError(f"shape {show_shape(shape)}", "the batch size on axis 0 only")
    return x.with_shape(shape)


def _broadcast_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    for axis in reversed(range(y.type.rank)):
        if axis not in y.attrs["axes"]:
            g = OPS["sum"](g, axis=axis)
    return (g,)


broadcast = register(
    Op(
        "broadcast",
        _broadcast_type,
        _broadcast_gradient,
        "#1",
        kind="movement",
        examples=(
            Example((Type((3,), "f64"),), {"shape": (2, 3), "axes": (1,)}),
            Example((Type((2,), "f64"),), {"shape": (2, 3), "axes": (0,)}),
            Example((Type((), "f64"),), {"shape": (2, 3), "axes": ()}),
        ),
        rule=Rearranged(lambda node: node.attrs["axes"]),
        transparent=True,
    )
)


def _slice_type(x: Type, axis: int, start: int, stop: int) -> Type:
    length = x.shape[axis] if 0 <= axis < x.rank else None
    if not isinstance(length, int) or not 0 <= start <= stop <= length:
        raise ShapeError(
            f"slice {start}:{stop} of axis {axis} of shape {show_shape(x.shape)}", "a range within the axis"
        )
    return x.with_shape((*x.shape[:axis], stop - start, *x.shape[axis + 1 :]))


def _slice_gradient(y: Node, g: Node, x: Node) -> tuple[Node]:
    axis, start, stop = y.attrs["axis"], y.attrs["start"], y.attrs["stop"]

    def zeros(length: int) -> Node:
        shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
        return OPS["constant"](value=0.0, shape=shape, dtype=x.dtype)

    end = x.shape[axis]
    assert isinstance(end, int)
    parts = [zeros(start)] if start else []
    parts += [g]
    parts += [zeros(end - stop)] if stop < end else []
    return (OPS["concat"](*parts, axis=axis) if len(parts) > 1 else g,)


slice_ = register(
    Op(
        "slice",
        _slice_type,
        _slice_gradient,
        "#1[#start : #stop]",
        kind="movement",
        examples=(
            Example((_A,), {"axis": 1, "start": 1, "stop": 3}),
            Example((_A,), {"axis": 0, "start": 0, "stop": 1}),
        ),
        rule=Cut(),
    )
)


def _concat_type(*xs: Type, axis: int) -> Type:
    if not xs:
        raise ShapeError("concat of nothing", "at least one node")
    first = xs[0]
    total = 0
    for x in xs:
        length = x.shape[axis] if 0 <= axis < x.rank else None
        rest_fits = (
            x.rank == first.rank
            and x.dtype == first.dtype
            and x.shape[:axis] == first.shape[:axis]
            and x.shape[axis + 1 :] == first.shape[axis + 1 :]
        )
        if not isinstance(length, int) or not rest_fits:
            raise ShapeError(f"concat of {first} and {x} along axis {axis}", "types that agree on all other axes")
        total += length
    return first.with_shape((*first.shape[:axis], total, *first.shape[axis + 1 :]))


def _concat_gradient(y: Node, g: Node, *xs: Node) -> tuple[Node, ...]:
    axis, start, parts = y.attrs["axis"], 0, []
    for x in xs:
        length = x.shape[axis]
        assert isinstance(length, int)
        parts.append(OPS["slice"](g, axis=axis, start=start, stop=start + length))
        start += length
    return tuple(parts)


concat = register(
    Op(
        "concat",
        _concat_type,
        _concat_gradient,
        "[#1, #2]",
        kind="movement",
        examples=(Example((_A, Type((2, 2), "f64")), {"axis": 1}), Example((_A, _A), {"axis": 0})),
        rule=SideBySide(),
    )
)


# --- rows by index: integer inputs carry no gradient


def _require_index(index: Type) -> None:
    if index.dtype != "i64" or index.rank != 1:
        raise DTypeError(f"row index of type {index}", "i64[N] (integers, one per sample)")


def _one_hot_type(index: Type, classes: int, dtype: str) -> Type:
    _require_index(index)
    return Type((index.shape[0], classes), dtype)


one_hot = register(
    Op(
        "one_hot",
        _one_hot_type,
        lambda y, g, index: (None,),
        r"\mathrm{onehot}(#1)",
        kind="movement",
        examples=(Example((Type((4,), "i64"),), {"classes": 3, "dtype": "f64"}, ("rows:3",)),),
        rule=OneHot(),
    )
)


def _take_type(table: Type, index: Type) -> Type:
    _require_index(index)
    if table.rank != 2 or table.has_batch:
        raise ShapeError(f"rows of a table of shape {show_shape(table.shape)}", "a matrix (rows, columns)")
    return table.with_shape((index.shape[0], table.shape[1]))


take_rows = register(
    Op(
        "take_rows",
        _take_type,
        lambda y, g, table, index: (OPS["scatter_rows"](g, index, rows=table.shape[0]), None),
        "#1[#2]",
        kind="movement",
        examples=(Example((_A, Type((4,), "i64")), {}, ("real", "rows:2")),),
        rule=RowsTaken(),
    )
)


def _scatter_type(values: Type, index: Type, rows: int) -> Type:
    _require_index(index)
    if values.rank != 2 or values.shape[0] != index.shape[0]:
        raise ShapeError(f"scatter of {values} by {index}", "one row of values per index")
    return values.with_shape((rows, values.shape[1]))


# Adds each row of values to the row of the result that its index names; rows named twice get both.
scatter_rows = register(
    Op(
        "scatter_rows",
        _scatter_type,
        lambda y, g, values, index: (OPS["take_rows"](g, index), None),
        r"\mathrm{scatter}(#1, #2)",
        kind="reduction",
        examples=(Example((Type((4, 3), "f64"), Type((4,), "i64")), {"rows": 2}, ("real", "rows:2")),),
        rule=RowsAdded(),
    )
)
