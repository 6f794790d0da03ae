"""Which graphs can run on the native machine: the one place that decides it. It is decided in two stages.

`takes` says of a node whether the machine has a kernel for it. If not, a fused op is replaced by its stable form; a
primitive sends the whole graph to the reference executor. `why_not` then looks at the types of the graph that results:
if the machine has none such, the whole graph runs on the reference, too, and `Program.why` gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from clearprop.execute.codes import ELEMENTWISE, KERNELS, UPDATES
from clearprop.graph import Graph, N, Node

INDEXED = {"one_hot": 0, "take_rows": 1, "scatter_rows": 1}  # op → which input holds row numbers or labels
ALIASES = frozenset({"identity", "stop_gradient"})  # ops whose result is their input, of whatever type


def takes(node: Node) -> bool:
    """Whether the machine has a kernel for a node's op that suits its shapes; what else is needed, `why_not` checks."""
    rule = FORMS.get(node.op.name)
    return node.op.name in KERNELS and (rule is None or rule(node))


def _affine(node: Node) -> bool:
    """x·W + b with rows x, a matrix W and a bias for each column.

    The op is defined, but the kernel is not, for a vector W, which has a bias for each row, and for (N,) as x.
    """
    x, W, _ = node.inputs
    return W.type.rank == 2 and not _one_per_sample(x)


def _along_rows(node: Node) -> bool:
    """Softmax and its kin work along rows. In (N,), which is stored as a column, each row would be a single number."""
    return not _one_per_sample(node.inputs[0])


def _update(node: Node) -> bool:
    """An optimizer's update of an array. That of a single number runs as its definition, a few scalar operations."""
    return node.shape != ()


def _one_per_sample(x: Node) -> bool:
    return x.shape == (N,)


# Op → what a node must fulfil for its kernel. The kernels of other ops have no such condition.
FORMS: Mapping[str, Callable[[Node], bool]] = {
    "affine": _affine,
    "softmax": _along_rows,
    "log_softmax": _along_rows,
    "softmax_cross_entropy": _along_rows,
    **dict.fromkeys(UPDATES, _update),
}


def why_not(graph: Graph, stored: Mapping[str, str]) -> str | None:
    """Why the machine cannot run a graph; None if it can.

    Args:
        graph: in which fused ops that the machine does not take have been replaced by simpler ones (`plan.lower`).
        stored: output name → input name: outputs that replace an input when the run is over.
    """
    for node in graph.nodes:
        reason = _why_not_node(node)
        if reason:
            return reason
    if not set(stored.values()) <= set(graph.inputs):
        return "an output that replaces an input which nothing reads"
    counters = {x for node in graph.nodes if node.op.name == "uniform" for x in node.inputs}
    if len(counters) > 1 or not all(x.op.name == "variable" for x in counters):
        return "random numbers of several counters, or of one that is computed"
    return _mixed(graph, {graph.inputs[name] for name in stored.values()})


def _why_not_node(node: Node) -> str | None:
    """Why the machine cannot compute a node, whatever else is in the graph; None if it can."""
    if node.type.rank > 2:
        return f"a value of three axes or more: {node.type}"
    if 0 in node.shape:
        return f"a value without elements: {node.type}"
    if node.dtype == "c128":
        return "complex numbers"
    if node.dtype == "bool" and node.op.name == "variable":
        return "truth values as an input"
    name, integers = node.op.name, [x for x in node.inputs if x.dtype == "i64"]
    if name == "cast" and (integers or node.dtype in ("i64", "bool")):
        return f"a cast from {node.inputs[0].dtype} to {node.dtype}"
    if name in INDEXED and _without_aliases(node.inputs[INDEXED[name]]).op.name != "variable":
        return "row numbers or labels that are computed"
    if integers and name not in {*INDEXED, *ALIASES, "uniform"}:
        return f"{name} of integers"
    return None


def _without_aliases(node: Node) -> Node:
    """The node that a chain of aliases ends in; the node itself if it is none."""
    while node.op.name in ALIASES:
        node = node.inputs[0]
    return node


def _mixed(graph: Graph, replaced: Collection[Node]) -> str | None:
    """Which floating-point types are mixed in a graph; None if there is one at most.

    Numbers that are known before the step begins, such as the learning rate, may have another type.

    Args:
        graph: the graph.
        replaced: inputs that an output replaces, which are therefore not known before each step.
    """
    known_scalars: set[Node] = set()
    float_types: set[str] = set()
    for node in graph.nodes:
        scalar = node.shape == () and node not in replaced and all(x in known_scalars for x in node.inputs)
        if scalar and node.op.name in {"variable", "constant", "size", *ELEMENTWISE}:
            known_scalars.add(node)
        elif node.type.is_float:
            float_types.add(node.dtype)
    return f"values of {' and '.join(sorted(float_types))}" if len(float_types) > 1 else None
