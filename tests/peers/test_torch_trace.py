"""The traces of 50 networks against PyTorch's autograd: every z, a, da, dz, dW, db and L within 1e-10."""

from __future__ import annotations

import numpy as np
import pytest

from by_hand import SEEDS, random_network
from networks import traced

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers
F = torch.nn.functional

TOLERANCE = 1e-10
worst = {"error": 0.0, "what": "nothing", "numbers": 0}


@pytest.fixture(scope="module", autouse=True)
def report():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    print(f"\n{worst['numbers']:,} numbers, largest error {worst['error']:.1e} ({worst['what']})")


ACTIVATIONS = {
    "identity": lambda z, _: z,
    "linear": lambda z, _: z,
    "sigmoid": lambda z, _: torch.sigmoid(z),
    "tanh": lambda z, _: torch.tanh(z),
    "relu": lambda z, _: torch.relu(z),
    "leaky_relu": lambda z, _: F.leaky_relu(z, 0.01),
    "elu": lambda z, _: F.elu(z),
    "selu": lambda z, _: F.selu(z),
    "gelu": lambda z, _: F.gelu(z),
    "silu": lambda z, _: F.silu(z),
    "swish": lambda z, _: F.silu(z),
    "mish": lambda z, _: F.mish(z),
    "softplus": lambda z, _: F.softplus(z, threshold=700),
    "softsign": lambda z, _: F.softsign(z),
    "softmax": lambda z, _: torch.softmax(z, 1),
    "LeakyReLU": F.leaky_relu,
    "ELU": F.elu,
}


def cross_entropy(a, y, smoothing):
    return -(((1 - smoothing) * y + smoothing / y.shape[1]) * torch.log(a)).sum(1).mean()


LOSSES = {
    "squared_error": lambda a, y, _: 0.5 * F.mse_loss(a, y, reduction="sum") / len(y),
    "mean_squared_error": lambda a, y, _: F.mse_loss(a, y),
    "mean_absolute_error": lambda a, y, _: F.l1_loss(a, y),
    "huber": lambda a, y, delta: F.huber_loss(a, y, delta=delta),
    "binary_cross_entropy": lambda a, y, e: F.binary_cross_entropy(a, (1 - e) * y + e / 2),
    "cross_entropy": cross_entropy,
}


def autograd(network):
    """Every value by the trace's names: the loss on a[L], penalties, and their gradients by everything."""
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in network.parameters().items()}
    values, x = {"a0": torch.tensor(network.X)}, torch.tensor(network.X)
    for l, layer in enumerate(network.layers, 1):
        z = x @ leaf[f"W{l}"] + leaf.get(f"b{l}", 0.0)
        x = ACTIVATIONS[layer.activation.name](z, layer.activation.number)
        x = x.clone() if x is z else x  # an identity too has a gradient of its own
        values |= {f"z{l}": z, f"a{l}": x}
        z.retain_grad()
        x.retain_grad()
    weights = [value for name, value in leaf.items() if name.startswith("W")]
    penalty = sum(network.l1 * W.abs().sum() + network.l2 / 2 * (W**2).sum() for W in weights)
    values["L"] = LOSSES[network.loss.name](x, torch.tensor(network.y), network.loss.number) + penalty
    values["L"].backward()
    gradients = {f"d{name}": v.grad for name, v in (values | leaf).items() if name not in ("a0", "L")}
    return values | gradients


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_of_a_trace(seed):
    network = random_network(seed)
    trace, theirs = traced(network), autograd(network)
    assert set(trace.values) == set(theirs)
    for name, value in trace.values.items():
        expected = theirs[name].detach().numpy()
        assert value.shape == expected.shape, name
        error = (np.abs(value - expected) / (1 + np.abs(expected))).max(initial=0.0)
        assert error <= TOLERANCE, f"{name}: {error:.1e}"  # a NaN is not ≤ either
        worst["numbers"] += value.size
        if error > worst["error"]:
            worst.update(error=float(error), what=f"{name} of network {seed}")
