"""Layers and single ops against PyTorch's."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import clearprop as cp
from clearprop.graph import gradient, variable

torch = pytest.importorskip("torch")
F = torch.nn.functional
pytestmark = pytest.mark.peers

rng = np.random.default_rng(0)


@pytest.mark.parametrize("bias", [True, False])
def test_linear_with_copied_weights(bias):
    theirs = torch.nn.Linear(5, 3, bias=bias, dtype=torch.float64)
    net = cp.Network(5, [cp.Linear(5, 3, bias=bias)], dtype="float64")
    net.parameters["W1"] = theirs.weight.detach().numpy().T
    if bias:
        net.parameters["b1"] = theirs.bias.detach().numpy()
    X = rng.normal(size=(7, 5))
    np.testing.assert_allclose(net.predict(X), theirs(torch.tensor(X)).detach().numpy(), rtol=1e-13)


def test_linear_has_the_same_leading_parameters():
    theirs = list(inspect.signature(torch.nn.Linear).parameters.values())[:3]
    ours = list(inspect.signature(cp.Linear).parameters.values())
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def test_linear_starts_in_the_same_range():
    torch.manual_seed(0)
    theirs = torch.nn.Linear(400, 300)
    net = cp.Network(400, [cp.Linear(400, 300)])
    for ours, other in ((net.parameters["W1"], theirs.weight), (net.parameters["b1"], theirs.bias)):
        bound = 1 / 20
        assert np.abs(ours).max() <= bound
        assert other.abs().max().item() <= bound
        assert ours.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
        assert ours.std() == pytest.approx(other.std().item(), rel=0.15)


OPS = {
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log1p": lambda x: torch.log1p(x.abs()),
    "sin": torch.sin,
    "cos": torch.cos,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda x: F.softplus(x, threshold=1000),
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "abs": torch.abs,
}
EXTREME = [-700.0, -100.0, -30.0, -1.0, -1e-8, 1e-8, 1.0, 30.0, 100.0, 700.0]


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("values", [rng.normal(size=10), np.array(EXTREME)], ids=["random", "extreme"])
def test_value_and_gradient_of_an_op(name, values):
    x, u = variable("x", (10,)), variable("u", (10,))
    y = cp.log1p(cp.abs(x)) if name == "log1p" else getattr(cp, name)(x)
    above = rng.normal(size=10)
    found = cp.evaluate({"y": y, "dx": gradient(y, x, u)}, {"x": values, "u": above})
    t = torch.tensor(values, requires_grad=True)
    out = OPS[name](t)
    out.backward(torch.tensor(above))
    scale = np.maximum(1, np.abs(out.detach().numpy()))
    np.testing.assert_array_less(np.abs(found["y"] - out.detach().numpy()) / scale, 1e-12)
    slope = t.grad.numpy()
    np.testing.assert_array_less(np.abs(found["dx"] - slope) / np.maximum(1, np.abs(slope)), 1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "silu", "gelu", "exp"])
def test_second_derivatives(name):
    x = variable("x", (10,))
    values = rng.normal(size=10)
    first = gradient(cp.sum(getattr(cp, name)(x)), x)
    found = cp.evaluate(gradient(cp.sum(first), x), {"x": values})
    t = torch.tensor(values, requires_grad=True)
    (g,) = torch.autograd.grad(OPS[name](t).sum(), t, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), t)
    np.testing.assert_allclose(found, second.numpy(), rtol=1e-10, atol=1e-13)


def test_dropout_keeps_as_many_as_pytorch():
    net = cp.Network(1, [cp.Dense(50_000, init=1.0), cp.Dropout(0.4)], lambda a, y: cp.mean(a, 1))
    d = net.trace([[1.0]], np.zeros((1, 50_000)), mode="training")["d1"]
    torch.manual_seed(0)
    theirs = F.dropout(torch.ones(50_000), 0.4)
    assert (d == 0).mean() == pytest.approx((theirs == 0).float().mean().item(), abs=0.01)
    assert d.max() == pytest.approx(theirs.max().item())
