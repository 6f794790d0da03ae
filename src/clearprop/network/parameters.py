"""The parameters of a network as a mapping: reading gives a copy, assigning checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.execute import Array, as_array
from clearprop.graph import show_shape


class Parameters(MutableMapping[str, Array]):
    """`net.parameters["W1"]` is a read-only copy; `net.parameters["W1"] = array` sets the weights.

    In-place changes of the copy are refused, because they would not reach the network.
    """

    def __init__(self, arrays: dict[str, Array], names: list[str], assign: Callable[[str, Array], None]) -> None:
        self._arrays, self._names, self._assign = arrays, names, assign

    def __getitem__(self, name: str) -> Array:
        self._require(name)
        copy = self._arrays[name].copy()
        copy.flags.writeable = False
        return copy

    def __setitem__(self, name: str, value: Any) -> None:
        self._require(name)
        target = self._arrays[name]
        new = as_array(name, value)
        if new.shape != target.shape:
            raise ShapeError(f"{name} set to an array of shape {show_shape(new.shape)}", show_shape(target.shape))
        with np.errstate(over="ignore"):
            new = new.astype(target.dtype)
        if not np.isfinite(new).all():
            raise InvalidValueError(f"{name} set to values that are not finite", f"finite numbers of {target.dtype}")
        self._assign(name, new)

    def __delitem__(self, name: str) -> None:
        raise DTypeError(f"deleting parameter {name!r}", "assignment only", "the layers decide which parameters exist")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _require(self, name: str) -> None:
        if name not in self._names:
            raise UnknownNameError(f"no parameter {name!r}", "one of: " + ", ".join(self._names))

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {self._arrays[name].shape}" for name in self) + "}"
