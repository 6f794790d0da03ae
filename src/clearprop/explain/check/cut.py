"""The loss of a graph as a function of one of its values: the part that hangs on it, cut off from the rest.

What does not depend on the value (data, other parameters, the masks of dropout) is computed once and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clearprop.execute import Array, Reference
from clearprop.explain.check.slopes import LossOfArray
from clearprop.graph import DTYPES, Graph, Node, expand, rebuild, substitute, topological, variable
from clearprop.graph.node import is_constant, is_variable

HERE, LOSS = "here", "loss"


def loss_of(L: Node, x: Node, run: Callable[[Graph], dict[str, Array]], n: int) -> LossOfArray:
    """L as a function of x.

    Args:
        L: the loss, a scalar node.
        x: a node on the way to it: a parameter, or an inner value such as z1.
        run: gives the values of a graph on the data and the parameters as they are.
        n: the batch size.
    """
    hanging, edge = _cut(L, x)
    still = run(Graph({**edge, HERE: x}))
    real = _program(_with_ways(hanging))

    def at_real(x: Array) -> tuple[float, bytes]:
        found = real({**still, HERE: x}, n)
        loss = float(found.pop(LOSS))
        return loss, b"".join(np.packbits(way).tobytes() for way in found.values())

    if not _is_analytic(hanging):
        return LossOfArray(still[HERE], at_real)
    on_complex = _program(_as_complex(hanging))
    return LossOfArray(still[HERE], at_real, lambda x: complex(on_complex({**still, HERE: x}, n)[LOSS]))


def _cut(L: Node, x: Node) -> tuple[Graph, dict[str, Node]]:
    """The graph of the nodes that depend on x, with x and all that it reads beside as variables; and what that is."""
    moving = {x}
    order = topological([L])
    for node in order:
        if node.op.role != "stop" and any(i in moving for i in node.inputs):  # what is stopped stands still
            moving.add(node)
    reads = [i for node in order if node in moving and node is not x for i in node.inputs] + [L]
    still = [node for node in dict.fromkeys(reads) if node not in moving and not is_constant(node)]
    edge = {f"v{k}": node for k, node in enumerate(still)}
    stand_ins = {node: variable(name, node.shape, node.dtype) for name, node in {HERE: x, **edge}.items()}
    return Graph({LOSS: substitute(L, stand_ins)}), edge


def _program(graph: Graph) -> Callable[[Mapping[str, Array], int], dict[str, Array]]:
    """A graph as a function, which takes of what it is given what it needs, in its own dtypes."""
    program = Reference().load(graph)
    dtypes = {name: DTYPES[node.dtype] for name, node in graph.inputs.items()}
    return lambda given, n: program.run({name: given[name].astype(d, copy=False) for name, d in dtypes.items()}, n)


# --- complex numbers


def _is_analytic(graph: Graph) -> bool:
    """Whether a complex step passes through every op; only conditions that stand still may choose between values."""
    nodes = expand(graph).nodes
    return all(is_variable(node) or (node.op.analytic and node.dtype == "f64") for node in nodes)


def _as_complex(graph: Graph) -> Graph:
    """The same graph on complex numbers, all fused ops written out."""

    def visit(node: Node) -> Node:
        if is_variable(node) and node.dtype == "f64":
            return variable(str(node.name), node.shape, "c128")
        if node.attrs.get("dtype") == "f64":
            return node.op(*node.inputs, **{**node.attrs, "dtype": "c128"})
        return node

    return rebuild(expand(graph), visit)


# --- kinks


def _with_ways(graph: Graph) -> Graph:
    """The graph with the outcome of every comparison as an output: two values with a kink between them differ there."""
    while any(_hides_kinks(node) for node in graph.nodes):
        graph = rebuild(graph, _written_out)
    ways = [node.op.kink(node) for node in graph.nodes if node.op.kink is not None]
    return Graph({**graph.outputs, **{f"way{k}": way for k, way in enumerate(ways)}})


def _hides_kinks(node: Node) -> bool:
    return node.op.fused and not node.op.analytic


def _written_out(node: Node) -> Node:
    return node.op.definition(*node.inputs, **node.attrs) if node.op.definition and _hides_kinks(node) else node
