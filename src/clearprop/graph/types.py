"""Types: what is known of a value before there is one, its shape and its dtype.

A shape may begin with `N`, the batch size, which is bound to a number only when a graph runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clearprop.errors import DTypeError, ShapeError, unknown_name


class BatchSize:
    """The symbolic batch size; its only instance is `N`."""

    def __repr__(self) -> str:
        return "N"

    def __reduce__(self) -> str:
        return "N"  # copies and pickles are this same object


N: Final = BatchSize()
"""The batch size: the first dimension of a variable whose number of rows is not known yet."""

Dim = int | BatchSize
Shape = tuple[Dim, ...]

# The dtypes of a graph, and what NumPy calls them. c128 exists for the complex-step derivative.
DTYPES: Final = {"f32": "float32", "f64": "float64", "i64": "int64", "bool": "bool", "c128": "complex128"}
ITEM_SIZES: Final = {"f32": 4, "f64": 8, "i64": 8, "bool": 1, "c128": 16}
FLOATS: Final = frozenset({"f32", "f64", "c128"})
_NAMES: Final = {**{short: short for short in DTYPES}, **{long: short for short, long in DTYPES.items()}}


def dtype_name(dtype: object) -> str:
    """The short name of a dtype given as text or as a NumPy dtype.

    Raises:
        UnknownNameError: for a dtype that graphs do not have.

    Example:
        >>> dtype_name("float32"), dtype_name("f64")
        ('f32', 'f64')
    """
    text = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", "")
    if text not in _NAMES:
        raise unknown_name("dtype", dtype, sorted(set(_NAMES)))
    return _NAMES[text]


@dataclass(frozen=True, slots=True)
class Type:
    """Shape and dtype of a node.

    Example:
        >>> print(Type((N, 4), "f32"))
        f32[N, 4]
    """

    shape: Shape
    dtype: str

    @property
    def rank(self) -> int:
        """Number of axes; 0 for a scalar."""
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether a gradient can flow through a value of this type."""
        return self.dtype in FLOATS

    @property
    def has_batch(self) -> bool:
        """Whether the first axis is the batch."""
        return self.shape[:1] == (N,)

    def with_shape(self, shape: Shape) -> Type:
        """The same dtype with another shape."""
        return Type(shape, self.dtype)

    def with_dtype(self, dtype: str) -> Type:
        """The same shape with another dtype."""
        return Type(self.shape, dtype)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


def as_shape(shape: Sequence[Dim] | Dim) -> Shape:
    """A checked shape: non-negative integers, and `N` in front or not at all.

    Raises:
        ShapeError: if an entry is neither a non-negative integer nor a leading `N`.
    """
    entries = (shape,) if isinstance(shape, int | BatchSize) else tuple(shape)
    for axis, entry in enumerate(entries):
        if entry is N and axis == 0:
            continue
        if entry is N:
            raise ShapeError(
                f"shape {show_shape(entries)} has N on axis {axis}",
                "the batch size on axis 0 only",
                "keep samples as rows; matmul(a, b, transpose_a=True) contracts over the batch",
            )
        if isinstance(entry, bool) or not isinstance(entry, int) or entry < 0:
            raise ShapeError(f"shape entry {entry!r}", "a non-negative integer, or N as the first entry")
    return entries


def show_shape(shape: Sequence[Dim]) -> str:
    """A shape as people write it: (2,), (N, 3)."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def require_float(what: str, *types: Type) -> None:
    """Refuse values that have no gradient where real numbers are needed."""
    for t in types:
        if not t.is_float:
            raise DTypeError(f"{what} of a value of type {t}", "a floating-point value", "use cast(x, 'float32')")
