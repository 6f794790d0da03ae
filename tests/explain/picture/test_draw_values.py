"""Values that are drawn are checked as those that are computed with are."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError


def test_values_behind_a_mask_are_not_drawn():
    v = cp.variable("v", (3,))
    with pytest.raises(InvalidValueError, match="v is masked at row 1"):
        cp.draw(v * 2, {"v": np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])})


def test_values_that_are_no_numbers_are_refused():
    v = cp.variable("v", (3,))
    with pytest.raises(DTypeError, match="v holds <U1"):
        cp.draw(v * 2, {"v": ["a", "b", "c"]})
