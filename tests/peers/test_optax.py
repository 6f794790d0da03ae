"""Gradients of a network against jax.grad, and ten optimizer steps against optax, in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clearprop as cp

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
pytestmark = pytest.mark.peers
jnp, jnn = jax.numpy, jax.nn

TOLERANCE = 1e-8
worst = {"optimizers": 0.0, "gradients": 0.0}
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
LR = 0.05


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
    print(f"\nlargest error of optimizers {worst['optimizers']:.1e}, of gradients {worst['gradients']:.1e}")


def network(**options):
    return cp.Network(3, [cp.Dense(5, "gelu"), cp.Dense(2)], "mean_squared_error", dtype="float64", **options)


def as_jax(net):
    return {k: jnp.asarray(v) for k, v in net.parameters.items()}


def loss(p):
    a = jnn.gelu(X @ p["W1"] + p["b1"], approximate=False) @ p["W2"] + p["b2"]
    return jnp.mean((a - Y) ** 2)


# --- optimizers


def weights_only(parameters):
    """Weight decay is for weight matrices."""
    return {k: k.startswith("W") for k in parameters}


def decayed(optimizer):
    """λθ added to the gradient before the optimizer sees it."""
    return optax.chain(optax.add_decayed_weights(0.1, mask=weights_only), optimizer)


# optax's AdaGrad divides by √(s + ε), clearprop's (as PyTorch's) by √s + ε, and optax's s starts at 0.1 by default:
# they are compared with an s that starts at 0 and an ε so small that its place makes no difference.
def adagrad():
    return optax.adagrad(LR, initial_accumulator_value=0.0, eps=1e-30)


# optax's RMSProp has its ε under the root by default; outside, it is clearprop's and PyTorch's.
def rmsprop(decay=0.99, eps=1e-8):
    return optax.rmsprop(LR, decay=decay, eps=eps, eps_in_sqrt=False)


def exactly(schedule):
    """A schedule whose step is a float64: optax counts in int32, whose quotients are float32."""
    return lambda step: schedule(jnp.asarray(step, jnp.float64))


def rise_and_cosine(t):
    return jnp.minimum(1.0, (t + 1) / 4) * LR / 2 * (1 + jnp.cos(math.pi * t / 10))


PAIRS = {
    "gradient descent": (cp.GradientDescent(LR), lambda: optax.sgd(LR)),
    "gradient descent, decay": (cp.GradientDescent(LR, weight_decay=0.1), lambda: decayed(optax.sgd(LR))),
    "momentum": (cp.SGD(LR, 0.9), lambda: optax.sgd(LR, momentum=0.9)),
    "momentum, decay": (cp.SGD(LR, 0.9, weight_decay=0.1), lambda: decayed(optax.sgd(LR, momentum=0.9))),
    "Nesterov": (cp.SGD(LR, 0.8, nesterov=True), lambda: optax.sgd(LR, momentum=0.8, nesterov=True)),
    "AdaGrad": (cp.AdaGrad(LR, epsilon=1e-30), adagrad),
    "AdaGrad, decay": (cp.AdaGrad(LR, epsilon=1e-30, weight_decay=0.1), lambda: decayed(adagrad())),
    "RMSProp": (cp.RMSProp(LR), rmsprop),
    "RMSProp, β, ε": (cp.RMSProp(LR, beta=0.7, epsilon=0.01), lambda: rmsprop(0.7, 0.01)),
    "RMSProp, decay": (cp.RMSProp(LR, weight_decay=0.1), lambda: decayed(rmsprop())),
    "Adam": (cp.Adam(LR), lambda: optax.adam(LR)),
    "Adam, β, ε": (cp.Adam(LR, 0.5, 0.8, 0.01), lambda: optax.adam(LR, 0.5, 0.8, 0.01)),
    "Adam, decay": (cp.Adam(LR, weight_decay=0.1), lambda: decayed(optax.adam(LR))),
    "AdamW": (cp.AdamW(LR, weight_decay=0.1), lambda: optax.adamw(LR, weight_decay=0.1, mask=weights_only)),
    "AdamW, no decay": (cp.AdamW(LR, weight_decay=0.0), lambda: optax.adamw(LR, weight_decay=0.0)),
    # Clipping by norm is left out: clearprop, as PyTorch, divides by the norm + 1e-6, optax by the norm.
    "Adam, clipped": (cp.Adam(LR, clip_value=0.01), lambda: optax.chain(optax.clip(0.01), optax.adam(LR))),
    "Adam, cosine": (
        cp.Adam(cp.Cosine(LR, 0.01)),
        lambda: optax.adam(exactly(optax.cosine_decay_schedule(LR, 10, 0.01 / LR))),
    ),
    "AdamW, step decay": (
        cp.AdamW(cp.StepDecay(LR, 0.5, 3), weight_decay=0.1),
        lambda: optax.adamw(
            exactly(optax.exponential_decay(LR, 3, 0.5, staircase=True)), weight_decay=0.1, mask=weights_only
        ),
    ),
    "momentum, warm-up": (
        cp.SGD(cp.WarmUp(LR, steps=4), 0.9),
        lambda: optax.sgd(exactly(optax.linear_schedule(LR / 4, LR, 3)), momentum=0.9),
    ),
    "SGD, warm-up and cosine": (
        cp.SGD(cp.WarmUp(cp.Cosine(LR), steps=4), 0.0),
        lambda: optax.sgd(exactly(rise_and_cosine)),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_ten_steps(name):
    ours, theirs = PAIRS[name]
    net = network()
    start = p = as_jax(net)
    optimizer, slope = theirs(), jax.jit(jax.grad(loss))
    state = optimizer.init(p)
    for _ in range(10):
        updates, state = optimizer.update(slope(p), state, p)
        p = optax.apply_updates(p, updates)
    assert p["W1"].dtype == np.float64
    net.fit(X, Y, optimizer=ours, epochs=10, batch_size=16, shuffle=False)
    assert max(np.abs(p[k] - start[k]).max() for k in p) > 1e-3, "the parameters did move"
    error = max(float(np.abs(net.parameters[k] - np.asarray(p[k])).max()) for k in p)
    worst["optimizers"] = max(worst["optimizers"], error)
    assert error < TOLERANCE


# --- gradients


def assert_gradients(net, y, objective, mode="inference"):
    t = net.trace(X, y, mode=mode)
    value, slopes = jax.value_and_grad(objective)(as_jax(net))
    np.testing.assert_allclose(t.loss, value, rtol=1e-12)
    for name, slope in slopes.items():
        error = float((np.abs(t[f"d{name}"] - np.asarray(slope)) / (1 + np.abs(slope))).max())
        worst["gradients"] = max(worst["gradients"], error)
        assert error < 1e-10, name


def test_gradients_of_a_network():
    assert_gradients(network(), Y, loss)


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": jnn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jnn.relu,
    "leaky_relu": jnn.leaky_relu,
    "elu": jnn.elu,
    "selu": jnn.selu,
    "gelu": lambda z: jnn.gelu(z, approximate=False),
    "silu": jnn.silu,
    "mish": jnn.mish,
    "softplus": jnn.softplus,
    "softsign": jnn.soft_sign,
    "softmax": jnn.softmax,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_of_a_classifier(name):
    """Three layers, l1 and l2, cross-entropy with smoothed labels."""
    f, labels = ACTIVATIONS[name], np.arange(16) % 3
    layers = [cp.Dense(6, name), cp.Dense(4, name), cp.Dense(3, "softmax")]
    net = cp.Network(3, layers, cp.CrossEntropy(0.1), dtype="float64", l1=0.01, l2=0.1)

    def objective(p):
        z = f(f(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"]
        t = optax.smooth_labels(jnn.one_hot(labels, 3, dtype=jnp.float64), 0.1)
        weights = [p[k] for k in ("W1", "W2", "W3")]
        penalty = sum(0.01 * jnp.abs(W).sum() + 0.05 * (W**2).sum() for W in weights)
        return optax.softmax_cross_entropy(z, t).mean() + penalty

    assert_gradients(net, labels, objective)


@pytest.mark.parametrize("norm", [cp.BatchNorm(), cp.LayerNorm()], ids=["batch", "layer"])
def test_gradients_through_a_normalisation(norm):
    y = (rng.random((16, 2)) < 0.5).astype(float)
    layers = [cp.Dense(5), norm, cp.Activation("tanh"), cp.Dense(2, "sigmoid")]
    net = cp.Network(3, layers, "binary_cross_entropy", dtype="float64")
    axis = 0 if isinstance(norm, cp.BatchNorm) else 1

    def objective(p):
        z = X @ p["W1"] + p["b1"]
        n = (z - z.mean(axis, keepdims=True)) / jnp.sqrt(z.var(axis, keepdims=True) + 1e-5)
        z = jnp.tanh(p["gamma1"] * n + p["beta1"]) @ p["W2"] + p["b2"]
        return optax.sigmoid_binary_cross_entropy(z, y).mean()

    assert_gradients(net, y, objective, mode="training")
