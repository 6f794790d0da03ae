"""Networks as source code: one readable file that computes the same numbers.

A language is a table, op → how it is written, and a file that puts the pieces together.
"""

from clearprop.interop.source.c_file import c_source
from clearprop.interop.source.clearprop_file import clearprop_source
from clearprop.interop.source.content import Content, content_of
from clearprop.interop.source.javascript_file import javascript_network, javascript_source
from clearprop.interop.source.numpy_file import numpy_source
from clearprop.interop.source.rounding import Rounded, rounded
from clearprop.interop.source.table_c import table_c, table_members
from clearprop.interop.source.table_javascript import table_javascript
from clearprop.interop.source.table_numpy import table_numpy, table_torch
from clearprop.interop.source.torch_file import torch_source

__all__ = [
    "Content",
    "Rounded",
    "c_source",
    "clearprop_source",
    "content_of",
    "javascript_network",
    "javascript_source",
    "numpy_source",
    "rounded",
    "table_c",
    "table_javascript",
    "table_members",
    "table_numpy",
    "table_torch",
    "torch_source",
]
