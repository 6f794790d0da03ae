"""The printed form of a graph: one line a node, names where there are names, %1, %2, … elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clearprop.graph.node import Node, is_constant
from clearprop.visible import visible

_HIDDEN = {"shape", "dtype"}  # attributes that the printed type shows already
_MOST = 8  # numbers of a tuple that are all printed


def graph_as_text(inputs: Mapping[str, Node], nodes: Sequence[Node], outputs: Mapping[str, Node]) -> str:
    """A graph as text: its inputs, its nodes in order, its outputs."""
    labels = label(nodes)
    heading = ", ".join(f"{name}: {node.type}" for name, node in inputs.items())
    lines = [f"  {labels[n]}: {n.type} = {call(n, labels)}" for n in nodes if not _inline(n)]
    results = ", ".join(labels[n] if labels[n] == name else f"{name} = {labels[n]}" for name, n in outputs.items())
    return "\n".join(map(visible, [f"{{ {heading} ->", *lines, f"  return {results} }}"]))


def _inline(node: Node) -> bool:
    return node.op.name == "variable" or is_constant(node)


def label(nodes: Sequence[Node]) -> Mapping[Node, str]:
    """A unique label for each node: its name, its number if it is a constant, else %1, %2, …."""
    labels: dict[Node, str] = {}
    used: dict[str, int] = {}
    anonymous = 0
    for node in nodes:
        if is_constant(node):
            labels[node] = repr(float(node.attrs["value"]))
        elif node.name is None:
            anonymous += 1
            labels[node] = f"%{anonymous}"
        else:
            used[node.name] = used.get(node.name, 0) + 1
            again = used[node.name]
            labels[node] = node.name if again == 1 else f"{node.name}#{again}"
    return labels


def attributes(attrs: Mapping[str, Any]) -> list[str]:
    """Attributes as they are printed; of long tuples the first numbers and the last.

    Example:
        >>> attributes({"axis": 1, "index": tuple(range(20))})
        ['axis=1', 'index=(0, 1, 2, 3, …, 19)']
    """
    return [f"{k}={_shown(v)}" for k, v in attrs.items() if k not in _HIDDEN]


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and len(value) > _MOST:
        return f"({', '.join(map(str, value[:4]))}, …, {value[-1]})"
    return str(value)


def call(node: Node, labels: Mapping[Node, str]) -> str:
    """The right-hand side of a node's line: op, attributes, inputs."""
    attrs = attributes(node.attrs)
    inputs = [labels[x] for x in node.inputs]
    op = node.op.name + (f"[{', '.join(attrs)}]" if attrs else "")
    return " ".join([op, *inputs])
