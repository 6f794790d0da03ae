"""What can be said of ONNX models without the package `onnx`; tests/peers/test_onnx_out.py runs them."""

import math
import sys

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import OPS
from clearprop.interop.onnx import exact
from clearprop.interop.onnx.operators import OPERATORS
from clearprop.interop.onnx.recognised import recognised


def names(net: cp.Network) -> list[str]:
    graph = recognised(net.graph(), net.arrays())
    return [node.op.name for node in graph.nodes if node.op.name != "variable"]


def test_without_onnx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(cp.MissingDependencyError, match=r'pip install "clearprop\[onnx\]"'):
        cp.Network(2, [cp.Dense(1)]).to_onnx()


def test_every_primitive_is_in_the_table_but_random_numbers():
    own = {name: op for name, op in OPS.items() if op.infer.__module__.startswith("clearprop.")}
    primitives = {name for name, op in own.items() if not op.fused}
    assert primitives - set(OPERATORS) == {"variable", "uniform"}


@pytest.mark.parametrize("width", [2, 5])
def test_normalisations_are_found_whatever_stands_around_them(width):
    layers = [cp.Dense(width, "selu"), cp.BatchNorm(), cp.Activation("gelu"), cp.LayerNorm(1e-3), cp.Dense(2)]
    wanted = ["affine", "selu", "batch_normalization", "gelu", "layer_normalization", "affine"]
    assert [name for name in names(cp.Network(3, layers)) if name != "identity"] == wanted


def test_what_would_lose_digits_stays_as_it_is():
    assert "layer_normalization" not in names(cp.Network(3, [cp.LayerNorm(1e-5)], dtype="float64"))
    assert "layer_normalization" in names(cp.Network(3, [cp.LayerNorm(2.0**-17)], dtype="float64"))
    net = cp.Network(2, [cp.BatchNorm()])
    net.running["running_mean0"] = [0.0, -9.0]
    assert "batch_normalization" not in names(net)


def test_the_polynomial_of_erf():
    x = np.linspace(0, 6, 5001)
    t = (x - exact.MIDDLE) / (x + exact.MIDDLE)
    found = 1 - np.exp(-x * x) * np.polynomial.polynomial.polyval(t, exact.COEFFICIENTS)
    np.testing.assert_allclose(found, [math.erf(v) for v in x], rtol=0, atol=1e-15)
