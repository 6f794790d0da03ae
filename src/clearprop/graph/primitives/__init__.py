"""The primitive ops: each one record with its shape rule, its derivative and its formula."""

from clearprop.graph.primitives import arrays, codes, columns, elementwise, leaves

__all__ = ["arrays", "codes", "columns", "elementwise", "leaves"]
