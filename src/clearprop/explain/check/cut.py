"""The loss of a graph as a function of one of its values, as `slopes` takes it.

Only the part of the graph that depends on the value runs again and again. All that this part reads beside (data, other
parameters, the masks of dropout) is computed once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clearprop.execute import Array, Reference
from clearprop.explain.check.slopes import LossAndBranches, LossOfArray
from clearprop.graph import DTYPES, Graph, Node, expand, rebuild, substitute, topological, variable
from clearprop.graph.node import is_constant, is_variable

HERE, LOSS = "here", "loss"


def loss_of(L: Node, x: Node, run: Callable[[Graph], dict[str, Array]], n: int) -> LossOfArray:
    """L as a function of a node on the way to it: a parameter, or an inner value such as z1.

    `run` gives the values of a graph on the data and the parameters as they are, n is the batch size.
    """
    dependent, beside = _cut(L, x)
    kept = run(Graph({**beside, HERE: x}))
    real = _program(with_branches(dependent))

    def at_real(x: Array) -> LossAndBranches:
        found = real({**kept, HERE: x}, n)
        loss = float(found.pop(LOSS))
        return loss, b"".join(np.packbits(branch).tobytes() for branch in found.values())

    if not _is_analytic(dependent):
        return LossOfArray(kept[HERE], at_real)
    on_complex = _program(_as_complex(dependent))
    return LossOfArray(kept[HERE], at_real, lambda x: complex(on_complex({**kept, HERE: x}, n)[LOSS]))


def _cut(L: Node, x: Node) -> tuple[Graph, dict[str, Node]]:
    """The part of the loss's graph that depends on x, with variables for x and for all that it reads beside; these."""
    dependent, order = {x}, topological([L])
    for node in order:
        if node.op.role != "stop" and not dependent.isdisjoint(node.inputs):  # no slope passes a stop
            dependent.add(node)
    reads = [i for node in order if node in dependent and node is not x for i in node.inputs] + [L]
    others = [node for node in dict.fromkeys(reads) if node not in dependent and not is_constant(node)]
    beside = {f"v{k}": node for k, node in enumerate(others)}
    stand_ins = {node: variable(name, node.shape, node.dtype) for name, node in {HERE: x, **beside}.items()}
    return Graph({LOSS: substitute(L, stand_ins)}), beside


def _program(graph: Graph) -> Callable[[Mapping[str, Array], int], dict[str, Array]]:
    """A graph as a function, which takes of what it is given what it needs, in its own dtypes."""
    program = Reference().load(graph)
    dtypes = {name: DTYPES[node.dtype] for name, node in graph.inputs.items()}
    return lambda given, n: program.run({name: given[name].astype(d, copy=False) for name, d in dtypes.items()}, n)


def _is_analytic(graph: Graph) -> bool:
    """Whether a complex step passes through every op; a condition may choose between values only if it is given."""
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


def with_branches(graph: Graph) -> Graph:
    """The graph with the outcome of every comparison as an output; between two values with a kink they differ.

    A fused op that is not analytic compares within its definition, so it is written out.
    """

    def hides_kinks(node: Node) -> bool:
        return node.op.fused and not node.op.analytic

    def written_out(node: Node) -> Node:
        definition = node.op.definition if hides_kinks(node) else None
        return definition(*node.inputs, **node.attrs) if definition else node

    while any(map(hides_kinks, graph.nodes)):
        graph = rebuild(graph, written_out)
    branches = [node.op.kink(node) for node in graph.nodes if node.op.kink is not None]
    return Graph({**graph.outputs, **{f"branch{k}": branch for k, branch in enumerate(branches)}})
