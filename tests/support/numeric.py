"""Independent derivatives for tests: the complex step and central differences."""

from __future__ import annotations

import numpy as np

import clearprop as cp
from clearprop.graph import Graph, Type, rebuild, topological, variable


def draw(rng, type, domain="real"):
    """Numbers of a type from a domain that an op's examples name; away from 0, where kinks are."""
    if domain.startswith("rows:"):
        return rng.integers(0, int(domain[5:]), type.shape)
    if domain == "bool":
        return rng.random(type.shape) < 0.5
    if domain == "positive":
        return rng.uniform(0.3, 2.0, type.shape)
    if domain == "unit":
        return rng.uniform(0.1, 0.9, type.shape)
    return rng.uniform(0.2, 1.5, type.shape) * rng.choice([-1.0, 1.0], type.shape)


def as_complex(y):
    """The same graph on complex numbers, all fused ops written out; its variables keep their names."""
    graph = cp.expand(Graph({"y": y}))

    def visit(node):
        if node.dtype == "f64" and node.op.name == "variable":
            return variable(node.name, node.shape, "c128")
        if "dtype" in node.attrs and node.attrs["dtype"] == "f64":
            return node.op(*node.inputs, **{**node.attrs, "dtype": "c128"})
        return node

    return rebuild(graph, visit)["y"]


def complex_step(y, values, direction, h=1e-30):
    """d/dt y(values + t·direction) at 0, exact to rounding where every op is analytic."""
    stepped = {name: np.asarray(v) + 1j * h * direction[name] if name in direction else v for name, v in values.items()}
    return np.imag(cp.evaluate(as_complex(y), stepped)) / h


def central_difference(y, values, direction, h=1e-6):
    """(y(values + h·direction) − y(values − h·direction)) / 2h."""

    def at(t):
        moved = {name: np.asarray(v) + t * direction[name] if name in direction else v for name, v in values.items()}
        return cp.evaluate(y, moved)

    return (at(h) - at(-h)) / (2 * h)


def slope(f, at, h=1e-6):
    """Central differences of a scalar function of an array, entry by entry."""
    at = np.asarray(at, float)
    grad = np.zeros_like(at)
    for i in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def is_analytic(y):
    """Whether a complex step may go through every op of a node's expansion."""
    return all(node.op.analytic for node in topological([cp.expand(y)]))


def f64(*shape):
    return Type(shape, "f64")
