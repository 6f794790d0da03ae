"""Element types that differ within one graph: casts, put in by a pass of their own, where they can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clearprop.graph.expression import cast
from clearprop.graph.graph import Graph
from clearprop.graph.node import variable
from clearprop.graph.rewrite import with_inputs
from clearprop.graph.types import dtype_name


@dataclass(frozen=True)
class ElementTypes:
    """The element types of a training step.

    Attributes:
        values: of data and of everything that is computed.
        parameters: of what is learned and of the optimizer's arrays; by default that of the values. A wider one keeps
            steps that are too small for the narrower.

    Example:
        >>> ElementTypes("float32").parameters, ElementTypes("float32", "float64").parameters
        ('f32', 'f64')
    """

    values: str = "f32"
    parameters: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", dtype_name(self.values))
        object.__setattr__(self, "parameters", dtype_name(self.parameters or self.values))


def with_casts(graph: Graph, kept: Mapping[str, str]) -> Graph:
    """The same graph with some inputs kept in another element type: they are cast where they come in.

    Args:
        graph: in one element type.
        kept: input → the element type that it has outside.

    Example:
        >>> from clearprop.graph import Graph, variable
        >>> x, W = variable("x", (3,), "f32"), variable("W", (3,), "f32")
        >>> print(with_casts(Graph({"y": x * W}), {"W": "f64"}))
        { x: f32[3], W: f64[3] ->
          %1: f32[3] = cast W
          %2: f32[3] = multiply x %1
          return y = %2 }
    """
    done = {
        node: cast(variable(node.name or name, node.shape, kept[name]), node.dtype)
        for name, node in graph.inputs.items()
        if kept.get(name, node.dtype) != node.dtype
    }
    if not done:
        return graph
    for node in graph.nodes:
        if node not in done:
            inputs = tuple(done[x] for x in node.inputs)
            done[node] = node if inputs == node.inputs else with_inputs(node, inputs)
    return Graph({name: done[node] for name, node in graph.outputs.items()})
