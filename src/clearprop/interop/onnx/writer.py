"""A graph of clearprop's as nodes of an ONNX graph: fused ops lowered, layers recognised, then op by op from one table.

ONNX repeats values along axes of length 1 by itself, so a broadcast is mostly no node: a value is written once, in the
shape that it has before it is repeated, and repeated in full only where an operator needs that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.graph import DTYPES, Graph, N, Node, Shape, eliminate_common, expand
from clearprop.graph.node import is_alias, is_batch_size, is_variable, without_alias
from clearprop.interop.onnx.operators import rule_of
from clearprop.interop.onnx.recognised import recognised
from clearprop.interop.onnx.writing import OnnxGraph
from clearprop.interop.onnx.written import Written
from clearprop.plan import lower


def write_graph(
    into: OnnxGraph,
    graph: Graph,
    values: Mapping[str, str],
    prefix: str = "",
    parameters: Mapping[str, Array] | None = None,
) -> dict[str, str]:
    """Write the nodes of a graph.

    Args:
        into: what they are added to.
        graph: what to compute.
        values: what each of its variables is called in the ONNX graph.
        prefix: of the names of its values: a second graph in the same model needs one.
        parameters: the numbers of those variables that are constant, as far as they are known.

    Returns:
        The name of each output's value.

    Raises:
        InvalidValueError: for an op that nothing is known of in ONNX, by its name.
    """
    graph = recognised(graph, parameters or {})
    return Writer(into, _lowered(graph), values, prefix).outputs(parameters or {})


def _lowered(graph: Graph) -> Graph:
    """The graph in ops that the table has."""
    try:
        return eliminate_common(lower(graph, _is_known))
    except KeyError:
        unknown = next(node.op.name for node in expand(graph).nodes if not (_is_known(node) or node.op.fused))
        raise InvalidValueError(f"the op {unknown!r}", "one that ONNX has, or that is defined by such ops") from None


def _is_known(node: Node) -> bool:
    return is_variable(node) or rule_of(node) is not None


def _constants_first(graph: Graph, parameters: Collection[str]) -> list[Node]:
    """The nodes, each after its inputs, with what is made of parameters alone in front.

    ONNX Runtime 1.32 folds those into constants, and refuses a model where that comes after an x − 0 it has taken out.
    """
    constants: set[Node] = set()
    for node in graph.nodes:
        given = node.name in parameters if is_variable(node) else not is_batch_size(node)
        if given and constants.issuperset(node.inputs):
            constants.add(node)
    return sorted(graph.nodes, key=lambda node: node not in constants)


class Writer:
    """The rules' desk: what has been written, and how to write more.

    Args:
        into, graph, values, prefix: as of `write_graph`; the graph has only ops of the table.
    """

    def __init__(self, into: OnnxGraph, graph: Graph, values: Mapping[str, str], prefix: str) -> None:
        self.into, self._graph, self._prefix = into, graph, prefix
        self._written: dict[Node, Written] = {}
        self._shapes: dict[Shape, str] = {}
        self._node: Node | None = None  # whose value is being written
        self._names = {without_alias(node): name for name, node in graph.outputs.items()}
        for name, node in graph.inputs.items():
            self._written[node] = Written(values[name], node.shape)

    def outputs(self, parameters: Collection[str]) -> dict[str, str]:
        """Write everything; the name of each output's value."""
        for node in _constants_first(self._graph, parameters):
            if node not in self._written:
                self._written[node] = self._write(node)
        return {name: self._output(name, node) for name, node in self._graph.outputs.items()}

    def _write(self, node: Node) -> Written:
        inputs = [self._written[x] for x in node.inputs]
        if is_alias(node):
            return inputs[0]
        self._node = node
        rule = rule_of(node)
        assert rule is not None, "the graph was lowered to ops of the table"
        return rule(self, node, inputs)

    def _name_of(self, node: Node, shape: Shape) -> str | None:
        """An output's name, once it has its shape; or the node's own, where no other value has it, or will have it."""
        if node in self._names:
            return self._prefix + self._names[node] if shape == node.shape else None
        if node.name is None or node.name in self._graph.outputs:
            return None
        return self.into.free(self._prefix + node.name)

    def _output(self, name: str, node: Node) -> str:
        """A value under an output's name, in full; one that is an input too, or has another name, is passed on."""
        value, wanted = self.full(node), self._prefix + name
        return value if value == wanted else self.into.node("Identity", value, name=wanted)

    # --- for the rules

    def part(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node on the way to the value that is being written."""
        return self.into.node(op, *inputs, **attributes)

    def value(self, shape: Shape, op: str, *inputs: str, **attributes: Any) -> Written:
        """The node whose value is the one that is being written, under its name."""
        assert self._node is not None, "a rule is asked for the value of a node"
        name, self._node = self._name_of(self._node, shape), None
        return Written(self.into.node(op, *inputs, name=name, **attributes), shape)

    def full(self, node: Node) -> str:
        """A value that was written before, in the shape of its node."""
        written = self._written[node]
        if written.shape == node.shape:
            return written.name
        full = self.part("Expand", written.name, self.shape(node.shape))
        self._written[node] = Written(full, node.shape)
        return full

    def number(self, value: float, dtype: str) -> str:
        """A number of a graph's dtype."""
        with np.errstate(over="ignore"):  # infinite in float32, as it is where the graph runs
            return self.into.constant(np.dtype(DTYPES[dtype]).type(value))

    def whole(self, *numbers: int) -> str:
        """Whole numbers, as ONNX takes axes, indices and shapes."""
        return self.into.constant(np.array(numbers, np.int64))

    def rows(self) -> str:
        """N as one whole number in an array."""
        batch = next((node for node in self._graph.inputs.values() if node.type.has_batch), None)
        if batch is None:
            raise InvalidValueError("a graph of N rows", "an input that has them, which tells how many there are")
        return self._kept((N,), lambda: self.part("Shape", self._written[batch].name, start=0, end=1))

    def shape(self, shape: Shape) -> str:
        """A shape as an array."""
        sizes = [d for d in shape if isinstance(d, int)]
        if N not in shape:
            return self.whole(*sizes)
        if not sizes:
            return self.rows()
        return self._kept(shape, lambda: self.part("Concat", self.rows(), self.whole(*sizes), axis=0))

    def _kept(self, shape: Shape, made: Callable[[], str]) -> str:
        if shape not in self._shapes:
            self._shapes[shape] = made()
        return self._shapes[shape]
