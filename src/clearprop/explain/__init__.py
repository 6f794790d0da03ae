"""A model made clear."""

from clearprop.explain.trace import Trace
from clearprop.explain.values import ByLayer, Values

__all__ = ["ByLayer", "Trace", "Values"]
