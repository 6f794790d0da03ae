"""Weights in files, a state_dict or safetensors, beside an architecture that says what they are for."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize

from clearprop.errors import InvalidValueError, ModelFileError
from clearprop.execute import Array
from clearprop.files import checked_path, read_at_most
from clearprop.interop.incoming.stack import Imported, named_arrays, of_bfloat16, said
from clearprop.interop.incoming.torch_modules import numbers
from clearprop.interop.modelfile import begins_as_safetensors
from clearprop.interop.packages import required
from clearprop.nn import Architecture

_LETTERS = {  # of our parameters, as PyTorch calls them
    "W": "weight",
    "b": "bias",
    "gamma": "weight",
    "beta": "bias",
    "running_mean": "running_mean",
    "running_var": "running_var",
}
_SLACK = 2**24  # bytes of a file beside its numbers
_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class _Place(NamedTuple):
    """A layer's parameters: our names by those of PyTorch, and their shapes as PyTorch has them."""

    names: dict[str, str]
    shapes: dict[str, tuple[int, ...]]


def torch_weights(path: str | os.PathLike[str], architecture: Architecture) -> Imported:
    """The weights in a file, each matched with a parameter of the architecture or refused by its name.

    Modules are matched by the shapes of what they hold; of several alike, in the order of the state_dict, or of the
    numbers in their names. Parameters may also have our names, W1 and b1, as they are.

    Args:
        path: .safetensors, or what torch.save(module.state_dict(), path) wrote, which is read with weights_only.
        architecture: what the weights are of.

    Raises:
        FileError: if the file cannot be read.
        ModelFileError: if it is damaged, larger than the architecture has use for, or does not match.
        MissingDependencyError: for a state_dict without PyTorch.
    """
    path = checked_path(path)
    most = 16 * sum(p.size for p in architecture.parameters.values()) + _SLACK
    content = read_at_most(most, path, "a file of weights of this architecture")
    is_state_dict = not begins_as_safetensors(content, len(content)) and (
        content[:2] == b"PK" or content[:1] == b"\x80"
    )
    found = dict(_state_dict(path, content, most) if is_state_dict else _safetensors(path, content))
    by_name = {str(name) for name in architecture.parameters}
    if by_name != set(found):
        found = _matched(found, architecture, is_state_dict)
    is_wide = any(a.dtype == np.float64 for a in found.values())
    arrays = {n: np.ascontiguousarray(a, np.float64 if is_wide else np.float32) for n, a in found.items()}
    return Imported(architecture, named_arrays(architecture, arrays, str(path)), "f64" if is_wide else "f32")


def _state_dict(path: str | os.PathLike[str], content: bytes, most: int) -> Iterator[tuple[str, Array]]:
    library = required("torch")
    _require_bounded(path, content, most)
    try:
        found = library.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file makes of the unpickler: it is no state_dict
        reason = str(error).strip().split("\n")[0][:200]
        raise ModelFileError(f"{path} is no state_dict: {reason}", "torch.save(module.state_dict(), path)") from None
    if not isinstance(found, Mapping) or not all(isinstance(v, library.Tensor) for v in found.values()):
        keys = ", ".join(map(repr, list(found)[:5])) if isinstance(found, Mapping) else type(found).__name__
        raise ModelFileError(f"{path} holds {keys}", "a state_dict: tensors by name", "save that part of it alone")
    size = sum(tensor.numel() * tensor.element_size() for tensor in found.values())
    if size > most:  # of tensors that repeat few numbers, or share them
        raise ModelFileError(f"{size:,} bytes of tensors in {path}", f"at most {most:,} for this architecture")
    for name, tensor in found.items():
        if not str(name).endswith("num_batches_tracked"):  # a counter that no formula uses
            yield str(name), numbers(tensor, str(name))


def _require_bounded(path: str | os.PathLike[str], content: bytes, most: int) -> None:
    """Refuse an archive whose parts are larger than the architecture has use for once they are unpacked."""
    if content[:2] != b"PK":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except Exception as error:  # BadZipFile, and what damaged numbers in its directory make of it
        raise ModelFileError(f"{path} is no state_dict: {error}", "torch.save(module.state_dict(), path)") from None
    if size > most:
        raise ModelFileError(f"{size:,} bytes in the archive {path}", f"at most {most:,} for this architecture")


def _safetensors(path: str | os.PathLike[str], content: bytes) -> Iterator[tuple[str, Array]]:
    try:
        entries = deserialize(content)  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path} is neither safetensors nor a state_dict: {error}") from None
    for name, entry in entries:
        if name.endswith("num_batches_tracked"):
            continue
        kind = _KINDS.get(entry["dtype"])
        if kind is None:
            raise ModelFileError(f"{name} of {path} holds {entry['dtype']}", ", ".join(_KINDS))
        if len(entry["shape"]) > 8 or any(d >= 2**31 for d in entry["shape"]):  # of no numbers, where one size is 0
            raise ModelFileError(f"{name} of {path} has shape {str(entry['shape'])[:100]}", "sizes below 2³¹")
        a = np.frombuffer(entry["data"], kind).reshape(entry["shape"])
        if entry["dtype"] in ("F16", "BF16"):
            said(f"{name} is {'float16' if entry['dtype'] == 'F16' else 'bfloat16'}: widened to float32")
            a = of_bfloat16(a) if entry["dtype"] == "BF16" else a.astype(np.float32)
        yield name, a


# --- which is which


def _places(architecture: Architecture) -> list[_Place]:
    places: dict[tuple[int, str], _Place] = {}
    for name, p in architecture.parameters.items():
        letter = p.name.letter
        if letter not in _LETTERS:
            raise InvalidValueError(f"the parameter {name} of the architecture", "layers that PyTorch has")
        group = "sum" if letter in ("W", "b") else name.removeprefix(letter)
        place = places.setdefault((p.layer, group), _Place({}, {}))
        place.names[_LETTERS[letter]] = name
        place.shapes[_LETTERS[letter]] = p.shape[::-1]
    return list(places.values())


def _matched(found: dict[str, Array], architecture: Architecture, is_ordered: bool) -> dict[str, Array]:
    """The arrays under our names, W turned."""
    modules: dict[str, dict[str, Array]] = {}
    for name, a in found.items():
        before, _, last = name.rpartition(".")
        if last not in _LETTERS.values():
            wanted = ", ".join(dict.fromkeys(_LETTERS.values()))
            raise ModelFileError(f"an array {name!r}, which no layer here has", wanted)
        modules.setdefault(before, {})[last] = a
    arrays: dict[str, Array] = {}
    for place in _places(architecture):
        alike = [m for m, parts in modules.items() if {k: a.shape for k, a in parts.items()} == place.shapes]
        if not alike:
            left = (
                ", ".join(f"{m}.{k} {a.shape}" for m, parts in modules.items() for k, a in parts.items()) or "nothing"
            )
            ours = ", ".join(f"{name} as {place.shapes[k]}" for k, name in place.names.items())
            raise ModelFileError(f"no module of the file has what the layer needs: left are {left}", ours)
        first = alike[0] if is_ordered else _first_by_number(alike)
        parts = modules.pop(first)
        arrays |= {ours: parts[k].T for k, ours in place.names.items()}
    if modules:
        left = ", ".join(f"{m}.{k}" for m, parts in modules.items() for k in parts)
        raise ModelFileError(f"arrays {left}, which the architecture has no layer for", "each array used")
    return arrays


def _first_by_number(names: list[str]) -> str:
    """The first of modules that could be meant alike: the file does not keep their order, their numbers must tell."""
    split = {name: re.findall(r"[0-9]+|[^0-9]+", name) for name in names}
    first = min(names, key=lambda name: [_counted(part) for part in split[name]])
    for name in names:
        pairs = zip(split[first], split[name], strict=False)
        differing = next((pair for pair in pairs if pair[0] != pair[1]), ("",))
        if name != first and not all(map(_is_number, differing)):
            raise ModelFileError(
                "modules of the same shapes: " + ", ".join(names),
                "numbers in their names that tell their order",
                "a state_dict keeps the order of the modules",
            )
    return first


def _counted(part: str) -> tuple[int, str]:
    """What sorts digits as their number; any other text counts as 0."""
    digits = part.lstrip("0") if _is_number(part) else ""
    return len(digits), digits


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal()
