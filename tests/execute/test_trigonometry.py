"""Sine and cosine of the machine, against NumPy's in extended precision."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.execute import Native, instruction_sets
from clearprop.graph import Graph, N, variable

LARGEST = {"float32": 1000.0, "float64": 1e5}  # for which there is a series; beyond it libm is asked


@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sine_and_cosine_are_right_to_the_last_digits(dtype, isa):
    rng, most = np.random.default_rng(0), LARGEST[dtype]
    near = np.arange(-600, 600) * np.pi / 2  # where one of them is nearly 0
    x = np.concatenate([rng.uniform(-4, 4, 3000), rng.uniform(-most, most, 3000), near, [0.0, 1e9, -3e30]]).astype(
        dtype
    )
    x = np.concatenate([x, np.nextafter(x[6000:7200], np.inf, dtype=dtype)])
    x = x[(x == 0) | (np.abs(x) > 1e-30)]  # smaller ones are flushed to zero
    v = variable("x", (N,), dtype)
    found = Native(1, isa).load(Graph({"sin": cp.sin(v), "cos": cp.cos(v)})).run({"x": x})
    for name, f in (("sin", np.sin), ("cos", np.cos)):
        exact = f(x.astype(np.longdouble))
        error = np.abs(found[name] - exact) / np.maximum(np.abs(exact), np.finfo(dtype).tiny)
        assert error.max() < 4 * np.finfo(dtype).eps


@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_number_is_what_it_is_alone(dtype, isa):
    """Large ones, infinities and NaN beside others change nothing for these."""
    x = np.array([0.5, np.nan, -0.0, 1e8, np.inf, 3.0, -np.inf, -2.5] * 9, dtype)
    v = variable("x", (N,), dtype)
    program = Native(1, isa).load(Graph({"y": cp.sin(v)}))
    together = program.run({"x": x})["y"]
    alone = np.concatenate([program.run({"x": x[i : i + 1]})["y"] for i in range(8)] * 9)
    assert np.array_equal(together, alone, equal_nan=True)
    assert np.isnan(together[[1, 4, 6]]).all()
    assert np.signbit(together[2])
    np.testing.assert_allclose(together[3], np.sin(x[3], dtype=dtype), rtol=1e-6)
