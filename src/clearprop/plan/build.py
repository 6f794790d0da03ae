"""Graph to plan: lower what the executor lacks, order the steps, share the memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from clearprop.graph import Graph, Node, eliminate_common, rebuild
from clearprop.graph.text import label
from clearprop.plan.cost import PerBatch, flops, size_in_bytes
from clearprop.plan.plan import Plan, Step, Value

# Kernels whose result may share the memory of their first input.
VIEWS = frozenset({"identity", "stop_gradient", "broadcast", "transpose", "slice"})
Takes = Callable[[Node], bool]


def any_of(names: Collection[str]) -> Takes:
    """What an executor takes that runs these ops on inputs of any type."""
    return lambda node: node.op.name in names


def lower(graph: Graph, takes: Takes) -> Graph:
    """Replace fused ops that an executor does not take by their stable form (their definition if that is stable).

    Raises:
        KeyError: if a primitive is not taken, which is a fault of the executor.
    """
    while True:
        missing = [node.op for node in graph.nodes if not takes(node)]
        if not missing:
            return graph
        for op in missing:
            if not op.fused:
                raise KeyError(f"the executor has no kernel for the primitive {op.name!r}")
        graph = rebuild(graph, lambda node: node if takes(node) else _stable_form(node))


def _stable_form(node: Node) -> Node:
    form = node.op.stable or node.op.definition
    assert form is not None
    return form(*node.inputs, **node.attrs)


def build_plan(
    graph: Graph,
    takes: Takes,
    stored: Mapping[str, str] | None = None,
    reuse: bool = True,
    views: Collection[str] = VIEWS,
) -> Plan:
    """Plan a graph for an executor.

    Args:
        graph: what to compute.
        takes: whether the executor runs a node as it stands.
        stored: output name → input name: outputs that replace an input when the run is over.
        reuse: whether values whose lives do not overlap may share a buffer.
        views: kernels whose result needs no memory of its own.

    Example:
        >>> from clearprop.graph import Graph, variable
        >>> x = variable("x", (3,))
        >>> print(build_plan(Graph({"y": (x + 1) * x}), any_of({"variable", "constant", "add", "multiply"})))
        step  kernel    inputs     output      in      FLOPs  bytes
        0     add       x 1.0   →  %1: f64[3]  slot 0  3      48
        1     multiply  %1 x    →  %2: f64[3]  slot 0  3      72
        2 steps, 1 slot of 24 bytes, 6 FLOPs, 120 bytes moved
    """
    graph = eliminate_common(lower(graph, takes))  # two stable forms may share their first steps
    order = [node for node in graph.nodes if node.op.name not in ("variable", "constant")]
    labels = label(graph.nodes)
    values, index = _leaves(graph, labels)
    steps: list[Step] = []
    for i, node in enumerate(order):
        read = tuple(index[x] for x in node.inputs)
        is_view = node.op.name in views
        place, source = "view" if is_view else "slot", read[0] if is_view else None
        traffic = PerBatch() if is_view else sum(map(_bytes_read, node.inputs), size_in_bytes(node.type))
        index[node] = len(values)
        values.append(Value(labels[node], node.type, place, source=source, born=i, name=node.name))
        steps.append(Step(node.op.name, read, index[node], node.attrs, flops(node), traffic))
    inputs = {name: index[node] for name, node in graph.inputs.items()}
    outputs = {name: index[node] for name, node in graph.outputs.items()}
    values = _lifetimes(values, steps, outputs)
    in_place = frozenset(index[node] for node in order if node.op.kind == "elementwise" and node.op.name not in views)
    values, slots = _allocate(values, steps, in_place) if reuse else _one_slot_each(values)
    return Plan(tuple(steps), tuple(values), tuple(slots), inputs, outputs, dict(stored or {}))


def _leaves(graph: Graph, labels: Mapping[Node, str]) -> tuple[list[Value], dict[Node, int]]:
    """Values for the inputs and constants of a graph, and where in the list each node's value is."""
    values: list[Value] = []
    index: dict[Node, int] = {}
    for name, node in graph.inputs.items():
        index[node] = len(values)
        values.append(Value(name, node.type, "input", name=node.name))
    for node in graph.nodes:
        if node.op.name == "constant":
            index[node] = len(values)
            values.append(Value(labels[node], node.type, "constant", number=node.attrs["value"]))
    return values, index


def _bytes_read(node: Node) -> PerBatch:
    """Memory that a step reads for one of its inputs; a constant is part of the code."""
    return PerBatch() if node.op.name == "constant" else size_in_bytes(node.type)


def root(values: list[Value] | tuple[Value, ...], i: int) -> int:
    """The value whose memory value i lives in."""
    while values[i].place == "view":
        source = values[i].source
        assert source is not None
        i = source
    return i


def _lifetimes(values: list[Value], steps: list[Step], outputs: Mapping[str, int]) -> list[Value]:
    """The values with their last reader; a view keeps its root alive, an output lives past the last step."""
    dies = [v.born for v in values]
    for i, step in enumerate(steps):
        for v in step.inputs:
            dies[v] = dies[root(values, v)] = i
    for v in outputs.values():
        dies[v] = dies[root(values, v)] = len(steps)
    return [replace(value, dies=d) for value, d in zip(values, dies, strict=True)]


def _one_slot_each(values: list[Value]) -> tuple[list[Value], list[PerBatch]]:
    """A buffer of its own for each value that needs one; the sizes of the buffers."""
    slots: list[PerBatch] = []
    placed = []
    for value in values:
        if value.place == "slot":
            value = replace(value, slot=len(slots))
            slots.append(size_in_bytes(value.type))
        placed.append(value)
    return placed, slots


def _allocate(values: list[Value], steps: list[Step], in_place: frozenset[int]) -> tuple[list[Value], list[PerBatch]]:
    """Linear scan: a slot is free again after the last reader of what is in it.

    An elementwise step may write where an input of its own type dies: it reads each element before it writes it.
    """
    slots: list[PerBatch] = []
    free: list[int] = []
    for i, step in enumerate(steps):
        made = values[step.output]
        if made.place == "slot":
            slot = _dying_input(values, step, i) if step.output in in_place else None
            if slot is None:
                slot = _best_fit(size_in_bytes(made.type), slots, free)
            values[step.output] = made = replace(made, slot=slot)
        taken = values[root(values, step.output)].slot
        for r in {root(values, v) for v in (*step.inputs, step.output)}:
            slot = values[r].slot
            if values[r].place == "slot" and values[r].dies <= i and slot is not None:
                if r != step.output and slot == taken:
                    continue  # the output lives there now
                free.append(slot)
    return values, slots


def _dying_input(values: list[Value], step: Step, i: int) -> int | None:
    """The slot of an input of the result's type that step i is the last to read, and reads as it stands only."""
    made = values[step.output]
    for v in step.inputs:
        value = values[v]
        read_as_view = any(u != v and root(values, u) == v for u in step.inputs)
        if value.place == "slot" and value.dies == i and value.type == made.type and not read_as_view:
            return value.slot
    return None


def _best_fit(needed: PerBatch, slots: list[PerBatch], free: list[int]) -> int:
    """The smallest free slot that is large enough for every batch size; else a new one."""
    fitting = [s for s in free if slots[s].covers(needed)]
    if not fitting:
        slots.append(needed)
        return len(slots) - 1
    slot = min(fitting, key=lambda s: (slots[s].per_row, slots[s].fixed))
    free.remove(slot)
    return slot
