"""The model file: a safetensors file whose metadata is one JSON header. Nothing in it is ever executed.

{"format": 1, "kind": "network" | "table_model" | "checkpoint", …} and the arrays.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from clearprop.errors import FileError, InvalidValueError, ModelFileError
from clearprop.execute import Array
from clearprop.files import checked_path, require_a_name, write_atomically

Shapes = Mapping[str, tuple[int, ...]]
Check = Callable[[dict[str, Any], Shapes], None]

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


def read_model(path: str | os.PathLike[str], check: Check | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read a header and arrays: one snapshot, from a file that is opened once.

    What the header says of itself and of the arrays is checked before anything else is read.

    Args:
        path: the file.
        check: is given the header and the shape of every array, and raises if they do not fit together.

    Raises:
        FileError: if the file cannot be read, or is written to meanwhile.
        ModelFileError: if it is truncated, damaged, foreign or from a newer version.
    """
    path = checked_path(path)
    try:
        with _opened(path) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise ModelFileError(f"{path} is no ordinary file", "a file written by save()")
            start = file.read(8)
            length = int.from_bytes(start, "little")
            if len(start) < 8 or length > min(before.st_size - 8, _LARGEST_HEADER):
                raise ModelFileError(f"{path} is no model file, or a truncated one", "a file written by save()")
            start += file.read(length)
            header, shapes = _head(path, start[8:], before.st_size - len(start))
            if check is not None:
                check(header, shapes)
            content = start + file.read()
            after = os.fstat(file.fileno())
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", "a model file") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != before.st_size:
        raise FileError(f"{path} changed while it was read", "a file that nobody writes to", "read it again")
    return header, _arrays(path, content)


def _opened(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, opened once; a pipe that nobody writes to does not make it wait."""
    require_a_name(path)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return os.fdopen(descriptor, "rb")


def _head(path: str | os.PathLike[str], text: bytes, size: int) -> tuple[dict[str, Any], Shapes]:
    """The header in the metadata, and the shapes of the arrays, whose sizes add up to the rest of the file."""
    foreign = ModelFileError(f"{path} is no clearprop model, or a damaged one", "a file written by save()")
    try:
        entries = json.loads(text)
        header = json.loads(entries.pop("__metadata__")[_KEY])
        version = header["format"]
        shapes = {str(name): tuple(int(d) for d in entry["shape"]) for name, entry in entries.items()}
        end = max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError):
        raise foreign from None
    if not isinstance(header, dict) or isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ModelFileError(f"{path} has a damaged header", "a file written by save()")
    if version > FORMAT:
        raise ModelFileError(
            f"{path} has format {version}", f"at most {FORMAT}", "it was written by a newer clearprop: upgrade"
        )
    if end != size:
        raise ModelFileError(f"{path} is damaged: {size:,} bytes of numbers", f"{end:,}, as its header says")
    return header, shapes


def _arrays(path: str | os.PathLike[str], content: bytes) -> dict[str, Array]:
    try:
        arrays = parse(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
    for name, a in arrays.items():
        if a.dtype not in (np.float32, np.float64):
            raise ModelFileError(f"{path}: {name} holds {a.dtype}", "float32 or float64")
    return arrays


def require_shapes(path: str | os.PathLike[str], found: Shapes, shapes: Shapes) -> None:
    """Check that a file holds arrays of exactly these names and shapes.

    Raises:
        ModelFileError: otherwise.
    """
    for name in sorted({*found, *shapes}):
        if found.get(name) != shapes.get(name):
            raise ModelFileError(
                f"{path}: array {name!r} has shape {found.get(name, 'missing')}", f"{shapes.get(name, 'no such array')}"
            )


def require_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Array], shapes: Shapes) -> None:
    """The same of arrays that have been read."""
    require_shapes(path, {name: a.shape for name, a in arrays.items()}, shapes)
