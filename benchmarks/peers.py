"""One training step of a dense network (ReLU, Adam, float32) in each library, and its bare matrix products."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
from timing import Contestant

import clearprop as cp
from clearprop.execute import available


def data(sizes, rows, seed=0):
    """Random features and labels; one output has labels 0 and 1."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, sizes[0])).astype(np.float32), rng.integers(0, max(2, sizes[-1]), rows)


def network(sizes):
    """The network in clearprop."""
    hidden = [cp.Dense(n, "relu") for n in sizes[1:-1]]
    if sizes[-1] == 1:
        return cp.Network(sizes[0], [*hidden, cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    return cp.Network(sizes[0], [*hidden, cp.Dense(sizes[-1], "softmax")], "cross_entropy")


def clearprop_fit(sizes, batch, threads=None, batches=32, epochs=1):
    """`net.fit`, shuffling and history included."""
    net, (X, y) = network(sizes), data(sizes, batch * batches)

    def run():
        net.fit(X, y, optimizer=cp.Adam(1e-3), epochs=epochs, batch_size=batch, n_threads=threads)

    return Contestant(run, epochs * batches)


def flops(sizes, batch):
    """Of the 3L − 1 products of a step."""
    return 6 * batch * sum(a * b for a, b in pairwise(sizes)) - 2 * batch * sizes[0] * sizes[1]


def products(sizes, batch, draw, multiply):
    """Forward, dW, and dX but for the first layer, outputs preallocated.

    `draw` makes a matrix of random numbers, `multiply` writes the product of two into a third.
    """
    A, W = [draw(batch, s) for s in sizes], [draw(a, b) for a, b in pairwise(sizes)]
    Z, dW = [draw(batch, s) for s in sizes], [draw(a, b) for a, b in pairwise(sizes)]

    def run():
        for k, w in enumerate(W):
            multiply(A[k], w, out=Z[k + 1])
            multiply(A[k].T, A[k + 1], out=dW[k])
            if k:
                multiply(A[k + 1], w.T, out=Z[k])

    return Contestant(run)


def numpy_products(sizes, batch):
    """By NumPy's BLAS on all its threads."""
    rng = np.random.default_rng(0)
    return products(sizes, batch, lambda *shape: rng.normal(size=shape).astype(np.float32), np.matmul)


def torch_products(sizes, batch):
    """By PyTorch's."""
    import torch

    return products(sizes, batch, torch.randn, torch.mm)


def torch_step(sizes, batch, compiled=False):
    """Eager PyTorch with fused Adam; or with forward and loss compiled."""
    import torch

    torch.set_num_threads(available())
    layers = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    X, y = data(sizes, batch)
    inputs = torch.tensor(X)
    if sizes[-1] == 1:
        targets, loss = torch.tensor(y[:, None].astype(np.float32)), torch.nn.BCEWithLogitsLoss()
    else:
        targets, loss = torch.tensor(y), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def forward(x, t):
        return loss(net(x), t)

    evaluate = torch.compile(forward) if compiled else forward

    def run():
        optimizer.zero_grad()
        evaluate(inputs, targets).backward()
        optimizer.step()

    return Contestant(run)


def jax_step(sizes, batch, batches=1):
    """JAX: one step in a jit; or, for several batches, a whole epoch in one scan."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    theta = [
        (jnp.array(rng.normal(size=(a, b)) / np.sqrt(a), "float32"), jnp.zeros(b, "float32"))
        for a, b in pairwise(sizes)
    ]
    X, y = data(sizes, batch * batches)
    X, y = jnp.array(X.reshape(batches, batch, -1)), jnp.array(y.reshape(batches, batch))

    def loss(theta, x, t):
        for i, (W, b) in enumerate(theta):
            x = x @ W + b
            x = jax.nn.relu(x) if i < len(theta) - 1 else x
        if sizes[-1] == 1:
            z = x[:, 0]
            return jnp.mean(jnp.maximum(z, 0) - z * t + jnp.log1p(jnp.exp(-jnp.abs(z))))
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1))

    def step(state, batch):
        theta, m, v, t = state
        value, g = jax.value_and_grad(loss)(theta, *batch)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        theta = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), theta, m, v)
        return (theta, m, v, t), value

    zeros = jax.tree.map(jnp.zeros_like, theta)
    state = [(theta, zeros, jax.tree.map(jnp.zeros_like, theta), jnp.float32(0))]
    epoch = jax.jit(lambda s, X, y: jax.lax.scan(step, s, (X, y)), donate_argnums=0)
    one = jax.jit(step, donate_argnums=0)

    def run():
        if batches == 1:
            state[0], value = one(state[0], (X[0], y[0]))
        else:
            state[0], value = epoch(state[0], X, y)
        value.block_until_ready()

    return Contestant(run, batches)


def sklearn_step(sizes, batch):
    """scikit-learn's MLP: one partial_fit on one batch."""
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    X, y = data(sizes, batch)
    model = MLPClassifier(tuple(sizes[1:-1]), batch_size=batch)
    classes = np.arange(max(2, sizes[-1]))
    model.partial_fit(X, y, classes=classes)
    return Contestant(lambda: model.partial_fit(X, y))
