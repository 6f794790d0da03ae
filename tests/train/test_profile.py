"""The times of a training step say how many rows a step really had."""

import numpy as np
import pytest

import clearprop as cp


def test_of_fewer_rows_than_a_batch_these_are_counted():
    net = cp.Network(2, [cp.Dense(1)], "mean_squared_error", seed=0)
    try:
        few, twice = (net.profile(np.ones((n, 2)), np.ones(n), batch_size=8, steps=2) for n in (4, 8))
    except cp.InvalidValueError:
        pytest.skip("there is no native machine here")
    assert (few.batch, twice.batch) == (4, 8)
    assert 0 < few.flops < twice.flops
