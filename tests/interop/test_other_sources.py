"""Code for clearprop: executed, it is the same network, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from networks_to_write import random_case
from sources import executed


@given(st.integers(0, 2**31), st.sampled_from(["float64", "float32"]))
def test_code_for_clearprop_makes_the_same_network(seed, dtype):
    case = random_case(seed, dtype, own=False)
    file, printed = executed(case.net.to_source(case.X, case.y))
    kept = case.y.astype(dtype) if case.y.dtype.kind == "f" else case.y
    assert printed == [case.net.trace(case.X, kept).loss]
    found, net = file["net"], case.net
    assert found.architecture == net.architecture or repr(found.architecture) == repr(net.architecture)
    for name, values in net.arrays().items():
        assert np.array_equal(found.arrays()[name], values)


def test_a_step_is_the_step_of_the_network():
    net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], "bce", dtype="float64")
    X, y = [[0.5, -1.0]], [1]
    _, (before, after) = executed(net.to_source(X, y, learning_rate=0.3))
    assert before == net.trace(X, y).loss
    net.step(X, y, 0.3)
    assert after == net.trace(X, y).loss


def test_a_function_of_the_users_is_refused_by_what_it_is():
    net = cp.Network(2, [cp.Dense(3, lambda z: z * 2.0)], "mse")
    for write in (net.to_source, net.to_torch_source):
        with pytest.raises(cp.ClearpropError, match="lambda"):
            write()
