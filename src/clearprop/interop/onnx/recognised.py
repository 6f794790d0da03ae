"""Layers that ONNX has by name, found in a graph of primitives: normalisations and SELU.

The pattern is the layer itself, as it builds its part of a graph, so that the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from clearprop.arrays import Array
from clearprop.graph import Graph, Node, Op, Type, rebuild, simplify, variable
from clearprop.graph.fused.activations import selu
from clearprop.graph.fused.record import Hole
from clearprop.graph.rewrite import match
from clearprop.nn import Architecture, BatchNorm, Layer, LayerNorm


def _first(x: Type, *others: Type, **numbers: Any) -> Type:
    return x


_LAYER_NORM = Op("layer_normalization", _first, None, "", kind="reduction")
_BATCH_NORM = Op("batch_normalization", _first, None, "")
_SELU = Op("selu", _first, None, "")
_FAR = 8.0  # standard deviations that a mean may be from 0: of float32's seven digits one is lost then


class _Pattern(NamedTuple):
    """What a part of a graph looks like, the variables in it, and the op that stands for it."""

    op: Op
    root: Node
    variables: tuple[Node, ...]

    def found_in(self, node: Node, parameters: Mapping[str, Array]) -> Node | None:
        """The op in a node's place, if the node has the pattern's form and nothing is lost."""
        bound: dict[Node, Node] = {}
        holes: dict[str, float] = {}
        if not match(self.root, node, bound, holes):
            return None
        if node.dtype != "f32" and any(float(np.float32(number)) != number for number in holes.values()):
            return None
        x, *others = (bound[variable] for variable in self.variables)
        if x.type != node.type or any(v.shape != node.shape[1:] for v in others):
            return None
        found = self.op(x, *others, **holes)
        return None if self.op is _BATCH_NORM and _cancels(found, parameters) else found


def _cancels(node: Node, parameters: Mapping[str, Array]) -> bool:
    """Whether a batch normalisation has a mean that is large beside its standard deviation.

    Runtimes compute x·s + (β − μ·s), which is then a small difference of large numbers.
    """
    mean, var = (parameters.get(str(v.name)) for v in node.inputs[3:])
    if mean is None or var is None:
        return False
    return bool((np.abs(mean) > _FAR * np.sqrt(var + node.attrs["epsilon"])).any())


@lru_cache(maxsize=64)
def _normalisations(width: int, dtype: str) -> tuple[_Pattern, ...]:
    """The patterns of layers of so many values; of one value ONNX Runtime 1.22 refuses the layer norm, which is β."""
    epsilon = Hole("epsilon", 1e-5)
    layers: tuple[tuple[Op, Layer, tuple[str, ...]], ...] = (
        (_LAYER_NORM, LayerNorm(epsilon=epsilon), ("X", "gamma0", "beta0")),
        (_BATCH_NORM, BatchNorm(epsilon=epsilon), ("X", "gamma0", "beta0", "running_mean0", "running_var0")),
    )
    layers = layers if width > 1 else layers[1:]
    graphs = [simplify(Architecture(width, (layer,)).prediction_graph(dtype)) for _, layer, _ in layers]
    return tuple(
        _Pattern(op, next(iter(graph.outputs.values())), tuple(graph.inputs[name] for name in names))
        for (op, _, names), graph in zip(layers, graphs, strict=True)
    )


@lru_cache(maxsize=1)
def _selu() -> _Pattern:
    x = variable("x", (2, 3), "f32")
    return _Pattern(_SELU, simplify(selu(x)), (x,))


def recognised(graph: Graph, parameters: Mapping[str, Array]) -> Graph:
    """The graph with such layers as single nodes, where no digits are lost.

    ONNX keeps ε in float32: in float64 it must be a number of float32. And a batch normalisation stays as it is where
    it subtracts large means: the parameters tell.
    """

    def visit(node: Node) -> Node:
        found = (pattern.found_in(node, parameters) for pattern in _candidates(node))
        return next((new for new in found if new is not None), node)

    return rebuild(graph, visit)


def _candidates(node: Node) -> tuple[_Pattern, ...]:
    if node.op.name == "multiply" and node.dtype == "f32":
        return (_selu(),)
    width = node.shape[-1] if node.op.name == "add" and node.type.rank == 2 else None
    return _normalisations(width, node.dtype) if isinstance(width, int) else ()
