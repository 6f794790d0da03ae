"""What layers without a bend come to: the one layer that equals them all, residual sums among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clearprop.execute import Array
from clearprop.graph import Name, Node, topological
from clearprop.nn import Architecture
from clearprop.nn.names import X

_LINEAR = {"variable", "identity", "affine", "matmul", "add"}  # ops of which a line is all that can be made

_LONGEST = 200  # letters of a product within another


@dataclass(frozen=True)
class LinearMap:
    """X · W + b.

    Attributes:
        W, b: its numbers.
        rank: of W at most, whatever the numbers are.
        product: what W is made of: "W[1]·W[2]", "(W[1]·W[2] + I)·W[4]"; what is long begins with "…".
    """

    W: Array
    b: Array
    rank: int
    product: str = "I"

    def then(self, layer: int | None, W: Array, b: Array | float) -> LinearMap:
        """A layer behind it."""
        before = f"({self.product})" if " + " in self.product else self.product
        product = f"W[{layer}]" if before == "I" else f"{_bounded(before)}·W[{layer}]"
        return LinearMap(self.W @ W, self.b @ W + b, min(self.rank, *W.shape), product)

    def plus(self, other: LinearMap) -> LinearMap:
        """The sum of both."""
        rank = min(self.rank + other.rank, *self.W.shape)
        product = " + ".join(map(_bounded, (self.product, other.product)))
        return LinearMap(self.W + other.W, self.b + other.b, rank, product)


def _bounded(product: str) -> str:
    """A product, or "…": blocks with shortcuts double it one after the other."""
    return product if len(product) <= _LONGEST else "…"


def linear_map(architecture: Architecture, parameters: Mapping[str, Array]) -> LinearMap | None:
    """What z[L] is of the inputs, if nothing on the way bends it; else None.

    Example:
        >>> block = cp.Residual([cp.Dense(2), cp.Dense(2)])
        >>> net = cp.Network(2, [block, cp.Dense(1, "sigmoid")], "binary_cross_entropy", dtype="float64")
        >>> linear_map(net.architecture, net.parameters).product
        '(W[1]·W[2] + I)·W[4]'
    """
    z = architecture.prediction_graph("f64").named.get(Name.value("z", architecture.depth))
    nodes = [] if z is None else topological([z])
    if z is None or not _LINEAR.issuperset(node.op.name for node in nodes):
        return None
    n, declared = architecture.n_inputs, architecture.parameters
    maps: dict[Node, LinearMap] = {}  # of the nodes that depend on the inputs
    for node in nodes:
        of = [maps[x] for x in node.inputs if x in maps]
        given = [x.name for x in node.inputs if x.name in declared]
        match node.op.name, of:
            case "variable", []:
                if node.name == X:
                    maps[node] = LinearMap(np.eye(n), np.zeros(n), n)
            case "identity", [x]:
                maps[node] = x
            case "add", [x, other]:
                maps[node] = x.plus(other)
            case "affine" | "matmul", [x] if len(given) == len(node.inputs) - 1:
                W, b = parameters[given[0]], parameters[given[1]] if given[1:] else 0.0
                maps[node] = x.then(declared[given[0]].layer, W, b)
            case _:
                return None
    return maps[z]
