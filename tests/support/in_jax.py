"""The ops in JAX, written down a second time: an independent meaning of every graph and of its gradients.

Where a derivative is a choice (at a tie, at a kink) it is made as the ops' records make it, so that exact ties agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from any_graph import Case
from bounded import concrete
from clearprop.execute.philox import uniform
from clearprop.graph import Node, topological

DTYPES = {"f32": jnp.float64, "f64": jnp.float64, "i64": jnp.int64, "bool": jnp.bool_}  # everything in float64
Values = Mapping[str, Any]


def _last(x: Any, op: Callable[..., Any]) -> Any:
    return op(x, axis=-1)


def _cross_entropy(z: Any, t: Any) -> Any:
    return -jnp.sum(t * jax.nn.log_softmax(z, axis=-1), axis=-1)


def _sigmoid_cross_entropy(z: Any, y: Any) -> Any:
    return jax.nn.softplus(z) - z * y


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)


def _broadcast(x: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    return jax.lax.broadcast_in_dim(x, shape, axes)


def _slice(x: Any, axis: int, start: int, stop: int) -> Any:
    return jax.lax.slice_in_dim(x, start, stop, axis=axis)


def _rows(codes: Any, levels: int) -> Any:
    return jnp.clip(jnp.nan_to_num(jax.lax.stop_gradient(codes)), 0, levels - 1).astype(jnp.int64)


OPS: Mapping[str, Callable[..., Any]] = {
    "add": jnp.add,
    "subtract": jnp.subtract,
    "multiply": jnp.multiply,
    "divide": jnp.divide,
    "reciprocal": lambda x: 1 / x,
    "power": lambda x, exponent: x**exponent,
    "exp": jnp.exp,
    "log": jnp.log,
    "expm1": jnp.expm1,
    "log1p": jnp.log1p,
    "sqrt": jnp.sqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "erf": jax.scipy.special.erf,
    "abs": lambda x: x * jax.lax.stop_gradient(jnp.sign(x)),
    "sign": jnp.sign,
    "maximum": lambda a, b: jnp.where(a > b, a, b),  # at a tie the gradient goes to b
    "minimum": lambda a, b: jnp.where(b > a, a, b),
    "greater": jnp.greater,
    "where": jnp.where,
    "identity": lambda x: x,
    "stop_gradient": jax.lax.stop_gradient,
    "cast": lambda x, dtype: x.astype(DTYPES[dtype]),
    "sum": jnp.sum,
    "max": jnp.max,
    "matmul": _matmul,
    "transpose": jnp.transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "concat": lambda *xs, axis: jnp.concatenate(xs, axis=axis),
    "embed": lambda table, codes: table[_rows(codes, table.shape[0])],
    "add_embedded": lambda values, codes, levels: (
        jnp.zeros((levels, values.shape[1])).at[_rows(codes, levels)].add(values)
    ),
    "take_columns": lambda x, index: x[:, jnp.array(index)],
    "add_columns": lambda x, index, columns: jnp.zeros((x.shape[0], columns)).at[:, jnp.array(index)].add(x),
    "one_hot": lambda index, classes, dtype: jax.nn.one_hot(index, classes, dtype=DTYPES[dtype]),
    "take_rows": lambda table, index: table[index],
    "scatter_rows": lambda values, index, rows: jnp.zeros((rows, values.shape[1])).at[index].add(values),
    "affine": lambda x, W, b: jnp.matmul(x, W) + b,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": lambda x: jnp.where(x > 0, x, 0.0),
    "gate": lambda x, g: jnp.where(x > 0, g, 0.0),
    "leaky_relu": lambda x, slope: jnp.where(x > 0, x, x * slope),
    "elu": lambda x, alpha: jnp.where(x > 0, x, alpha * jnp.expm1(jnp.where(x > 0, 0.0, x))),
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "silu": lambda x: x * jax.nn.sigmoid(x),
    "mish": jax.nn.mish,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "softmax": lambda x: jax.nn.softmax(x, axis=-1),
    "log_softmax": lambda x: jax.nn.log_softmax(x, axis=-1),
    "softmax_cross_entropy": _cross_entropy,
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "squared_error": lambda a, y: 0.5 * jnp.sum((y - a) ** 2, axis=-1),
    "descend": lambda theta, g, eta: theta - eta * g,
    "decay": lambda theta, eta, lam: (1 - eta * lam) * theta,
    "accelerate": lambda v, g, mu: mu * v + g,
    "average": lambda m, g, beta: beta * m + (1 - beta) * g,
    "average_square": lambda v, g, beta: beta * v + (1 - beta) * g**2,
    "scaled_descend": lambda theta, g, v, eta, eps: theta - eta * g / (jnp.sqrt(v) + eps),
    "adam_descend": lambda theta, m, v, eta, c1, c2, eps: theta - eta * (m / c1) / (jnp.sqrt(v / c2) + eps),
}


def _rounded(attr: Any, node: Node) -> Any:
    """A number written in the graph, in the precision of the node."""
    return float(np.float32(attr)) if isinstance(attr, float) and node.dtype == "f32" else attr


def _leaf(node: Node, inputs: list[Any], n: int) -> Any:
    shape = concrete(node.attrs.get("shape", ()), n)
    if node.op.name == "constant":
        return jnp.full(shape, _rounded(node.attrs["value"], node), DTYPES[node.dtype])
    if node.op.name == "size":
        return jnp.asarray(n, jnp.float64)
    seed, epoch, step = (int(c) for c in np.asarray(inputs[0]))  # random numbers: tested against published ones
    numbers = uniform(seed, epoch, step, node.attrs["stream"], int(np.prod(shape)))
    return jnp.asarray(numbers.reshape(shape), jnp.float64)


class InJax:
    """A case in JAX.

    Args:
        case: its gradients are taken by `jax.grad`, gradients of gradients by `jax.grad` of `jax.grad`.
    """

    def __init__(self, case: Case) -> None:
        self.n = case.n
        self.slopes = {dx: (L, x) for dx, L, x in case.of.values()}
        self.case = case
        self.values = {name: self._given(value) for name, value in case.values[0].items()}

    @staticmethod
    def _given(value: Any) -> Any:
        array = np.asarray(value)
        return jnp.asarray(array, jnp.float64) if array.dtype.kind == "f" else jnp.asarray(array)

    def value(self, y: Node, values: Values) -> Any:
        """A node in JAX; a node that is a gradient is what JAX says the gradient is."""
        made: dict[Node, Any] = {}
        for node in _needed(y, self.slopes):
            if node in self.slopes:
                made[node] = self._slope(*self.slopes[node], values)
            elif node.op.name == "variable":
                made[node] = values[str(node.name)]
            elif node.op.name in ("constant", "size", "uniform"):
                made[node] = _leaf(node, [made[x] for x in node.inputs], self.n)
            else:
                attrs = {k: concrete(v, self.n) if k == "shape" else _rounded(v, node) for k, v in node.attrs.items()}
                made[node] = OPS[node.op.name](*(made[x] for x in node.inputs), **attrs)
        return made[y]

    def _slope(self, L: Node, x: str, values: Values) -> Any:
        return jax.grad(lambda moved: self.value(L, {**values, x: moved}))(values[x])

    def outputs(self) -> dict[str, Any]:
        """Every output of the case that is no update of it."""
        nodes = {**self.case.forward, **{name: dx for name, (dx, *_) in self.case.of.items()}}
        return {name: np.asarray(self.value(node, self.values)) for name, node in nodes.items()}


def _needed(y: Node, ends: Mapping[Node, Any]) -> list[Node]:
    """What a node is made of, down to variables and to gradients, which JAX takes itself."""
    if y in ends:
        return [y]
    cut = {node: None for node in topological([y]) if node in ends}
    if not cut:
        return topological([y])
    seen: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(y, False)]
    while stack:
        node, ready = stack.pop()
        if node in seen:
            continue
        if ready or node in cut:
            seen[node] = None
            continue
        stack.append((node, True))
        stack.extend((x, False) for x in node.inputs if x not in seen)
    return list(seen)
