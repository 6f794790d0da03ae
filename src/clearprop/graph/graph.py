"""`Graph`: named outputs, the inputs they need, and the check that every node is well-typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clearprop.cached import cached_property
from clearprop.errors import DTypeError, UnknownNameError
from clearprop.graph.node import Node, topological
from clearprop.graph.text import graph_as_text


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """What is computed: outputs by name. Everything else (inputs, order, names) follows from the nodes.

    Example:
        >>> from clearprop.graph import variable
        >>> x = variable("x")
        >>> print(Graph({"y": (x * x).named("y")}))
        { x: f64[] ->
          y: f64[] = multiply x x
          return y }
    """

    outputs: Mapping[str, Node]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, each after its inputs."""
        return tuple(topological(self.outputs.values()))

    @cached_property
    def inputs(self) -> Mapping[str, Node]:
        """The variables, by name, in the order in which the graph first needs them."""
        found: dict[str, Node] = {}
        for node in self.nodes:
            if node.op.name == "variable" and node.name is not None and found.setdefault(node.name, node) is not node:
                raise DTypeError(f"two different variables named {node.name!r}", "one variable per name")
        return found

    @cached_property
    def named(self) -> Mapping[str, Node]:
        """Every node that has a name, by name; a later node of the same name wins."""
        return {node.name: node for node in self.nodes if node.name is not None}

    def __getitem__(self, name: str) -> Node:
        if name in self.outputs:
            return self.outputs[name]
        if name in self.named:
            return self.named[name]
        raise UnknownNameError(f"no node named {name!r}", "one of: " + ", ".join(self.named))

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def keeping_names(self) -> Graph:
        """The same graph with every named node as an output, so that no rewrite may drop it."""
        extra = {
            name: node for name, node in self.named.items() if name not in self.outputs and node.op.name != "variable"
        }
        return Graph({**self.outputs, **extra})

    def __repr__(self) -> str:
        return graph_as_text(self.inputs, self.nodes, self.outputs)


def as_graph(y: Node | Graph | Mapping[str, Node]) -> Graph:
    """A node, a mapping or a graph as a graph; a single node's output is called by its name, or "y".

    Raises:
        DTypeError: for anything else.
    """
    if isinstance(y, Graph):
        return y
    if isinstance(y, Node):
        return Graph({y.name or "y": y})
    if isinstance(y, Mapping) and all(isinstance(node, Node) for node in y.values()):
        return Graph(dict(y))
    raise DTypeError(f"a value of type {type(y).__name__}", "a node, a graph, or a mapping of names to nodes")


def check(graph: Node | Graph) -> None:
    """Verify that every node has the type that its op's shape rule gives for its inputs.

    Raises:
        ShapeError: if inputs do not fit the op.
        DTypeError: if a node's recorded type is not the one its op gives.

    Example:
        >>> from clearprop.graph import variable
        >>> check(variable("x") + 1)
    """
    for node in as_graph(graph).nodes:
        expected = node.op.infer(*(x.type for x in node.inputs), **node.attrs)
        if node.type != expected:
            raise DTypeError(f"node {node!r} of type {node.type}", str(expected))
