"""Columns of categories and of truth values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.messages import Message
from clearprop.table.lookup import MISSING, NEVER_SEEN, Lookup, truth_of
from clearprop.table.naming import Named, Write
from clearprop.table.plain import Positive, RowCount, record
from clearprop.table.values import Features, Series, are_numbers, as_level, as_values, each_place, holds_numbers

MOST_REMEMBERED = 10_000  # rare levels that are known again; where there are more, new ones are nothing special

MANY, ENOUGH = 100, 50  # levels, and rows of each: a network makes too much of many levels of few rows
LEAST = 0.1
SHOWN = 4  # levels that a description names


def count_levels(series: Series) -> Counter[str | None]:
    """How often each level of a column stands there; None counts the missing values."""
    counts: Counter[str | None] = Counter()
    values, mixed = as_values(series), series.dtype == nw.Object
    found = Counter((type(value), value) for value in values) if mixed else Counter(values)  # True and 1 are one key
    for key, n in found.items():
        counts[as_level(key[1] if mixed else key)] += n
    return counts


def fewest_rows(rows: int) -> int:
    """How many of so many rows a level needs to have a feature of its own: 1 below 500, up to 4 from 8,000 on."""
    return int(np.interp(rows, [0, 499, 500, 2000, 8000], [1, 1, 2, 3, 4]))


@dataclass(frozen=True)
class CategoryColumn(Named):
    """A category, one-hot. None among the levels stands for a missing value; `pooled` for all rare levels together.

    A level that was not there in training is all zeros or, where rare levels are pooled, one of those.
    """

    name: str  # of the column
    levels: tuple[str | None, ...]  # those with a feature of their own
    pooled: bool = False  # whether there are others
    holds_numbers: bool = False  # whether the column held numbers, not text
    rare: tuple[str, ...] = ()  # the levels that are pooled; empty if there are more than 10,000
    fewest: RowCount = 1  # rows that a level of its own has at least
    # Of a level's feature: below 1 where there are many levels of few rows, so that each is believed less.
    size: Positive = 1.0
    kind: ClassVar[str] = "category"

    @classmethod
    def fit(
        cls, series: Series, counts: Counter[str | None] | None = None, fewest: int | None = None
    ) -> CategoryColumn:
        """The levels, in alphabetical order; rare ones, of fewer rows than `fewest`, are pooled (see `fewest_rows`)."""
        counts = count_levels(series) if counts is None else counts
        fewest = fewest_rows(len(series)) if fewest is None else fewest
        kept = [level for level, n in counts.items() if n >= fewest]
        if len(kept) < 2:  # nothing would be left to tell apart
            ranked = sorted(counts, key=lambda level: (-counts[level], str(level)))
            kept, fewest = ranked[:2], 1
        levels = sorted(level for level in kept if level is not None) + ([None] if None in kept else [])
        rare = sorted({level for level in counts if level is not None}.difference(levels))
        known = tuple(rare) if len(rare) <= MOST_REMEMBERED else ()
        size = max(LEAST, min(1.0, len(series) / len(levels) / ENOUGH)) if len(levels) > MANY else 1.0
        return cls(series.name, tuple(levels), len(counts) > len(kept), are_numbers(series), known, fewest, size)

    def __post_init__(self) -> None:
        every = [*self.levels, *self.rare]
        if not self.levels or len(set(every)) < len(every) or (self.rare and not self.pooled) or not self.fewest:
            raise ValueError("levels that no column has")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CategoryColumn:
        """From its fields; see `record`."""
        return record(cls, {"holds_numbers": holds_numbers(data["levels"]), **data})

    def named(self, write: Write) -> list[str]:
        """One name per level."""
        levels = ["missing" if level is None else write(level) for level in self.levels]
        return [f"{write(self.name)}={level}" for level in [*levels, *["other"] * self.pooled]]

    @cached_property
    def find(self) -> Lookup:
        """The place of a value among the levels, and behind them the rare ones."""
        return Lookup([level for level in self.levels if level is not None] + list(self.rare), self.holds_numbers)

    @property
    def knows_all(self) -> bool:
        """Whether all levels of the training table are remembered, so that another one is new."""
        return bool(self.rare) or not self.pooled

    @property
    def has_missing(self) -> bool:
        """Whether a missing value has a feature of its own."""
        return None in self.levels

    def places(self, series: Series) -> NDArray[np.int64]:
        """The feature of each value, (N,); NEVER_SEEN where no level stands for it, MISSING where none is needed."""
        return self.placed(each_place(series, self.find))

    def placed(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The features of what `find` found, in place."""
        own = len(self.levels) - (None in self.levels)
        places[places >= own] = len(self.levels)
        if None in self.levels:
            places[places == MISSING] = own
        return places

    def unseen(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which values were not there in training, as far as that is known."""
        return np.asarray((places == NEVER_SEEN) & self.knows_all)

    def features(self, places: NDArray[np.int64], out: Features) -> None:
        """Write ones, or `size` for one, among the zeros of (N, levels)."""
        places = np.where(places < 0, len(self.levels), places) if self.pooled else places
        known = np.flatnonzero(places >= 0)
        out[known, places[known]] = self.size

    def describe(self) -> Message:
        """What was done, in a few words."""
        there = [level for level in self.levels if level is not None]
        shown = Message("table.levels_more" if len(there) > SHOWN else "table.levels", names=there[:SHOWN])
        parts = [Message("table.category.levels", size=self.size, n=len(there), levels=shown)]
        parts += [Message("table.category.missing")] * self.has_missing
        if self.pooled:
            known = Message("table.category.rarer", n=len(self.rare))
            rarer = known if self.rare else Message("table.category.all_rarer")
            few = Message("table.category.fewer", what=rarer, fewest=self.fewest)
            parts.append(few if self.fewest > 1 else rarer)
        return Message("table.parts", parts=parts)


@dataclass(frozen=True)
class BooleanColumn(Named):
    """A column of two values: +1 for one, −1 for the other, 0 where missing or neither."""

    name: str
    false: str
    true: str
    holds_numbers: bool = False
    kind: ClassVar[str] = "boolean"
    knows_all: ClassVar[bool] = True

    @staticmethod
    def order(values: Collection[str]) -> tuple[str, str]:
        """Which of two values is false and which is true: a word that says so, else the later one in the alphabet."""
        false, true = sorted(values, key=lambda x: (truth_of(x) is True, x))
        return false, true

    def __post_init__(self) -> None:
        if self.false == self.true:
            raise ValueError("two values that are one")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BooleanColumn:
        """From its fields; see `record`."""
        return record(cls, {"holds_numbers": holds_numbers((data["false"], data["true"])), **data})

    def named(self, write: Write) -> list[str]:
        """The column and the value that counts as true."""
        return [f"{write(self.name)}={write(self.true)}"]

    @cached_property
    def find(self) -> Lookup:
        """0 for false, 1 for true."""
        return Lookup([self.false, self.true], self.holds_numbers)

    def places(self, series: Series) -> NDArray[np.int64]:
        """0 for false, 1 for true, NEVER_SEEN or MISSING, (N,)."""
        return each_place(series, self.find)

    def unseen(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which values are neither of the two."""
        return np.asarray(places == NEVER_SEEN)

    def features(self, places: NDArray[np.int64], out: Features) -> None:
        """Write −1, 0 and 1 to (N, 1)."""
        out[:, 0] = np.where(places < 0, 0, 2 * places - 1)

    def describe(self) -> Message:
        """What was done, in a few words."""
        return Message("table.boolean.done", true=self.true, false=self.false)
