"""Small networks with every layer, activation, loss and optimizer, for `every_output.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import clearprop as cp

ACTIVATIONS = (
    "identity",
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "mish",
    "softplus",
    "softmax",
)
OPTIMIZERS: dict[str, Any] = {
    "gradient-descent": "gradient_descent",
    "gradient-descent-decay": cp.GradientDescent(0.5, weight_decay=0.01),
    "sgd": "sgd",
    "sgd-plain": cp.SGD(0.1, momentum=0.0, clip_value=0.01),
    "sgd-nesterov": cp.SGD(0.1, 0.9, nesterov=True, weight_decay=0.1),
    "adam": "adam",
    "adam-schedule": cp.Adam(cp.WarmUp(cp.Cosine(0.1), 3), clip_norm=0.5),
    "adam-decay": cp.Adam(cp.StepDecay(0.1, 0.5, 2), weight_decay=0.1),
    "adam-coslog": cp.Adam(cp.CosLog(0.04), weight_decay=cp.FlatCosine(0.02)),
    "adamw": cp.AdamW(clip_norm=0.5),
    "rmsprop": cp.RMSProp(cp.ReduceOnPlateau(0.01, patience=1)),
    "adagrad": cp.AdaGrad(clip_value=0.1),
}


class Gate:
    """A layer of the user's own: two matrices, of which one opens and shuts the other's answer."""

    def build(self, x: Any, scope: Any) -> Any:
        x = scope.open_layer(x)
        W = scope.parameter("W", (x.shape[1], 2), cp.Normal(0.5))
        V = scope.parameter("W", (x.shape[1], 2), cp.Normal(0.4), suffix="_2")
        z = scope.named(x @ W, "z")
        return scope.named(z * scope.named(cp.sigmoid(x @ V), "s"), "a")

    def __repr__(self) -> str:
        return "Gate()"


def doubled(z: Any) -> Any:
    """An activation of the user's own."""
    return z * 2.0 + 1.0


def cubed(a: Any, y: Any) -> Any:
    """A loss of the user's own."""
    return cp.sum(cp.abs(a - y) ** 3, [1])


LAYERS: dict[str, Callable[[], list[Any]]] = {
    "activation": lambda: [cp.Dense(3), cp.Activation("relu"), cp.Dense(1)],
    "batch-norm": lambda: [cp.Dense(3), cp.BatchNorm(), cp.Activation("tanh"), cp.Dense(1)],
    "batch-norm-first": lambda: [cp.BatchNorm(0.2, 1e-3), cp.Dense(1)],
    "layer-norm": lambda: [cp.Dense(3, "silu"), cp.LayerNorm(), cp.Dense(1)],
    "dropout": lambda: [cp.Dense(4, "relu"), cp.Dropout(0.5), cp.Dense(1)],
    "linear": lambda: [cp.Linear(2, 3), cp.Activation("sigmoid"), cp.Linear(3, 1, bias=False)],
    "no-bias": lambda: [cp.Dense(3, "tanh", bias=False), cp.Dense(1)],
    "leaky": lambda: [cp.Dense(3, cp.LeakyReLU(0.2)), cp.Dense(2, cp.ELU(0.5)), cp.Dense(1)],
    "piecewise-linear": lambda: [cp.PiecewiseLinear([[-1, 0, 2], [0, 1]]), cp.Dense(2, "tanh"), cp.Dense(1)],
    "embedding": lambda: [cp.Embedding({1: 3}, 2), cp.Dense(2, "tanh"), cp.Dense(1)],
    "periodic": lambda: [cp.Periodic(2, 3, 0.3), cp.Dense(2, "tanh"), cp.Dense(1)],
    "radial": lambda: [cp.Radial(2, [[0, 0], [1, -1], [0.5, 2]], 1.5, "tanh"), cp.Dense(1)],
    "ntk": lambda: [
        cp.Scale(learning_rate_factor=6),
        cp.Dense(3, parametrization="ntk"),
        cp.ParametricActivation("selu"),
        cp.Dense(1, parametrization="ntk"),
    ],
    "own-activation": lambda: [cp.Dense(2, doubled), cp.Dense(1)],
    "own-layer": lambda: [Gate(), cp.Dense(1)],
    "initializers": lambda: [cp.Dense(2, "tanh", init=cp.LeCun(), bias_init=0.5), cp.Dense(1, init=cp.FanInUniform())],
    "deep": lambda: [*(cp.Dense(2, "tanh") for _ in range(4)), cp.Dense(1)],
    "wide": lambda: [cp.Dense(20, "relu"), cp.Dense(1)],  # only drawn
}
LOSSES: dict[str, tuple[Any, int, str | None]] = {
    "squared-error": ("squared_error", 1, None),
    "mean-squared-error": ("mean_squared_error", 2, None),
    "mean-absolute-error": ("mean_absolute_error", 2, None),
    "huber": ("huber", 1, None),
    "huber-half": (cp.Huber(0.5), 2, "sigmoid"),
    "binary-cross-entropy": ("binary_cross_entropy", 1, "sigmoid"),
    "binary-cross-entropy-smooth": (cp.BinaryCrossEntropy(0.1), 1, "sigmoid"),
    "cross-entropy": ("cross_entropy", 3, "softmax"),
    "cross-entropy-smooth": (cp.CrossEntropy(0.1), 3, "softmax"),
    "squared-error-softmax": ("squared_error", 3, "softmax"),
    "own": (cubed, 2, "tanh"),
}


@cache
def network(name: str) -> tuple[cp.Network, Any, Any]:
    """A small network, and six samples for it."""
    options: dict[str, Any] = {"seed": 1, "dtype": "float64"}
    if name == "binary":
        net = cp.Network(3, [cp.Dense(3, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", **options)
    elif name == "classes":
        net = cp.Network(2, [cp.Dense(3, "relu"), cp.Dense(3, "softmax")], "cross_entropy", l2=0.1, **options)
    elif name == "norm":
        layers = [cp.Dense(3), cp.BatchNorm(), cp.Activation("relu"), cp.Dropout(0.3), cp.LayerNorm(), cp.Dense(2)]
        net = cp.Network(2, layers, "mean_squared_error", l1=0.01, **options)
    elif name in LAYERS:
        net = cp.Network(2, LAYERS[name](), "squared_error", **options)
    elif name in LOSSES:
        loss, units, last = LOSSES[name]
        net = cp.Network(2, [cp.Dense(2, "tanh"), cp.Dense(units, last)], loss, **options)
    else:
        net = cp.Network(2, [cp.Dense(2, name), cp.Dense(2, name)], "squared_error", **options)
    return net, *samples(net, 6)


def samples(net: cp.Network, n: int) -> tuple[Any, Any]:
    """n samples for a network, with round numbers."""
    rng, k = np.random.default_rng(0), net.architecture.n_outputs
    X = rng.normal(size=(n, net.architecture.n_inputs)).round(2)
    if net.architecture.loss is not None and "CrossEntropy" in type(net.architecture.checked_loss()).__name__:
        return X, np.arange(n) % max(k, 2)
    return X, rng.normal(size=(n, k)).round(2)
