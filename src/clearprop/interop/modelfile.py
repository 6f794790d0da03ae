"""The model file: a safetensors file whose metadata is one JSON header. Nothing in it is ever executed.

{"format": 1, "kind": "network" | "table_model" | "checkpoint", …} and the arrays.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from clearprop.errors import FileError, InvalidValueError, ModelFileError
from clearprop.execute import Array
from clearprop.interop.atomic import write_atomically

FORMAT = 1
_KEY = "clearprop"
_LARGEST_HEADER = 8 * 2**20  # bytes; what they become in memory is fifty times as much at worst


def write_model(path: str | os.PathLike[str], header: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Write a header and arrays atomically.

    Raises:
        FileError: if the file cannot be written.
        InvalidValueError: if the header is larger than a reader would accept.
    """
    metadata = {_KEY: json.dumps({"format": FORMAT, **header})}
    if len(json.dumps(metadata)) > _LARGEST_HEADER * 0.9:
        raise InvalidValueError(
            f"a description of {len(metadata[_KEY]) / 1e6:.1f} MB",
            f"at most {_LARGEST_HEADER * 0.9 / 1e6:.1f} MB",
            "fewer columns, or fewer categories in them",
        )
    contiguous = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
    write_atomically(path, serialise(contiguous, metadata))


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read a header and arrays. The header is checked before anything is allocated.

    Raises:
        FileError: if the file cannot be read.
        ModelFileError: if it is truncated, damaged, foreign or from a newer version.
    """
    header = _read_header(Path(path))
    try:
        arrays = parse(Path(path).read_bytes())
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
    for name, a in arrays.items():
        if a.dtype not in (np.float32, np.float64):
            raise ModelFileError(f"{path}: {name} holds {a.dtype}", "float32 or float64")
    return header, arrays


def _read_header(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ModelFileError(f"{path} is no ordinary file", "a file written by save()")
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LARGEST_HEADER):
                raise ModelFileError(f"{path} is no model file, or a truncated one", "a file written by save()")
            text = file.read(length)
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", "a model file") from None
    try:
        header = json.loads(json.loads(text)["__metadata__"][_KEY])
        version = header["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelFileError(f"{path} is no clearprop model, or a damaged one", "a file written by save()") from None
    if not isinstance(header, dict) or isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ModelFileError(f"{path} has a damaged header", "a file written by save()")
    if version > FORMAT:
        raise ModelFileError(
            f"{path} has format {version}", f"at most {FORMAT}", "it was written by a newer clearprop: upgrade"
        )
    return header


def require_arrays(path: str | os.PathLike[str], arrays: dict[str, Array], shapes: dict[str, tuple[int, ...]]) -> None:
    """Check that a file holds arrays of exactly these names and shapes.

    Raises:
        ModelFileError: otherwise.
    """
    found = {name: a.shape for name, a in arrays.items()}
    for name in sorted({*found, *shapes}):
        if found.get(name) != shapes.get(name):
            raise ModelFileError(
                f"{path}: array {name!r} has shape {found.get(name, 'missing')}", f"{shapes.get(name, 'no such array')}"
            )
