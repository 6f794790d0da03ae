"""Statistics of a column of numbers that can be gathered block by block: those of two blocks make those of both.

Counts and extremes of the whole are exactly those of the merged blocks, mean and standard deviation up to rounding.
Counts of levels and values are `Counter`s, which add. Medians and other quantiles cannot be merged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from clearprop.table.values import Numbers, mean_and_std


@dataclass(frozen=True)
class Range:
    """How many numbers there are, and between which they lie.

    Attributes:
        rows: how many, missing ones included.
        missing: how many of them are missing.
        low, high: the smallest and the largest; ∞ and −∞ where none is there.

    Example:
        >>> Range.of(np.array([3.0, np.nan])).merge(Range.of(np.array([-1.0])))
        Range(rows=3, missing=1, low=-1.0, high=3.0)
    """

    rows: int = 0
    missing: int = 0
    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, values: Numbers) -> Range:
        """Of values (N,), NaN where one is missing."""
        there = values[~np.isnan(values)]
        ends = (float(there.min()), float(there.max())) if len(there) else (math.inf, -math.inf)
        return cls(len(values), len(values) - len(there), *ends)

    def merge(self, other: Range) -> Range:
        """Of the rows of both."""
        ends = min(self.low, other.low), max(self.high, other.high)
        return Range(self.rows + other.rows, self.missing + other.missing, *ends)

    @property
    def is_one_value(self) -> bool:
        """Whether every row has the same number."""
        return self.missing == 0 and self.low == self.high


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of numbers; the latter is exactly 0 if all are the same.

    Example:
        >>> Moments.of(np.array([0.0, 0.0, 6.0])).merge(Moments.of(np.array([6.0, 0.0, 0.0, 6.0, 6.0])))
        Moments(rows=8, mean=3.0, std=3.0)
    """

    rows: int
    mean: float
    std: float

    @classmethod
    def of(cls, values: Numbers) -> Moments:
        """Of values (N,), none missing, one at least."""
        return cls(len(values), *mean_and_std(values))

    def merge(self, other: Moments) -> Moments:
        """Of the rows of both (Chan, Golub and LeVeque); no square is formed that could overflow or vanish."""
        rows = self.rows + other.rows
        ours, theirs, apart = self.rows / rows, other.rows / rows, other.mean - self.mean
        spread = math.sqrt(ours) * self.std, math.sqrt(theirs) * other.std, math.sqrt(ours * theirs) * apart
        return Moments(rows, self.mean + theirs * apart, math.hypot(*spread))
