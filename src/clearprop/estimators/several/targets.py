"""`Targets`: several targets as columns that one network answers with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.nn import Heads, Layer, MultiTask
from clearprop.table.target import ClassTarget, Target

Array = NDArray[Any]


@dataclass(frozen=True)
class Targets:
    """Several targets of one network, each of which has some of its outputs.

    Attributes:
        each: the targets, in the order of the outputs.
        weights: what the loss of each is multiplied by, or None: by 1.
        gaps: whether some rows lack some of them.
    """

    each: tuple[Target, ...]
    weights: tuple[float, ...] | None = None
    gaps: bool = False

    @property
    def columns(self) -> Iterator[tuple[Target, slice]]:
        """Each target with its outputs."""
        start = 0
        for target in self.each:
            yield target, slice(start, start + width_of(target))
            start += width_of(target)

    @property
    def width(self) -> int:
        """How many outputs they have together."""
        return sum(map(width_of, self.each))

    def joined(self, answers: Sequence[tuple[Layer, Any]]) -> tuple[Layer, MultiTask]:
        """A head for each, and the sum of their losses.

        Args:
            answers: the last layer and the loss of each alone.
        """
        widths = map(width_of, self.each)
        parts = [(loss, width) for (_, loss), width in zip(answers, widths, strict=True)]
        return Heads([layer for layer, _ in answers]), MultiTask(parts, self.weights, self.gaps)

    def rows(self, n: int, coded: Mapping[str, Array], known: Mapping[str, Array]) -> Array:
        """Targets (n, width) as the network learns them, classes one-hot; NaN where one is not known.

        Args:
            n: how many rows.
            coded: name → coded targets of the rows that have it.
            known: name → which rows these are.
        """
        Y = np.full((n, self.width), np.nan, np.float32)
        for target, columns in self.columns:
            y, rows = coded[target.name], known[target.name]
            if columns.stop - columns.start == 1:
                Y[rows, columns.start] = y
            else:
                Y[rows, columns] = 0.0
                Y[rows, columns.start + y] = 1.0
        return Y


def width_of(target: Target) -> int:
    """How many outputs answer a target: one probability of two classes, one of each of several, or a number."""
    return len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
