"""The primitive ops: each one record with its shape rule, its derivative and its formula."""

from clearprop.graph.primitives import arrays, columns, elementwise, leaves

__all__ = ["arrays", "columns", "elementwise", "leaves"]
