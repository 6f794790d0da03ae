"""Random networks with every layer, activation, loss and penalty, for the writers of source code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import clearprop as cp
from networks_of_outputs import ACTIVATIONS, Gate, cubed, doubled

NAMES = (*ACTIVATIONS, "softsign")


@dataclass
class Case:
    net: cp.Network
    X: np.ndarray
    y: np.ndarray


def random_case(seed: int, dtype: str = "float64", own: bool = True, tables=True, most=4) -> Case:
    """A network with data. Its parameters and running states are random too.

    Args:
        seed: of everything in it.
        dtype: of the network.
        own: whether it may have functions and layers of the user's in it.
        tables: whether it may have layers for tables, which PyTorch lacks.
        most: rows, inputs and units a layer. Wide ones have weights as they are when a training starts.
    """
    rng = np.random.default_rng(seed)
    n, n_inputs, k = (int(i) for i in rng.integers(1, most + 1, 3))
    loss, last, y = _loss(rng, n, k, own)
    width, layers = _encoded(rng, n_inputs) if tables else (n_inputs, [])
    for _ in range(rng.integers(0, 4)):
        width, more = _hidden(rng, width, own, tables, most)
        layers += more
    layers += _weighted(rng, width, k, last, tables)
    l1, l2 = (float(rng.choice([0.0, 0.01, 0.3])) for _ in range(2))
    net = cp.Network(n_inputs, layers, loss, seed=seed, dtype=dtype, l1=l1, l2=l2)
    for name in net.parameters:
        if net.architecture.parameters[name].role == "constant":
            continue
        shape = net.parameters[name].shape
        net.parameters[name] = rng.normal(0, 0.7 * min(1, 2 / shape[0] ** 0.5), shape)
    for name in net.running:
        net.running[name] = rng.uniform(0.3, 2, net.running[name].shape)
    return Case(net, rng.normal(size=(n, n_inputs)).astype(dtype), y)


def _activation(rng, own):
    found = int(rng.integers(len(NAMES) + (5 if own else 3)))
    if found < len(NAMES):
        return NAMES[found]
    own_ones = (cp.LeakyReLU(float(rng.uniform(0, 0.5))), cp.ELU(float(rng.uniform(0.3, 2))), None, doubled, bent)
    return own_ones[found - len(NAMES)]


def bent(z):
    """An activation of the user's own, with kinks, powers and rows."""
    top = cp.broadcast(cp.max(z, 1), z.shape, (0,))
    return cp.where(z > 0.1, cp.minimum(z, 2.0) ** 3, cp.sin(z)) - top / (cp.cos(z) + 3.0) + cp.stop_gradient(z)


def _encoded(rng, n_inputs) -> tuple[int, list[Any]]:
    """Now and then an encoding of the inputs, and how many values it makes."""
    if rng.random() < 0.7:
        return n_inputs, []
    if rng.random() < 0.2:
        return n_inputs + 1, [cp.Embedding({int(rng.integers(n_inputs)): int(rng.integers(1, 4))}, 2)]
    if rng.random() < 0.4:
        width = int(rng.integers(2, 4))
        return n_inputs * width, [cp.Periodic(int(rng.integers(1, 4)), width)]
    cuts = [np.cumsum(rng.uniform(0.2, 1, rng.choice([0, 2, 4]))) - 1 for _ in range(n_inputs)]
    layer = cp.PiecewiseLinear(cuts, float(rng.uniform(0.3, 1)))
    return n_inputs + len(layer.cuts.index), [layer]


def _weighted(rng, width, units, activation, tables):
    """A Dense layer with everything in it, or a Linear one with its activation behind it."""
    options = {"bias": bool(rng.random() < 0.8)}
    trainable = [True, True, False, {"W": False}][rng.integers(4)]
    if rng.random() < 0.3:
        after = [] if activation is None else [cp.Activation(activation)]
        return [cp.Linear(width, units, trainable=trainable, **options), *after]
    factor = float(rng.choice([1.0, 0.5]))
    if tables and rng.random() < 0.2:
        options["parametrization"] = "ntk"
    return [cp.Dense(units, activation, trainable=trainable, learning_rate_factor=factor, **options)]


def _hidden(rng, width, own, tables, most):
    if own and rng.random() < 0.1:
        return 2, [Gate()]
    if tables and rng.random() < 0.15:
        inner = [cp.Dense(int(rng.integers(1, most + 1)), _activation(rng, own)), cp.Dense(width)]
        return width, [cp.Residual(inner, [cp.Dense(width, bias=False)] if rng.random() < 0.3 else [])]
    units = int(rng.integers(1, most + 1))
    if tables and rng.random() < 0.1:
        return units, [cp.Radial(units, int(rng.integers(1, 9)), float(rng.uniform(0.5, 4)), _activation(rng, own))]
    norms = [cp.BatchNorm(epsilon=1e-3), cp.LayerNorm(), cp.Dropout(0.3)]
    norms += [cp.Scale(), cp.ParametricActivation("tanh")] if tables else []
    extra = [norms[i] for i in rng.integers(0, len(norms), rng.integers(0, 3))]
    return units, [*_weighted(rng, width, units, _activation(rng, own), tables), *extra]


def _loss(rng, n, k, own):
    """A loss, the activation that it needs, and targets."""
    kind = rng.choice(["squared_error", "mse", "mae", "huber", "binary", "classes", *(["own"] if own else [])])
    smoothing = float(rng.choice([0.0, 0.1]))
    if kind == "classes" and k > 1:
        labels = rng.integers(0, k, n)
        forms = (labels, np.eye(k)[labels], rng.dirichlet(np.ones(k), n))
        return cp.CrossEntropy(smoothing), "softmax", forms[rng.integers(3)]
    if kind in ("binary", "classes"):
        return cp.BinaryCrossEntropy(smoothing), "sigmoid", rng.integers(0, 2, (n, k)).astype(float)
    loss = {"huber": cp.Huber(float(rng.uniform(0.3, 2))), "own": cubed}.get(str(kind), str(kind))
    return loss, _activation(rng, own), rng.normal(size=(n, k))
