"""The training step as one graph: loss, gradients, update, (θ, state) → (θ′, state′). Formula shown = formula run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from clearprop import graph as g
from clearprop.graph import Graph, Node, gradient, simplify
from clearprop.nn import Architecture, TargetForm, parameter_nodes
from clearprop.train.optimizers import Optimizer, clipped


@dataclass(frozen=True)
class StepGraph:
    """The graph of one training step.

    Attributes:
        graph: outputs `loss`, `L`, and the new value of each carried array, named with a prime: W1′.
        stored: output name → name of the input that it replaces.
        slots: names and shapes of the optimizer's arrays.
        scalars: names of the numbers the optimizer needs at each step, `η` first.
    """

    graph: Graph
    stored: dict[str, str]
    slots: dict[str, tuple[int, ...]]
    scalars: tuple[str, ...]


def step_graph(
    architecture: Architecture,
    optimizer: Optimizer,
    dtype: str = "f32",
    targets: TargetForm = "rows",
    weighted: bool = False,
) -> StepGraph:
    """Build, simplify, differentiate, append the update, simplify again. The newest graphs are remembered.

    Args:
        architecture: the network.
        optimizer: whose update ends the step.
        dtype: of data and parameters.
        targets: integer "labels", or "rows" of numbers.
        weighted: whether there are sample weights w.
    """
    optimizer = replace(optimizer, learning_rate=1.0)  # an input of the graph, whatever it is
    try:
        return _remembered(architecture, optimizer, dtype, targets, weighted)
    except TypeError:  # a layer or a loss of the user's that cannot be hashed
        return _built(architecture, optimizer, dtype, targets, weighted)


def _built(
    architecture: Architecture, optimizer: Optimizer, dtype: str, targets: TargetForm, weighted: bool
) -> StepGraph:
    forward = simplify(architecture.loss_graph(dtype, True, targets, weighted))
    parameters = parameter_nodes(forward, architecture)
    gradients = dict(zip(parameters, gradient(forward["L"], list(parameters.values())), strict=True))
    h = {name: g.variable(name) for name in ("η", *optimizer.scalars(1))}
    outputs: dict[str, Node] = dict(forward.outputs)
    slots: dict[str, tuple[int, ...]] = {}
    for name, dtheta in clipped(gradients, optimizer).items():
        theta, declared = parameters[name], architecture.parameters[name]
        mine = {slot: g.variable(f"{slot}.{name}", declared.shape, dtype) for slot in optimizer.slots}
        slots |= {str(node.name): declared.shape for node in mine.values()}
        if declared.is_weight:
            theta, dtheta = optimizer.decayed(theta, dtheta, h)
        new, changed = optimizer.update(theta, dtheta, mine, h)
        outputs[f"{name}'"] = new.named(f"{name}'")
        outputs |= {f"{slot}.{name}'": node.named(f"{slot}.{name}'") for slot, node in changed.items()}
    graph = simplify(Graph(outputs))
    stored = {name: name[:-1] for name in outputs if name.endswith("'")}
    return StepGraph(graph, stored, slots, tuple(h))


_remembered = lru_cache(maxsize=32)(_built)
