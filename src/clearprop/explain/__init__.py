"""A model made clear."""

from clearprop.explain.trace import ByLayer, Trace

__all__ = ["ByLayer", "Trace"]
