"""The model file: a safetensors file whose metadata is one JSON header. Nothing in it is ever executed.

{"format": 1, "kind": "network" | "table_model" | "checkpoint", …} and the arrays. A part of the header that is large,
as of a table of very many columns or classes, stands in an array of bytes instead: header/NAME is the JSON of NAME.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Collection, Mapping
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
_PART = "header/"
_LARGE, _LARGEST_PARTS = 2**16, 64 * 2**20  # bytes of a part that stands apart, and of all such parts together


def write_model(
    path: str | os.PathLike[str], header: dict[str, Any], arrays: dict[str, Array], growing: Collection[str] = ()
) -> None:
    """Write a header and arrays atomically.

    Args:
        path: the file.
        header: plain data.
        arrays: by name.
        growing: parts of the header that stand apart if they are large; what is checked before the arrays are read
            must not be among them.

    Raises:
        FileError: if the file cannot be written.
        InvalidValueError: if the header is larger than a reader would accept.
    """
    texts = {name: json.dumps(value) for name, value in {"format": FORMAT, **header}.items()}  # all of them ASCII
    apart = {name: text for name, text in texts.items() if name in growing and len(text) > _LARGE}
    metadata = {_KEY: "{" + ", ".join(f"{json.dumps(n)}: {t}" for n, t in texts.items() if n not in apart) + "}"}
    for size, most in ((len(json.dumps(metadata)), _LARGEST_HEADER), (sum(map(len, apart.values())), _LARGEST_PARTS)):
        if size > most * 0.9:
            raise InvalidValueError(
                f"a description of {size / 1e6:.1f} MB",
                f"at most {most * 0.9 / 1e6:.1f} MB",
                "fewer columns, or fewer categories in them",
            )
    contiguous = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
    contiguous |= {_PART + name: np.frombuffer(text.encode(), np.uint8) for name, text in apart.items()}
    write_atomically(path, serialise(contiguous, metadata))


def begins_as_safetensors(start: bytes, size: int) -> bool:
    """Whether a file of `size` bytes may be safetensors by its first nine: eight tell the length of JSON that follows.

    They may be those that an archive or a pickle begins with, too.
    """
    return start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= size - 8


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
            header, every = _head(path, start[8:], before.st_size - len(start))
            shapes = {name: shape for name, shape in every.items() if not name.startswith(_PART)}
            _require_bounded(path, header, {name: every[name] for name in every.keys() - shapes.keys()})
            if check is not None:
                check(header, shapes)
            content = start + file.read()
            after = os.fstat(file.fileno())
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", "a model file") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != before.st_size:
        raise FileError(f"{path} changed while it was read", "a file that nobody writes to", "read it again")
    arrays = _arrays(path, content)
    parts = {name: arrays.pop(name) for name in every.keys() - shapes.keys()}
    return header | {name.removeprefix(_PART): _part_of_header(path, name, a) for name, a in parts.items()}, arrays


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


def _require_bounded(path: str | os.PathLike[str], header: dict[str, Any], parts: Shapes) -> None:
    """Refuse parts of the header that stand apart if they are more than a writer would have made of them."""
    sizes = [shape[0] if len(shape) == 1 else _LARGEST_PARTS + 1 for shape in parts.values()]
    if sum(sizes) > _LARGEST_PARTS or any(name.removeprefix(_PART) in header for name in parts):
        raise ModelFileError(f"{path} has a damaged header", "a file written by save()")


def _part_of_header(path: str | os.PathLike[str], name: str, a: Array) -> Any:
    """A part of the header that stood apart."""
    try:
        return json.loads(a.tobytes().decode("ascii"))
    except (ValueError, RecursionError):
        raise ModelFileError(f"{path} is damaged: {name} is no JSON", "a file written by save()") from None


def _arrays(path: str | os.PathLike[str], content: bytes) -> dict[str, Array]:
    try:
        arrays = parse(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
    for name, a in arrays.items():
        known = (np.uint8,) if name.startswith(_PART) else (np.float32, np.float64)
        if a.dtype not in known:
            raise ModelFileError(f"{path}: {name} holds {a.dtype}", " or ".join(kind.__name__ for kind in known))
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
