"""What the kernels of the native machine can take: the one place that decides what runs on it.

A kernel is described by the types it was written for. A fused op on other types runs as its stable form; a primitive
on other types has no kernel here, and then the whole graph runs on the reference, which says why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from clearprop.execute.codes import ELEMENTWISE, KERNELS, UPDATES
from clearprop.graph import Graph, N, Node

INDEXED = {"one_hot": 0, "take_rows": 1, "scatter_rows": 1}  # op → which input holds row numbers or labels
NAMES = frozenset({"identity", "stop_gradient"})  # another name for a value of any type


def takes(node: Node) -> bool:
    """Whether there is a kernel for a node as it stands."""
    rule = FORMS.get(node.op.name)
    return node.op.name in KERNELS and (rule is None or rule(node))


def _affine(node: Node) -> bool:
    """Rows times a matrix, and a bias for each column. The formula also takes a vector W, whose b is one per row."""
    x, W, _ = node.inputs
    return W.type.rank == 2 and not _one_per_sample(x)


def _along_rows(node: Node) -> bool:
    """Rows, each by itself: the numbers of one per sample lie in a column."""
    return not _one_per_sample(node.inputs[0])


def _update(node: Node) -> bool:
    """Arrays; of a single number the rule is a few operations on numbers."""
    return node.shape != ()


def _one_per_sample(x: Node) -> bool:
    return x.shape == (N,)


FORMS: Mapping[str, Callable[[Node], bool]] = {
    "affine": _affine,
    "softmax": _along_rows,
    "log_softmax": _along_rows,
    "softmax_cross_entropy": _along_rows,
    **dict.fromkeys(UPDATES, _update),
}


def why_not(graph: Graph, stored: Mapping[str, str]) -> str | None:
    """Why a graph of nodes that have kernels cannot run on the machine; None if it can.

    Args:
        graph: lowered, so that every fused op in it is one that the machine takes.
        stored: output name → input name: outputs that replace an input when the run is over.
    """
    for node in graph.nodes:
        reason = _refused(node)
        if reason:
            return reason
    if not set(stored.values()) <= set(graph.inputs):
        return "an output that replaces an input which nothing reads"
    counters = {x for node in graph.nodes if node.op.name == "uniform" for x in node.inputs}
    if len(counters) > 1 or not all(x.op.name == "variable" for x in counters):
        return "random numbers of several counters, or of one that is computed"
    return _mixed(graph, {graph.inputs[name] for name in stored.values()})


def _refused(node: Node) -> str | None:
    """Why the machine has no kernel for a node, whatever surrounds it."""
    if node.type.rank > 2:
        return f"a value of three axes or more: {node.type}"
    if 0 in node.shape:
        return f"a value without elements: {node.type}"
    if node.dtype == "c128":
        return "complex numbers"
    if node.dtype == "bool" and node.op.name == "variable":
        return "truth values as an input"
    name, labels = node.op.name, [x for x in node.inputs if x.dtype == "i64"]
    if name == "cast" and (labels or node.dtype in ("i64", "bool")):
        return f"a cast from {node.inputs[0].dtype} to {node.dtype}"
    if name in INDEXED and behind_names(node.inputs[INDEXED[name]]).op.name != "variable":
        return "row numbers or labels that are computed"
    if labels and name not in {*INDEXED, *NAMES, "uniform"}:
        return f"{name} of integers"
    return None


def behind_names(node: Node) -> Node:
    """The value that a second name, or a stopped gradient, stands for."""
    while node.op.name in NAMES:
        node = node.inputs[0]
    return node


def _mixed(graph: Graph, changing: Collection[Node]) -> str | None:
    """Everything larger than a number that is known before the step has one floating-point type."""
    known: set[Node] = set()
    found: set[str] = set()
    for node in graph.nodes:
        scalar = node.shape == () and node not in changing and all(x in known for x in node.inputs)
        if scalar and node.op.name in {"variable", "constant", "size", *ELEMENTWISE, *NAMES}:
            known.add(node)
        elif node.type.is_float:
            found.add(node.dtype)
    return f"values of {' and '.join(sorted(found))}" if len(found) > 1 else None
