"""Models in files: safe to open, safe to write."""

from clearprop.interop.atomic import replaced, write_atomically
from clearprop.interop.describe import describe, describe_architecture, revive, revive_architecture
from clearprop.interop.modelfile import FORMAT, read_model, require_arrays, write_model

__all__ = [
    "FORMAT",
    "describe",
    "describe_architecture",
    "read_model",
    "replaced",
    "require_arrays",
    "revive",
    "revive_architecture",
    "write_atomically",
    "write_model",
]
