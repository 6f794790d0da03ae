"""Statistics of blocks, merged, are those of the whole column."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.table.statistics import Moments, Range

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
blocks = st.lists(st.lists(numbers, min_size=1, max_size=8), min_size=1, max_size=5)


@given(st.lists(st.lists(numbers | st.just(float("nan")), max_size=8), max_size=5))
def test_a_merged_range_is_exactly_that_of_the_whole(given_blocks):
    parts = [np.array(block, float) for block in given_blocks]
    whole = np.concatenate([*parts, np.empty(0)])
    merged = reduce(Range.merge, map(Range.of, parts), Range())
    there = [value for value in whole if value == value]
    assert (merged.rows, merged.missing) == (len(whole), len(whole) - len(there))
    assert (merged.low, merged.high) == (min(there, default=np.inf), max(there, default=-np.inf))
    assert merged.is_one_value == (len(set(whole)) == 1 and len(there) == len(whole))


@given(blocks)
def test_merged_moments_are_those_of_the_whole(given_blocks):
    parts = [np.array(block) for block in given_blocks]
    whole = np.concatenate(parts)
    merged = reduce(Moments.merge, map(Moments.of, parts))
    size = np.abs(whole).max()
    assert merged.rows == len(whole)
    assert merged.mean == pytest.approx(whole.mean(), rel=1e-12, abs=1e-13 * size)
    unit = size or 1.0  # squares of 1e-200 are 0 to NumPy
    assert merged.std == pytest.approx((whole / unit).std() * unit, rel=1e-9, abs=1e-13 * size)


@pytest.mark.parametrize("unit", [1e-165, 1.0, 1e200])  # of which squares are 0 or ∞
def test_very_small_and_very_large_numbers(unit):
    parts = [np.array([1.0, 2.0]), np.array([4.0, 4.0, 5.0]), np.array([9.0])]
    merged = reduce(Moments.merge, (Moments.of(part * unit) for part in parts))
    whole = np.concatenate(parts)
    assert merged.mean / unit == pytest.approx(whole.mean(), rel=1e-14)
    assert merged.std / unit == pytest.approx(whole.std(), rel=1e-14)


def test_one_value_has_no_spread():
    merged = Moments.of(np.full(6, 0.1)).merge(Moments.of(np.full(3, 0.1)))
    assert (merged.mean, merged.std) == (0.1, 0.0)
