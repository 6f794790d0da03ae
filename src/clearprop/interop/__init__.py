"""Models in files: safe to open, safe to write."""

from clearprop.files import replaced, write_atomically
from clearprop.interop.describe import describe, describe_architecture, revive, revive_architecture
from clearprop.interop.modelfile import (
    FORMAT,
    Shapes,
    begins_as_safetensors,
    read_model,
    require_arrays,
    require_shapes,
    write_model,
)

__all__ = [
    "FORMAT",
    "Shapes",
    "begins_as_safetensors",
    "describe",
    "describe_architecture",
    "read_model",
    "replaced",
    "require_arrays",
    "require_shapes",
    "revive",
    "revive_architecture",
    "write_atomically",
    "write_model",
]
