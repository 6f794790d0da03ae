"""NumPy source: executed, it has the loss and the gradients of the trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks_to_write import random_case
from sources import executed


def agree(found, wanted, tolerance):
    scale = max(1e-3, np.abs(wanted).max(initial=0.0))
    assert np.shape(found) == np.shape(wanted)
    assert np.abs(found - wanted).max(initial=0.0) <= tolerance * scale


def compare(case, tolerance, of_gradients=None):
    net, X, y = case.net, case.X, case.y
    source = net.to_numpy_source(X, y)
    file, printed = executed(source)
    trace = net.trace(X, y)
    assert printed == [pytest.approx(trace.loss, rel=tolerance)], source
    agree(file["predict"](file["X"]), trace[trace.output], tolerance)
    if "gradients" in file:
        found = file["gradients"](file["X"], file["y"])
        assert set(found) == set(trace.learned)
        for name, slope in found.items():
            agree(slope, trace[f"d{name}"], of_gradients or tolerance)
    else:
        assert not trace.learned
    assert max(map(len, source.splitlines())) <= 120


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_any_network_has_the_same_loss_and_gradients(seed):
    compare(random_case(seed), 1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_any_network_in_float32(seed):
    compare(random_case(seed, "float32"), 1e-6, 2e-3)
