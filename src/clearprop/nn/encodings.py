"""Layers that give a network of tables more to see of each column than one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.arrays import Array
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, plural
from clearprop.graph import Node
from clearprop.nn.given import Given, as_given
from clearprop.nn.scope import MOST_COLUMNS, Scope
from clearprop.nn.settings import ShortRepr


@dataclass(frozen=True)
class Cuts:
    """Increasing numbers for each column, t₀ < … < t_T; a column may have none.

    A model file keeps the numbers where they are few. Of many it keeps the digest, and what the layer makes of them
    stands among its arrays.

    Attributes:
        counts: how many numbers each column has.
        numbers: all of them, column after column.
    """

    counts: tuple[int, ...]
    numbers: Given

    def __post_init__(self) -> None:
        wrong = [n for n in self.counts if type(n) is not int or n < 0 or n == 1]
        if wrong or sum(self.counts) > MOST_COLUMNS or self.numbers.shape != (sum(self.counts),):
            raise InvalidValueError(
                "bad description of cuts", f"none, or two and more, for each column, {MOST_COLUMNS:,} in all"
            )

    @property
    def index(self) -> tuple[int, ...]:
        """The column of each interval, for all intervals."""
        return tuple(j for j, n in enumerate(self.counts) for _ in range(n - 1))

    @property
    def intervals(self) -> tuple[Given, Given]:
        """Where each interval begins, and how long it is."""
        if self.numbers.values is None:
            unknown = Given((len(self.index),), self.numbers.digest)
            return unknown, unknown
        columns = np.split(self.numbers.values, np.cumsum(self.counts)[:-1])
        starts, lengths = [t[:-1] for t in columns], [np.diff(t) for t in columns]
        return Given.of(np.concatenate(starts)), Given.of(np.concatenate(lengths))

    @property
    def lists(self) -> list[list[float]]:
        """The numbers of each column. Of those that a file did not keep: 0, 1, 2, …, as many as there are."""
        known = self.numbers.values
        t = np.concatenate([np.arange(n) for n in self.counts]) if known is None else known
        return [part.tolist() for part in np.split(t, np.cumsum(self.counts)[:-1])]

    def __repr__(self) -> str:
        return f"<{plural(sum(self.counts), 'cut')} of {plural(sum(n > 0 for n in self.counts), 'column')}>"


def _as_cuts(given: Any) -> Cuts:
    """Cuts from a sequence of sequences, checked."""
    if isinstance(given, Cuts):
        return given
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) or not len(given):
        raise DTypeError(f"cuts {given!r}", "a list of increasing numbers for each column, such as [[0, 1, 5], []]")
    columns = [_increasing(j, column) for j, column in enumerate(given)]
    return Cuts(tuple(map(len, columns)), Given.of(np.concatenate(columns)))


def _increasing(j: int, given: Any) -> Array:
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) and not len(given):
        return np.empty(0)
    found = as_given(f"cuts of column {j}", given)
    t = None if found is None else found.values
    if t is None or t.ndim != 1 or len(t) < 2 or not (np.diff(t) > 0).all():
        raise InvalidValueError(
            f"cuts of column {j}: {np.array2string(t, threshold=6) if t is not None else given!r}",
            "two increasing numbers or more; or none, for a column that is only passed on",
        )
    return t


@dataclass(frozen=True, repr=False)
class PiecewiseLinear(ShortRepr):
    """Piecewise linear encoding: how far each number has come through each interval of its column.

    For every column with cuts t₀ < … < t_T and every k from 0 to T − 1

        v = scale · (2·min(max((x − tₖ)/(tₖ₊₁ − tₖ), 0), 1) − 1)

    which is −scale below the interval, scale above it, and a straight line in between. A unit behind it is then any
    piecewise linear function of the column, with its bends at the cuts. The cuts are frozen parameters: tₖ stands in
    `t`, tₖ₊₁ − tₖ in `h`.

    Source: Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular Deep Learning", there
    from 0 to 1; centred values are easier to train.

    Args:
        cuts: increasing numbers for each column, such as its quantiles; none for a column that is only passed on.
        scale: of the encoded values.
        keep: whether the inputs themselves stand before the encoded values.

    Raises:
        InvalidValueError: for cuts that do not increase, and where nothing would be left of the inputs.
        ShapeError: when it is built, if there is another number of input columns.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network(2, [PiecewiseLinear([[0, 1, 3], []], scale=1)])
        >>> net.predict([[0.5, 9], [2, 9], [7, 9]]).tolist()
        [[0.5, 9.0, 0.0, -1.0], [2.0, 9.0, 1.0, 0.0], [7.0, 9.0, 1.0, 1.0]]
    """

    cuts: Any
    scale: float = 0.5
    keep: bool = field(default=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuts", _as_cuts(self.cuts))
        if isinstance(self.scale, bool) or not isinstance(self.scale, int | float) or not 0 < self.scale < np.inf:
            raise InvalidValueError(f"scale {self.scale!r} of PiecewiseLinear", "a positive number")
        if not isinstance(self.keep, bool):
            raise InvalidValueError(f"keep={self.keep!r} of PiecewiseLinear", "True or False")
        if not self.keep and not self.cuts.index:
            raise InvalidValueError("PiecewiseLinear without cuts and keep=False", "cuts for one column at least")

    def build(self, x: Node, scope: Scope) -> Node:
        """[x, v] or v."""
        x = scope.output(x)
        if x.shape[-1] != len(self.cuts.counts):
            raise ShapeError(
                f"PiecewiseLinear with cuts for {plural(len(self.cuts.counts), 'column')} "
                f"after {plural(x.shape[-1], 'value')}",
                "a list of cuts, perhaps empty, for each",
            )
        if not self.cuts.index:
            return x
        suffix, m = scope.suffix("v"), len(self.cuts.index)
        t, h = (
            scope.parameter(letter, (m,), start, suffix=suffix, role="constant", trainable=False)
            for letter, start in zip("th", self.cuts.intervals, strict=True)
        )
        taken = g.take_columns(x, self.cuts.index)
        through = (taken - g.broadcast(t, taken.shape, [1])) / g.broadcast(h, taken.shape, [1])
        v = g.clip(through, 0.0, 1.0) * (2.0 * self.scale) - self.scale
        return scope.named(g.concat([x, v], axis=1) if self.keep else v, "v")
