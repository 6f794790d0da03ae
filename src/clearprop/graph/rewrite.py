"""Rewriting: rebuild a graph bottom-up, one value for equal computations, and match patterns against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from clearprop.graph.fused.record import Hole
from clearprop.graph.graph import Graph, as_graph
from clearprop.graph.name import Name
from clearprop.graph.node import Node, is_alias, topological, without_alias

Rule = Callable[[Node], Node | None]  # the replacement, or None if the rule does not apply


@overload
def on_graph(transform: Callable[[Graph], Graph], y: Node) -> Node: ...
@overload
def on_graph(transform: Callable[[Graph], Graph], y: Graph) -> Graph: ...
def on_graph(transform: Callable[[Graph], Graph], y: Node | Graph) -> Node | Graph:
    """Let a transformation of graphs take and return a single node too."""
    if isinstance(y, Node):
        return transform(Graph({"y": y})).outputs["y"]
    return transform(as_graph(y))


def rebuild(graph: Graph, visit: Callable[[Node], Node]) -> Graph:
    """Replace each node, inputs first, by what `visit` makes of it once its inputs are replaced. Names travel."""
    done: dict[Node, Node] = {}
    for node in graph.nodes:
        inputs = tuple(done[x] for x in node.inputs)
        same = all(new is old for new, old in zip(inputs, node.inputs, strict=True))
        current = node if same else with_inputs(node, inputs)
        replacement = visit(current)
        done[node] = replacement if node.name is None else replacement.named(node.name)
    return Graph({name: done[node] for name, node in graph.outputs.items()})


def with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    """The same op on other inputs, type-checked anew, under the same name."""
    new = node.op(*inputs, **node.attrs)
    return new if node.name is None else new.named(node.name)


def substitute(y: Node, replacements: Mapping[Node, Node]) -> Node:
    """y with some of its nodes replaced (variables by other nodes, say)."""
    done: dict[Node, Node] = dict(replacements)
    for node in topological([y]):
        if node in done:
            continue
        inputs = tuple(done[x] for x in node.inputs)
        done[node] = node if inputs == node.inputs else with_inputs(node, inputs)
    return done[y]


def apply_rules(graph: Graph, rules: Mapping[str, Sequence[Rule]]) -> Graph:
    """One pass, inputs first: at each node apply the rules for its op until none applies."""

    def visit(node: Node) -> Node:
        replaced = True
        while replaced:
            replaced = False
            for rule in rules.get(node.op.name, ()):
                new = rule(node)
                if new is not None and new is not node:
                    node, replaced = new, True
                    break
        return node

    return rebuild(graph, visit)


# --- one node for equal computations


def _key(node: Node, numbers: Mapping[Node, int]) -> tuple[Any, ...]:
    if node.op.name == "variable":
        return (id(node),)
    inputs = tuple(numbers[x] for x in node.inputs)
    if node.op.commutative:
        inputs = tuple(sorted(inputs))
    attrs = tuple((k, repr(v) if isinstance(v, float) else v) for k, v in sorted(node.attrs.items()))
    return (node.op.name, attrs, inputs)


def number_values(nodes: Sequence[Node]) -> dict[Node, int]:
    """Give equal numbers to nodes that compute the same value; an alias has the number of what it names."""
    table: dict[tuple[Any, ...], int] = {}
    numbers: dict[Node, int] = {}
    for node in nodes:
        if is_alias(node):
            numbers[node] = numbers[node.inputs[0]]
        else:
            numbers[node] = table.setdefault(_key(node, numbers), len(table))
    return numbers


def eliminate_common(graph: Graph) -> Graph:
    """Compute equal values once. A value with several names keeps the first; the others become aliases of it."""
    numbers = number_values(graph.nodes)
    names: dict[int, Name] = {}
    for node in graph.nodes:
        if node.name is not None:
            names.setdefault(numbers[node], node.name)
    chosen: dict[int, Node] = {}
    done: dict[Node, Node] = {}
    for node in graph.nodes:
        number = numbers[node]
        if number not in chosen:
            inputs = tuple(done[x] for x in node.inputs)
            same = all(new is old for new, old in zip(inputs, node.inputs, strict=True))
            fresh = (
                node
                if same and node.name == names.get(number)
                else Node(node.op, inputs, node.attrs, node.type, names.get(number))
            )
            chosen[number] = fresh
        done[node] = chosen[number] if node.name is None else _alias(chosen[number], node, node.name)
    return Graph({name: done[node] for name, node in graph.outputs.items()})


def _alias(value: Node, old: Node, name: Name) -> Node:
    if is_alias(old) and old.inputs[0] is value:
        return old
    return value.named(name)


def same_structure(a: Node | Graph, b: Node | Graph) -> bool:
    """Whether two graphs compute the same outputs in the same way (names of inner nodes aside).

    Example:
        >>> from clearprop.graph import variable
        >>> x = variable("x")
        >>> same_structure(x + 1, x + 1), same_structure(x + 1, x + 2)
        (True, False)
    """
    first = a.outputs if isinstance(a, Graph) else {"y": a}
    second = b.outputs if isinstance(b, Graph) else {"y": b}
    if first.keys() != second.keys():
        return False
    numbers = number_values(topological([*first.values(), *second.values()]))
    return all(numbers[first[name]] == numbers[second[name]] for name in first)


# --- patterns


def match(pattern: Node, node: Node, bound: dict[Node, Node], holes: dict[str, float]) -> bool:
    """Whether a node has the form of a pattern; on success `bound` holds what stands for its variables.

    A pattern is an ordinary node whose variables stand for any value, and whose `Hole` constants stand for any number.
    Of the attributes, shape and dtype follow from the inputs and are not compared.
    """
    if pattern.op.name == "variable":
        node = without_alias(node)
        return bound.setdefault(pattern, node) is node
    if pattern.op.name == "constant":
        return _match_number(pattern.attrs["value"], node, holes)
    node = without_alias(node)
    if pattern.op is not node.op or len(pattern.inputs) != len(node.inputs):
        return False
    if _own_attrs(pattern) != _own_attrs(node):
        return False
    orders = [node.inputs] + ([node.inputs[::-1]] if node.op.commutative else [])
    for inputs in orders:
        trial, trial_holes = dict(bound), dict(holes)
        if all(match(p, x, trial, trial_holes) for p, x in zip(pattern.inputs, inputs, strict=True)):
            bound.update(trial)
            holes.update(trial_holes)
            return True
    return False


def _own_attrs(node: Node) -> dict[str, Any]:
    return {k: v for k, v in node.attrs.items() if k not in ("shape", "dtype")}


def _match_number(value: float, node: Node, holes: dict[str, float]) -> bool:
    if node.op.name != "constant":
        return False
    number = float(node.attrs["value"])
    if isinstance(value, Hole):
        return holes.setdefault(value.name, number) == number
    return number == value
