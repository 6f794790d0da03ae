"""Columns of very many levels: one number a row, which a network looks up in a learned table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clearprop.messages import Message
from clearprop.table.categories import CategoryColumn
from clearprop.table.naming import Write
from clearprop.table.values import Features

MOST_ONE_HOT = 300  # levels with a feature each; with more, a table learns as well, in a tenth of the time
FEWEST = 2  # rows of a level with a code of its own: levels of one row teach what to make of a level that is new


@dataclass(frozen=True)
class CodedColumn(CategoryColumn):
    """A category as one number: the code of its level, from 1 on; 0 for what is rare, new, or missing and never was.

    A network needs an `Embedding` of that column: a code says nothing by its size.
    """

    kind: ClassVar[str] = "codes"

    def named(self, write: Write) -> list[str]:
        """The column's own name."""
        return [write(self.name)]

    @property
    def n_codes(self) -> int:
        """How many rows a table of codes needs."""
        return len(self.levels) + 1

    def features(self, places: NDArray[np.int64], out: Features) -> None:
        """Write codes to (N, 1)."""
        out[:, 0] = np.where((places >= 0) & (places < len(self.levels)), places + 1, 0)

    def describe(self) -> Message:
        """What was done, in a few words."""
        return Message("table.codes", n=len(self.levels), fewest=self.fewest)


def needs_codes(counts: Counter[str | None], fewest: int) -> bool:
    """Whether more levels of a column would have a feature of their own than is sensible."""
    return len(counts) > MOST_ONE_HOT and sum(n >= fewest for n in counts.values()) > MOST_ONE_HOT
