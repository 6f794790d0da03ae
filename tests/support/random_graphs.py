"""A Hypothesis strategy of random graphs whose values stay moderate."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import clearprop as cp
from clearprop.graph import variable

ROWS, COLUMNS = 4, 3
UNARY_ANALYTIC = [
    cp.sigmoid,
    cp.tanh,
    cp.silu,
    cp.softmax,
    cp.sin,
    cp.softplus,
    lambda x: cp.exp(cp.tanh(x)),
    lambda x: cp.log(cp.sigmoid(x) + 0.5),
    lambda x: 1 / (1 + cp.exp(-x)),
    lambda x: x * 0.5 + 1.0,
    lambda x: -x,
    lambda x: -(-x),
    lambda x: cp.sqrt(cp.softplus(x) + 1.0),
    lambda x: (cp.tanh(x)) ** 2,
    lambda x: cp.log_softmax(cp.tanh(x)),
    lambda x: x - cp.broadcast(cp.mean(x, 0), x.shape, [1]),
    lambda x: x / cp.broadcast(cp.sum(cp.exp(cp.tanh(x)), 1), x.shape, [0]),
    lambda x: cp.concat([cp.slice(x, 1, 1, 3), cp.slice(x, 1, 0, 1)], axis=1),
]
UNARY_KINKED = [
    cp.relu,
    lambda x: cp.leaky_relu(x, 0.2),
    lambda x: cp.elu(x, 0.7),
    cp.gelu,
    cp.abs,
    lambda x: cp.clip(x, -0.5, 0.5),
    lambda x: cp.where(x > 0.1, x, 2.0 * x),
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: cp.tanh(a) * cp.tanh(b),
    lambda a, b: a / (cp.softplus(b) + 1.0),
    lambda a, b: cp.matmul(cp.tanh(a), cp.matmul(cp.tanh(b), cp.tanh(a), transpose_a=True)),
]
BINARY_KINKED = [cp.maximum, cp.minimum]


@st.composite
def graphs(draw, analytic=False):
    """A scalar made from variables x0, x1 of shape (4, 3), some inner nodes named, and values for the variables."""
    unary = UNARY_ANALYTIC + ([] if analytic else UNARY_KINKED)
    binary = BINARY + ([] if analytic else BINARY_KINKED)
    nodes = [variable("x0", (ROWS, COLUMNS)), variable("x1", (ROWS, COLUMNS))]
    for i in range(draw(st.integers(1, 8))):
        a = nodes[draw(st.integers(0, len(nodes) - 1))]
        if draw(st.booleans()):
            node = unary[draw(st.integers(0, len(unary) - 1))](a)
        else:
            b = nodes[draw(st.integers(0, len(nodes) - 1))]
            node = binary[draw(st.integers(0, len(binary) - 1))](a, b)
        nodes.append(node.named(f"n{i}") if draw(st.booleans()) else node)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = {f"x{i}": rng.normal(size=(ROWS, COLUMNS)) for i in range(2)}
    return cp.mean(nodes[-1] * cp.tanh(nodes[-1])), values
