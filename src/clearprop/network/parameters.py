"""The parameters of a network as a mapping: reading gives a copy, assigning checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.execute import Array, as_array
from clearprop.graph import show_shape
from clearprop.nn import fits, fitted


class Parameters(MutableMapping[str, Array]):
    """`net.parameters["W1"]` is a read-only copy; `net.parameters["W1"] = array` sets the weights.

    Nested lists will do, a flat list where the parameter has one row or column, and one number for all of it. In-place
    changes of the copy are refused, because they would not reach the network.

    Args:
        arrays: the network's own, by name.
        names: those that are seen through it.
        assign: sets one of them.
        turned: whether matrices are shown and taken as the column convention writes them, W out×in.
    """

    def __init__(
        self,
        arrays: dict[str, Array],
        names: list[str],
        assign: Callable[[str, Array], None],
        turned: bool = False,
    ) -> None:
        self._arrays, self._names, self._assign, self._turned = arrays, names, assign, turned

    def __getitem__(self, name: str) -> Array:
        self._require(name)
        copy = self._as_shown(self._arrays[name]).copy()
        copy.flags.writeable = False
        return copy

    def __setitem__(self, name: str, value: Any) -> None:
        self._assign(name, self._checked(name, value))

    def assign_all(self, values: Mapping[str, Any]) -> None:
        """Set every parameter: all of them, or none if one does not fit.

        Raises:
            ClearpropError: if one is missing, unknown, or of another shape, or if it is not finite.
        """
        if not isinstance(values, Mapping):
            raise DTypeError(f"parameters set to {type(values).__name__}", "a mapping of names to arrays")
        missing = [name for name in self._names if name not in values]
        if missing:
            raise UnknownNameError(
                f"parameters set without {', '.join(missing)}",
                "every one: " + ", ".join(self._names),
                "to set some of them, net.parameters.update({…})",
            )
        checked = {name: self._checked(name, value) for name, value in values.items()}
        for name, new in checked.items():
            self._assign(name, new)

    def _as_shown(self, array: Array) -> Array:
        return array.T if self._turned and array.ndim == 2 else array

    def _checked(self, name: str, value: Any) -> Array:
        """What is given for a parameter, as an array of its own shape and dtype."""
        self._require(name)
        target = self._arrays[name]
        shape = self._as_shown(target).shape
        new = as_array(name, value)
        if not fits(new.shape, shape):
            turned = new.shape == shape[::-1]
            raise ShapeError(
                f"{name} set to an array of shape {show_shape(new.shape)}",
                show_shape(shape),
                f"its transpose; net.parameters_in({'row' if self._turned else 'column'!r}) takes it as it is"
                if turned
                else None,
            )
        with np.errstate(over="ignore"):
            new = self._as_shown(fitted(new, shape)).astype(target.dtype)
        if not np.isfinite(new).all():
            raise InvalidValueError(f"{name} set to values that are not finite", f"finite numbers of {target.dtype}")
        return new

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
        return "{" + ", ".join(f"{name}: {self._as_shown(self._arrays[name]).shape}" for name in self) + "}"
