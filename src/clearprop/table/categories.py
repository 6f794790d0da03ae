"""Columns of categories and of truth values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from clearprop.table.values import Features, Series, as_codes, as_level, as_values, exactly, holds_numbers

MOST_LEVELS = 100  # more categories than this are pooled: their columns would be almost always 0
_TRUE = ("true", "yes", "y", "t", "on", "1", "ja", "oui", "si", "sí", "是", "有", "真", "对")


def count_levels(series: Series) -> Counter[str | None]:
    """How often each level of a column stands there; None counts the missing values."""
    counts: Counter[str | None] = Counter()
    for value, n in Counter(as_values(series)).items():
        counts[as_level(value)] += n
    return counts


@dataclass(frozen=True)
class CategoryColumn:
    """A category, one-hot. None among the levels stands for a missing value; `pooled` for all rare levels together.

    A level that was not there in training is all zeros or, where rare levels are pooled, one of those.
    """

    name: str
    levels: tuple[str | None, ...]
    pooled: bool = False
    kind: ClassVar[str] = "category"

    @classmethod
    def fit(cls, series: Series, counts: Counter[str | None] | None = None) -> CategoryColumn:
        """The levels, in alphabetical order.

        Rare ones are pooled: those seen fewer than twice in 500 rows, five times in 2,500, ten times in 10,000 and
        more, and those beyond the hundred most frequent.
        """
        counts = count_levels(series) if counts is None else counts
        fewest = np.interp(len(series), [0, 499, 500, 2500, 10000], [1, 1, 2, 5, 10])
        ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        kept = [level for level, n in ranked[:MOST_LEVELS] if n >= fewest]
        if len(kept) < 2:  # nothing would be left to tell apart
            kept = [level for level, _ in ranked[:MOST_LEVELS]]
        levels = sorted(level for level in kept if level is not None) + ([None] if None in kept else [])
        return cls(series.name, tuple(levels), len(counts) > len(kept))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CategoryColumn:
        """From its fields.

        Raises:
            KeyError, TypeError, ValueError: for fields that no column has.
        """
        levels = tuple(None if level is None else exactly(str, level) for level in exactly(list, data["levels"]))
        if not levels or len(set(levels)) < len(levels):
            raise ValueError("no levels, or one of them twice")
        return cls(exactly(str, data["name"]), levels, exactly(bool, data["pooled"]))

    @property
    def holds_numbers(self) -> bool:
        """Whether the column holds plain numbers, however they are used."""
        return holds_numbers(self.levels)

    @property
    def feature_names(self) -> list[str]:
        """One name per level."""
        names = [f"{self.name}={'missing' if level is None else level}" for level in self.levels]
        return names + ([f"{self.name}=other"] if self.pooled else [])

    def encode(self, series: Series) -> Features:
        """(N, levels) zeros and ones."""
        place = {level: i for i, level in enumerate(self.levels)}
        index = as_codes(series, place, len(self.levels) if self.pooled else -1)
        result = np.zeros((len(index), len(self.feature_names)), np.float32)
        known = index >= 0
        result[np.flatnonzero(known), index[known]] = 1.0
        return result

    def describe(self) -> str:
        """What was done, in a few words."""
        there = [level for level in self.levels if level is not None]
        shown = ", ".join(there[:4]) + (", …" if len(there) > 4 else "")
        parts = [f"one 0/1 each for {len(there)} levels: {shown}"]
        parts += ["one for missing"] * (None in self.levels) + ["one for all rarer ones"] * self.pooled
        return "; ".join(parts)


@dataclass(frozen=True)
class BooleanColumn:
    """A column of two values: +1 for one, −1 for the other, 0 where missing or neither."""

    name: str
    false: str
    true: str
    kind: ClassVar[str] = "boolean"

    @staticmethod
    def order(values: Collection[str]) -> tuple[str, str]:
        """Which of two values is false and which is true: a word that says so, else the later one in the alphabet."""
        false, true = sorted(values, key=lambda x: (x.lower() in _TRUE, x))
        return false, true

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BooleanColumn:
        """From its fields.

        Raises:
            KeyError, TypeError, ValueError: for fields that no column has.
        """
        name, false, true = (exactly(str, data[key]) for key in ("name", "false", "true"))
        if false == true:
            raise ValueError("two values that are one")
        return cls(name, false, true)

    @property
    def holds_numbers(self) -> bool:
        """Whether the column holds plain numbers, however they are used."""
        return holds_numbers((self.false, self.true))

    @property
    def feature_names(self) -> list[str]:
        """The column and the value that counts as true."""
        return [f"{self.name}={self.true}"]

    def encode(self, series: Series) -> Features:
        """(N, 1) numbers."""
        return as_codes(series, {self.true: 1, self.false: -1}, 0)[:, None].astype(np.float32)

    def describe(self) -> str:
        """What was done, in a few words."""
        return f"{self.true} → 1, {self.false} → −1, missing → 0"
