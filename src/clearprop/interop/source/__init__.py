"""Networks as source code: one readable file that computes the same numbers.

A language is a table, op → how it is written, and a file that puts the pieces together.
"""

from clearprop.interop.source.content import Content, content_of
from clearprop.interop.source.numpy_file import numpy_source

__all__ = ["Content", "content_of", "numpy_source"]
