"""Gradients against jax.grad, and ten optimizer steps against optax, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import clearprop as cp

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
jnp = jax.numpy
pytestmark = pytest.mark.peers

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 2))
LR = 0.05


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def network():
    return cp.Network(3, [cp.Dense(5, "gelu"), cp.Dense(2)], "mean_squared_error", dtype="float64")


def loss(p):
    a = jax.nn.gelu(X @ p["W1"] + p["b1"], approximate=False) @ p["W2"] + p["b2"]
    return jnp.mean((a - Y) ** 2)


def test_gradients_equal_jax():
    net = network()
    t = net.trace(X, Y)
    for name, g in jax.grad(loss)({k: jnp.asarray(v) for k, v in net.parameters.items()}).items():
        np.testing.assert_allclose(t[f"d{name}"], g, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cp.GradientDescent(LR), lambda: optax.sgd(LR)),
        (cp.SGD(LR, 0.9), lambda: optax.sgd(LR, momentum=0.9)),
        (cp.SGD(LR, 0.9, nesterov=True), lambda: optax.sgd(LR, momentum=0.9, nesterov=True)),
        (cp.RMSProp(LR), lambda: optax.rmsprop(LR, decay=0.99, eps=1e-8, eps_in_sqrt=False)),
        (cp.Adam(LR), lambda: optax.adam(LR)),
        (cp.Adam(LR, clip_value=0.01), lambda: optax.chain(optax.clip(0.01), optax.adam(LR))),
        (cp.AdamW(LR, weight_decay=0.1), lambda: optax.adamw(LR, weight_decay=0.1, mask=weights_only)),
    ],
    ids=lambda x: repr(x) if isinstance(x, cp.GradientDescent.__base__) else "",
)
def test_ten_steps(ours, theirs):
    net = network()
    p = {k: jnp.asarray(v) for k, v in net.parameters.items()}
    optimizer = theirs()
    state = optimizer.init(p)
    for _ in range(10):
        updates, state = optimizer.update(jax.grad(loss)(p), state, p)
        p = optax.apply_updates(p, updates)
    net.fit(X, Y, optimizer=ours, epochs=10, batch_size=16, shuffle=False)
    assert max(np.abs(net.parameters[k] - np.asarray(p[k])).max() for k in p) < 1e-8


def weights_only(parameters):
    return {k: k.startswith("W") for k in parameters}
