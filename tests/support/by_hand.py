"""Forward pass, loss and backward pass of a dense network as a textbook writes them, in plain NumPy.

Nothing here knows of clearprop: what it computes is compared with what clearprop computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import erf, pi

import numpy as np

# --- activations: f(z) and f′(z)

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_erf = np.vectorize(erf, otypes=[float])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softplus(z):
    return np.log(1 + np.exp(z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def elu(alpha, scale=1.0):
    return (
        lambda z: scale * np.where(z > 0, z, alpha * (np.exp(z) - 1)),
        lambda z: scale * np.where(z > 0, 1, alpha * np.exp(z)),
    )


def leaky_relu(slope):
    return lambda z: np.where(z > 0, z, slope * z), lambda z: np.where(z > 0, 1, slope)


def mish_slope(z):
    t = np.tanh(softplus(z))
    return t + z * (1 - t**2) * sigmoid(z)


def silu_slope(z):
    return sigmoid(z) * (1 + z * (1 - sigmoid(z)))


def normal_distribution(z):
    return 0.5 * (1 + _erf(z / np.sqrt(2)))


def normal_density(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * pi)


IDENTITY = (lambda z: z, lambda z: np.ones_like(z))
SILU = (lambda z: z * sigmoid(z), silu_slope)
ACTIVATIONS: dict[str, tuple[Callable, Callable | None]] = {
    "identity": IDENTITY,
    "linear": IDENTITY,
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": leaky_relu(0.01),
    "elu": elu(1.0),
    "selu": elu(SELU_ALPHA, SELU_SCALE),
    "gelu": (lambda z: z * normal_distribution(z), lambda z: normal_distribution(z) + z * normal_density(z)),
    "silu": SILU,
    "swish": SILU,
    "mish": (lambda z: z * np.tanh(softplus(z)), mish_slope),
    "softplus": (softplus, sigmoid),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "softmax": (softmax, None),  # no f′: every unit depends on every other
}
WITH_NUMBER = {"LeakyReLU": leaky_relu, "ELU": elu}


@dataclass(frozen=True)
class Activation:
    """By name; `number` is the slope of a LeakyReLU, the α of an ELU."""

    name: str
    number: float | None = None

    @property
    def functions(self):
        return ACTIVATIONS[self.name] if self.number is None else WITH_NUMBER[self.name](self.number)

    def forward(self, z):
        return self.functions[0](z)

    def slope(self, z):
        """f′(z), or None where there is no such thing."""
        return None if self.functions[1] is None else self.functions[1](z)

    def backward(self, z, da):
        """δ of da: da ⊙ f′(z), or da times the whole Jacobian diag(p) − p·pᵀ of softmax, sample by sample."""
        if self.name != "softmax":
            return da * self.slope(z)
        return np.stack([d @ (np.diag(p) - np.outer(p, p)) for d, p in zip(da, softmax(z), strict=True)])


# --- losses: one number per sample, and its gradient by the outputs


@dataclass(frozen=True)
class Loss:
    """By name; `number` is Huber's δ, or the label smoothing ε of a cross-entropy."""

    name: str
    number: float = 0.0

    def smoothed(self, y):
        if self.name == "binary_cross_entropy":
            return (1 - self.number) * y + self.number / 2
        if self.name == "cross_entropy":
            return (1 - self.number) * y + self.number / y.shape[1]
        return y

    def forward(self, a, y):
        y, k, d = self.smoothed(y), a.shape[1], a - y
        if self.name == "squared_error":
            return 0.5 * (d**2).sum(axis=1)
        if self.name == "mean_squared_error":
            return (d**2).sum(axis=1) / k
        if self.name == "mean_absolute_error":
            return abs(d).sum(axis=1) / k
        if self.name == "huber":
            far = self.number * (abs(d) - self.number / 2)
            return np.where(abs(d) > self.number, far, d**2 / 2).sum(axis=1) / k
        if self.name == "binary_cross_entropy":
            return -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=1) / k
        assert self.name == "cross_entropy"
        return -(y * np.log(a)).sum(axis=1)

    def gradient(self, a, y):
        y, k, d = self.smoothed(y), a.shape[1], a - y
        if self.name == "squared_error":
            return d
        if self.name == "mean_squared_error":
            return 2 * d / k
        if self.name == "mean_absolute_error":
            return np.sign(d) / k
        if self.name == "huber":
            return np.where(abs(d) > self.number, self.number * np.sign(d), d) / k
        if self.name == "binary_cross_entropy":
            return (-y / a + (1 - y) / (1 - a)) / k
        assert self.name == "cross_entropy"
        return -y / a


LOSSES = {
    "squared_error": 0.0,
    "mean_squared_error": 0.0,
    "mean_absolute_error": 0.0,
    "huber": 1.0,
    "binary_cross_entropy": 0.0,
    "cross_entropy": 0.0,
}
NEEDS = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}


# --- networks


@dataclass
class Layer:
    """z = a · W + b, a = f(z); W is (n_in, n_out)."""

    W: np.ndarray
    b: np.ndarray | None
    activation: Activation


@dataclass
class Network:
    """Layers, a loss, penalties l1·Σ|w| + l2/2·Σw², and a batch: rows of X are samples.

    Attributes:
        y: the targets as numbers, (N, k).
        given: the same as a person would pass them: class labels, a flat vector, or y itself.
    """

    layers: list[Layer]
    loss: Loss
    X: np.ndarray
    y: np.ndarray
    given: np.ndarray
    l1: float = 0.0
    l2: float = 0.0

    @property
    def depth(self) -> int:
        return len(self.layers)

    def sample(self, i: int) -> Network:
        """The same network on one row."""
        rows = slice(i, i + 1)
        return Network(self.layers, self.loss, self.X[rows], self.y[rows], self.given[rows], self.l1, self.l2)

    def run(self) -> dict[str, np.ndarray]:
        """Every value by name: a0, z1, a1, …, loss (without penalties), L, da_L, dz_L, dW_L, db_L, …, db1."""
        v = {"a0": self.X}
        for l, layer in enumerate(self.layers, 1):
            v[f"z{l}"] = v[f"a{l - 1}"] @ layer.W + (0 if layer.b is None else layer.b)
            v[f"a{l}"] = layer.activation.forward(v[f"z{l}"])
        output, N = v[f"a{self.depth}"], len(self.X)
        v["loss"] = self.loss.forward(output, self.y).sum() / N
        squares = sum((layer.W**2).sum() for layer in self.layers)
        absolutes = sum(abs(layer.W).sum() for layer in self.layers)
        v["L"] = v["loss"] + self.l1 * absolutes + self.l2 / 2 * squares
        da = self.loss.gradient(output, self.y) / N
        for l, layer in reversed(list(enumerate(self.layers, 1))):
            v[f"da{l}"] = da
            v[f"dz{l}"] = layer.activation.backward(v[f"z{l}"], da)
            v[f"dW{l}"] = v[f"a{l - 1}"].T @ v[f"dz{l}"] + self.l1 * np.sign(layer.W) + self.l2 * layer.W
            if layer.b is not None:
                v[f"db{l}"] = v[f"dz{l}"].sum(axis=0)
            da = v[f"dz{l}"] @ layer.W.T
        return v

    def parameters(self) -> dict[str, np.ndarray]:
        """W1, b1, …"""
        found = {}
        for l, layer in enumerate(self.layers, 1):
            found[f"W{l}"] = layer.W
            if layer.b is not None:
                found[f"b{l}"] = layer.b
        return found


# --- fifty of them

SEEDS = range(50)


def random_activation(rng) -> Activation:
    name = str(rng.choice([*ACTIVATIONS, *WITH_NUMBER]))
    return Activation(name, float(rng.uniform(0.05, 1.5)) if name in WITH_NUMBER else None)


def random_loss(rng, outputs: int) -> Loss:
    name = str(rng.choice([name for name in LOSSES if outputs > 1 or name != "cross_entropy"]))
    if name in NEEDS:
        return Loss(name, float(rng.choice([0.0, 0.1])))
    return Loss(name, float(rng.choice([1.0, 0.3])) if name == "huber" else 0.0)


def random_targets(rng, loss: Loss, N: int, k: int):
    """As numbers, and as a person would pass them."""
    if loss.name == "cross_entropy":
        labels = rng.integers(0, k, N)
        y = np.eye(k)[labels] if rng.random() < 0.8 else rng.dirichlet(np.ones(k), N)
        return y, labels if rng.random() < 0.5 and (y.max(axis=1) == 1).all() else y
    if loss.name == "binary_cross_entropy":
        y = rng.integers(0, 2, (N, k)).astype(float)
    else:
        y = rng.normal(size=(N, k)) * 2
    return y, y[:, 0] if k == 1 and rng.random() < 0.5 else y


def random_layer(rng, n_in: int, n_out: int, activation: Activation) -> Layer:
    b = None if rng.random() < 0.2 else rng.normal(size=n_out) * 0.5
    return Layer(rng.normal(size=(n_in, n_out)) / np.sqrt(n_in) * 1.2, b, activation)


def random_network(seed: int) -> Network:
    """A network of 1 to 6 layers of 1 to 5 units, and a batch of 1 to 4 samples."""
    rng = np.random.default_rng(seed)
    depth, N = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    widths = [int(n) for n in rng.integers(1, 6, depth + 1)]
    loss = random_loss(rng, widths[-1])
    layers = [random_layer(rng, i, o, random_activation(rng)) for i, o in pairwise(widths)]
    if loss.name in NEEDS:
        layers[-1].activation = Activation(NEEDS[loss.name])
    l1, l2 = (float(rng.choice([0.0, 0.0, 0.1])) for _ in range(2))
    y, given = random_targets(rng, loss, N, widths[-1])
    return Network(layers, loss, rng.normal(size=(N, widths[0])), y, given, l1, l2)
