"""Starting values that somebody chose, as numbers: an initialiser that draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from clearprop.arrays import Array, as_array, place_of
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.graph import show_shape


@dataclass(frozen=True)
class Given:
    """Numbers that somebody chose, as `cp.Dense(2, W=[[0.1, 0.2], [0.3, 0.4]])` does.

    A model file keeps them where they are few. Of many it keeps the shape and the digest: enough to tell whether a
    training began with the same ones, not to begin with them again.

    Attributes:
        shape: of the array; () for one number everywhere.
        digest: of the numbers.
        values: the numbers, in float64; None if a file did not keep them.
    """

    shape: tuple[int, ...]
    digest: str
    values: Array | None = field(default=None, compare=False)
    is_turned = False  # no field: whether it was written the other way round, as a column convention does; for errors

    def __post_init__(self) -> None:
        if not isinstance(self.digest, str) or not all(type(d) is int and d >= 0 for d in self.shape):
            raise InvalidValueError("bad description of starting values", "a shape and a digest")
        if self.values is not None:
            values = np.array(self.values, np.float64)
            if (values.shape, _digest(values)) != (self.shape, self.digest):
                raise InvalidValueError("starting values that are not those of their digest", "the numbers as written")
            values.flags.writeable = False
            object.__setattr__(self, "values", values)

    @classmethod
    def of(cls, values: Array) -> Given:
        """These numbers."""
        return cls(values.shape, _digest(values), values)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """The numbers.

        Raises:
            InvalidValueError: if a file did not keep them.
        """
        if self.values is None:
            raise InvalidValueError(
                f"starting values of shape {show_shape(self.shape)}, which the model file did not keep",
                "the numbers",
                "give them again to a new layer: W=…, b=…",
            )
        return fitted(self.values, shape)

    @property
    def T(self) -> Given:
        """The transpose."""
        if self.values is None or self.values.ndim < 2:
            return self
        found = Given.of(self.values.T)
        object.__setattr__(found, "is_turned", not self.is_turned)
        return found

    def check_fits(self, letter: str, layer: int, shape: tuple[int, ...]) -> None:
        """Check that the parameter is of the shape that was given, or that this is plain.

        Raises:
            ShapeError: if not.
        """
        if fits(self.shape, shape):
            return
        way = -1 if self.is_turned else 1  # as it was written
        rows, columns = ("input", "unit")[::way]
        other = "convention='row', the default," if self.is_turned else "of a layer, convention='column'"
        raise ShapeError(
            f"{letter} of layer {layer} given as an array of shape {show_shape(self.shape[::way])}",
            f"shape {show_shape(shape[::way])}"
            + (f": a row for each {rows}, a column for each {columns}" if len(shape) == 2 else ""),
            f"its transpose; {other} says that W is written {'in×out' if self.is_turned else 'out×in'}"
            if self.shape == shape[::-1]
            else None,
        )

    def __repr__(self) -> str:
        return f"<given {show_shape(self.shape)}>" if self.shape or self.values is None else repr(float(self.values))


def fits(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of one shape can be meant for a parameter of another: one number for all of it, a flat list for
    a matrix of one row or column, a matrix of one row or column for a vector.
    """
    if given in ((), shape):
        return True
    long = [d for d in given if d != 1], [d for d in shape if d != 1]
    return {len(given), len(shape)} == {1, 2} and max(map(len, long)) <= 1 and long[0] == long[1]


def fitted(values: Array, shape: tuple[int, ...]) -> Array:
    """Values of a shape that `fits` a parameter, as an array of its shape."""
    return values.reshape(shape) if values.ndim else np.broadcast_to(values, shape)


def _digest(values: Array) -> str:
    return blake2b(np.ascontiguousarray(values, "<f8").tobytes(), digest_size=16).hexdigest()


def as_given(what: str, given: Any) -> Given | None:
    """Starting values from an array, nested lists or one number; None as it is.

    Args:
        what: what they are of, for errors.
        given: the numbers.

    Raises:
        DTypeError, ShapeError: if it is no array of numbers.
        InvalidValueError: if a number is not finite.

    Example:
        >>> as_given("W", [[0.15, 0.25], [0.20, 0.30]])
        <given (2, 2)>
    """
    if given is None or isinstance(given, Given):
        return given
    hint = "a way to draw them, as 'zeros' is, goes to init= or bias_init="
    values = np.array(as_array(what, given, "iuf", hint), np.float64)
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise InvalidValueError(
            f"{what}, of shape {show_shape(values.shape)}, holds {values[wrong][0]}{place_of(wrong)}", "finite numbers"
        )
    return Given.of(values)
