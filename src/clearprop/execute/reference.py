"""The reference executor's table: what every primitive means, in NumPy.

This table *defines* the semantics; a faster executor is right when it agrees with it. A fused op needs no entry: it
runs through its stable form. Those that NumPy has a function for are listed at the end.

Each entry is `kernel(*inputs, **attrs)`, and returns an array; a NumPy ufunc writes straight into the planned buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.execute import philox
from clearprop.execute.erf import erf
from clearprop.graph import DTYPES

Array = NDArray[Any]
Kernel = Callable[..., Array]


def _power(x: Array, exponent: float) -> Array:
    result: Array = np.square(x) if exponent == 2.0 else np.power(x, x.dtype.type(exponent))
    return result


def _greater(a: Array, b: Array) -> Array:
    larger: Array = np.greater(a.real, b.real)  # the complex step compares the real parts
    return larger


def _maximum(a: Array, b: Array) -> Array:
    """As np.maximum, which passes NaN on."""
    return np.where(a.real > b.real, a, b + 0 * a) if np.iscomplexobj(a) else np.maximum(a, b)


def _minimum(a: Array, b: Array) -> Array:
    return np.where(b.real > a.real, a, b + 0 * a) if np.iscomplexobj(a) else np.minimum(a, b)


def _uniform(counter: Array, shape: tuple[int, ...], dtype: str, stream: int) -> Array:
    seed, epoch, step = (int(c) for c in counter)
    count = int(np.prod(shape))
    return philox.uniform(seed, epoch, step, stream, count).reshape(shape).astype(DTYPES[dtype])


def _broadcast(x: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    aligned = x.reshape(tuple(x.shape[axes.index(a)] if a in axes else 1 for a in range(len(shape))))
    return np.broadcast_to(aligned, shape)


def _slice(x: Array, axis: int, start: int, stop: int) -> Array:
    return x[(slice(None),) * axis + (slice(start, stop),)]


def check_index(index: Array, limit: int, name: str = "a row number") -> None:
    """Refuse row numbers and labels that NumPy would count from the end, or native code would read elsewhere.

    Raises:
        InvalidValueError: for one that is not from 0 to limit − 1.
    """
    wrong = (index < 0) | (index >= limit)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidValueError(f"{name} is {index.flat[row]} in row {row}", f"integers from 0 to {int(limit) - 1}")


def _one_hot(index: Array, classes: int, dtype: str) -> Array:
    check_index(index, classes, "a label")
    return np.equal(index[:, None], np.arange(classes)).astype(DTYPES[dtype])


def _take_rows(table: Array, index: Array) -> Array:
    check_index(index, len(table))
    rows: Array = table[index]
    return rows


def _scatter_rows(values: Array, index: Array, rows: int) -> Array:
    check_index(index, rows)
    result = np.zeros((rows, values.shape[1]), values.dtype)
    np.add.at(result, index, values)
    return result


def code_rows(codes: Array, levels: int) -> Array:
    """The rows that codes mean: rounded toward zero, kept within 0 … levels − 1, NaN as 0."""
    found: Array = np.clip(np.nan_to_num(codes.real), 0, levels - 1).astype(np.int64)
    return found


def _embed(table: Array, codes: Array) -> Array:
    rows: Array = table[code_rows(codes, len(table))]
    return rows


def _add_embedded(values: Array, codes: Array, levels: int) -> Array:
    return _scatter_rows(values, code_rows(codes, levels), levels)


def _take_columns(x: Array, index: tuple[int, ...]) -> Array:
    columns: Array = x[:, list(index)]
    return columns


def _add_columns(x: Array, index: tuple[int, ...], columns: int) -> Array:
    result = np.zeros((len(x), columns), x.dtype)
    np.add.at(result.T, list(index), x.T)
    return result


def _matmul(a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    product: Array = np.matmul(a.T if transpose_a else a, b.T if transpose_b else b)
    return product


def _affine(x: Array, W: Array, b: Array) -> Array:
    z: Array = np.matmul(x, W)
    z += b
    return z


def fixed_order_matmul(a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """A product in which every element is summed in one order, k = 0, 1, …, whatever its neighbours and the threads.

    A BLAS does not promise that: it may give two equal columns different last bits.
    """
    a = a.T if transpose_a else a
    b = b.T if transpose_b else b
    left, right = np.atleast_2d(a), b[:, None] if b.ndim == 1 else b
    total = np.zeros((left.shape[0], right.shape[1]), a.dtype)
    for k in range(left.shape[1]):
        total += left[:, k, None] * right[k]
    return total.reshape(a.shape[:-1] + b.shape[1:])


PRIMITIVES: Mapping[str, Kernel] = {
    # leaves and random numbers
    "size": lambda dtype, n: np.asarray(n, DTYPES[dtype]),
    "uniform": _uniform,
    # elementwise
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "reciprocal": lambda x: 1 / x,
    "power": _power,
    "exp": np.exp,
    "log": np.log,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "erf": erf,
    "abs": np.abs,
    "sign": np.sign,
    "maximum": _maximum,
    "minimum": _minimum,
    "greater": _greater,
    "where": np.where,
    "identity": lambda x: x,
    "stop_gradient": lambda x: x,
    "cast": lambda x, dtype: x.astype(DTYPES[dtype]),
    # reductions and products
    "sum": lambda x, axis: np.sum(x, axis=axis),
    "max": lambda x, axis: np.max(x, axis=axis),
    "matmul": _matmul,
    # movement and rows by index
    "transpose": lambda x: x.T,
    "broadcast": _broadcast,
    "slice": _slice,
    "concat": lambda *xs, axis: np.concatenate(xs, axis=axis),
    "embed": _embed,
    "add_embedded": _add_embedded,
    "take_columns": _take_columns,
    "add_columns": _add_columns,
    "one_hot": _one_hot,
    "take_rows": _take_rows,
    "scatter_rows": _scatter_rows,
}

FUSED: Mapping[str, Kernel] = {"affine": _affine, "tanh": np.tanh}

FAST: Mapping[str, Kernel] = {**PRIMITIVES, **FUSED}
FIXED_ORDER: Mapping[str, Kernel] = {**PRIMITIVES, "tanh": np.tanh, "matmul": fixed_order_matmul}
