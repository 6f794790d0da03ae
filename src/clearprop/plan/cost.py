"""Work and memory as functions of the batch size: a + b·N."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from clearprop.graph import ITEM_SIZES, Node, Type


@dataclass(frozen=True, slots=True)
class PerBatch:
    """A quantity that is `fixed + per_row · N`.

    Example:
        >>> print(PerBatch(8, 4) + PerBatch(0, 2), "=", (PerBatch(8, 4) + PerBatch(0, 2))(10))
        8 + 6N = 68
    """

    fixed: int = 0
    per_row: int = 0

    def __call__(self, n: int) -> int:
        """The quantity for a batch of n rows."""
        return self.fixed + self.per_row * n

    def __add__(self, other: PerBatch) -> PerBatch:
        return PerBatch(self.fixed + other.fixed, self.per_row + other.per_row)

    def __mul__(self, factor: int) -> PerBatch:
        return PerBatch(self.fixed * factor, self.per_row * factor)

    def covers(self, other: PerBatch) -> bool:
        """Whether it is at least the other for every N ≥ 0."""
        return self.fixed >= other.fixed and self.per_row >= other.per_row

    def __str__(self) -> str:
        if not self.per_row:
            return str(self.fixed)
        rows = "N" if self.per_row == 1 else f"{self.per_row}N"
        return f"{self.fixed} + {rows}" if self.fixed else rows


def elements(type: Type) -> PerBatch:
    """The number of elements of a value."""
    if type.has_batch:
        return PerBatch(0, prod(d for d in type.shape[1:] if isinstance(d, int)))
    return PerBatch(prod(d for d in type.shape if isinstance(d, int)), 0)


def size_in_bytes(type: Type) -> PerBatch:
    """The memory of a value."""
    return elements(type) * ITEM_SIZES[type.dtype]


def flops(node: Node) -> PerBatch:
    """Floating-point operations of one node: 2·m·k·n for a product, one per element read or made elsewhere."""
    match node.op.kind:
        case "product":
            x = node.inputs[0].type
            inner = x.shape[0 if node.attrs.get("transpose_a") else -1]
            made = elements(node.type)
            product = made * (2 * inner) if isinstance(inner, int) else PerBatch(0, 2 * made.fixed)
            return product + (made if node.op.fused else PerBatch())  # affine adds its bias
        case "reduction":
            return elements(node.inputs[0].type)
        case "elementwise":
            return PerBatch() if node.op.transparent else elements(node.type)
        case _:
            return PerBatch()
