"""The eager layers, against the arithmetic in the textbooks."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError

rng = np.random.default_rng(0)


def numeric(f, x, dout, h=1e-6):
    """Σ dout ⊙ f, differentiated by central differences, entry by entry."""
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = np.sum(dout * (f(up) - f(down))) / (2 * h)
    return grad


@pytest.mark.parametrize("layer", [cp.layers.Sigmoid, cp.layers.Tanh, cp.layers.ReLU, cp.layers.Softmax])
@pytest.mark.parametrize("shape", [(3,), (4, 3)])
def test_elementwise_layers(layer, shape):
    x, dout = rng.normal(size=shape), rng.normal(size=shape)
    instance = layer()
    out = instance.forward(x)
    assert instance.out is out
    np.testing.assert_allclose(instance.backward(dout), numeric(lambda v: layer().forward(v), x, dout), atol=1e-8)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (5, 2)])
def test_affine_for_one_sample_and_for_batches(shape):
    x, W, b = rng.normal(size=shape), rng.normal(size=(2, 3)), rng.normal(size=3)
    dout = rng.normal(size=(*shape[:-1], 3))
    layer = cp.layers.Affine(W, b)
    np.testing.assert_allclose(layer.forward(x), x @ W + b, rtol=1e-14)
    dx = layer.backward(dout)
    np.testing.assert_allclose(dx, dout @ W.T, rtol=1e-13)
    np.testing.assert_allclose(layer.dW, np.atleast_2d(x).T @ np.atleast_2d(dout), rtol=1e-13)
    np.testing.assert_allclose(layer.db, np.atleast_2d(dout).sum(0), rtol=1e-13)
    assert (dx.shape, layer.dW.shape, layer.db.shape) == (x.shape, W.shape, b.shape)


@pytest.mark.parametrize(
    ("x", "y"), [(2.0, 3.0), (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), (rng.normal(size=3), 2.0)]
)
def test_layers_of_two_inputs(x, y):
    for layer, f in ((cp.layers.Add(), np.add), (cp.layers.Multiply(), np.multiply)):
        out, dout = layer.forward(x, y), rng.normal(size=np.shape(x))
        np.testing.assert_array_equal(out, f(x, y))
        dx, dy = layer.backward(dout)
        x, y = np.array(x), np.array(y)
        np.testing.assert_allclose(dx, numeric(lambda v, f=f, y=y: f(v, y), x, dout), atol=1e-8)
        np.testing.assert_allclose(dy, numeric(lambda v, f=f, x=x: f(x, v), y, dout), atol=1e-8)
    with pytest.raises(ShapeError):
        cp.layers.Add().forward([1, 2], [1, 2, 3])
    with pytest.raises(cp.ClearpropError, match=r"Multiply.backward before forward"):
        cp.layers.Multiply().backward(1)


def test_only_layers_are_listed():
    assert all(hasattr(getattr(cp.layers, name), "backward") for name in dir(cp.layers))
    assert {"Add", "Multiply", "Affine", "Sigmoid"} <= set(dir(cp.layers))
    assert "Any" not in dir(cp.layers)


@pytest.mark.parametrize("t", [np.array([0, 2]), np.eye(3)[[0, 2]], np.array([[0.2, 0.3, 0.5], [1, 0, 0]])])
def test_softmax_with_loss(t):
    z = rng.normal(size=(2, 3))
    layer = cp.layers.SoftmaxWithLoss()
    loss = layer.forward(z, t)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    rows = np.eye(3)[t] if t.ndim == 1 else t
    assert loss == pytest.approx(-(rows * np.log(p)).sum(1).mean(), rel=1e-13)
    np.testing.assert_allclose(layer.backward(), (p - rows) / 2, rtol=1e-12)
    np.testing.assert_allclose(layer.backward(3.0), 3 * (p - rows) / 2, rtol=1e-12)


def test_softmax_with_loss_of_one_sample():
    layer = cp.layers.SoftmaxWithLoss()
    assert layer.forward([0.0, 0.0, 0.0], 1) == pytest.approx(np.log(3))
    np.testing.assert_allclose(layer.backward(), [1 / 3, -2 / 3, 1 / 3])


def test_extreme_inputs():
    assert cp.layers.Sigmoid().forward([-1000.0, 1000.0]).tolist() == [0.0, 1.0]
    assert cp.layers.Softmax().forward([1000.0, 0.0]).tolist() == [1.0, 0.0]


def test_mistakes_are_named():
    with pytest.raises(RuntimeError, match="Sigmoid.backward before forward"):
        cp.layers.Sigmoid().backward(1.0)
    layer = cp.layers.Affine(np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(ShapeError, match=r"\(2,\) and \(3, 2\)"):
        layer.forward(np.zeros(2))
    layer.forward(np.zeros((4, 3)))
    with pytest.raises(ShapeError, match=r"dout has shape \(3, 2\); expected \(4, 2\)"):
        layer.backward(np.zeros((3, 2)))
    with pytest.raises(ShapeError, match="bias"):
        cp.layers.Affine(np.zeros((3, 2)), np.zeros(3)).forward(np.zeros(3))
    with pytest.raises(InvalidValueError, match="class numbers"):
        cp.layers.SoftmaxWithLoss().forward([0.0, 0.0], 2)
    with pytest.raises(ShapeError, match="t has shape"):
        cp.layers.SoftmaxWithLoss().forward(np.zeros((2, 3)), [0, 1, 2])
