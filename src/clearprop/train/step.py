"""The training step as one graph: loss, gradients, update, (θ, state) → (θ′, state′). Formula shown = formula run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from clearprop import graph as g
from clearprop.graph import ElementTypes, Graph, Name, Node, gradient, rebuild, simplify, tidy, with_casts
from clearprop.nn import Architecture, Parameter, TargetForm, parameter_nodes
from clearprop.nn.names import LOSS
from clearprop.train.optimizers import Optimizer, Slots, clipped
from clearprop.train.scalars import first_numbers


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
    dtype: str | ElementTypes = "f32",
    targets: TargetForm = "rows",
    weighted: bool = False,
) -> StepGraph:
    """Build, simplify, differentiate, append the update, simplify again. The newest graphs are remembered.

    Args:
        architecture: the network.
        optimizer: whose update ends the step.
        dtype: of data and parameters; or element types, where parameters are kept in another one than they are used in.
        targets: integer "labels", or "rows" of numbers.
        weighted: whether there are sample weights w.
    """
    optimizer = optimizer.with_learning_rate(1.0)  # an input of the graph, whatever it is
    types = ElementTypes(dtype) if isinstance(dtype, str) else dtype
    try:
        return _remembered(architecture, optimizer, types, targets, weighted)
    except TypeError:  # a layer or a loss of the user's that cannot be hashed
        return _built(architecture, optimizer, types, targets, weighted)


def _built(
    architecture: Architecture, optimizer: Optimizer, types: ElementTypes, targets: TargetForm, weighted: bool
) -> StepGraph:
    loss = architecture.loss_graph(types.values, True, targets, weighted)
    learned = parameter_nodes(loss, architecture)
    forward = simplify(with_casts(loss, dict.fromkeys(learned, types.parameters)))
    parameters = parameter_nodes(forward, architecture)
    gradients = dict(zip(parameters, gradient(forward[LOSS], list(parameters.values())), strict=True))
    new = append_update(gradients, parameters, architecture, optimizer)
    outputs = dict(forward.outputs) | new
    made = [node.name for node in outputs.values() if node.name is not None]
    return StepGraph(
        graph=simplify(Graph(outputs)),
        stored={name: name.of for name in made if name.role == "new" and name.of is not None},
        slots={name.state(slot): architecture.parameters[name].shape for name in gradients for slot in optimizer.slots},
        scalars=tuple(first_numbers(optimizer)),
    )


_remembered = lru_cache(maxsize=32)(_built)


def textbook_step(graph: Graph, architecture: Architecture, optimizer: Optimizer) -> Graph:
    """Forward, loss, backward and update as the textbooks write them, in one graph; nothing is fused.

    Args:
        graph: forward, loss and backward, in which the gradients have their names: dW1.
        architecture: whose parameters are updated.
        optimizer: whose step it is.

    Returns:
        The graph with new outputs: for each parameter those of the arrays that the optimizer keeps beside it, and its
        own: m.W1', v.W1', W1'.
    """
    learned = parameter_nodes(graph, architecture)
    given = {name: g.variable(name.gradient, theta.shape, theta.dtype) for name, theta in learned.items()}
    new = append_update(given, learned, architecture, optimizer)
    in_order = [n for name in learned for n in (*(name.state(slot).new for slot in optimizer.slots), name.new)]
    alone = tidy(Graph({name: new[name] for name in in_order}))  # what a gradient is made of is not looked into
    found = {d: graph[name.gradient] for name, d in given.items()}
    return Graph(dict(graph.outputs) | dict(rebuild(alone, lambda node: found.get(node, node)).outputs))


def append_update(
    gradients: Mapping[Name, Node],
    parameters: Mapping[Name, Node],
    architecture: Architecture,
    optimizer: Optimizer,
    numbers: str = "f64",
) -> dict[str, Node]:
    """The optimizer's step behind the gradients: (θ, state) → (θ′, state′) for each parameter.

    Args:
        gradients: ∂L/∂θ, by the name of θ.
        parameters: θ, by name.
        architecture: says which of them decay, and what factors they have.
        optimizer: whose step it is.
        numbers: the dtype of η and the optimizer's other numbers.

    Returns:
        By name, the new value of each parameter and then those of the arrays that the optimizer keeps beside it.
    """
    h = {letter: g.variable(Name.scalar(letter), (), numbers) for letter in first_numbers(optimizer)}
    new: dict[Name, Node] = {}
    for name, dtheta in clipped(gradients, optimizer).items():
        theta = parameters[name]
        slots = {slot: g.variable(name.state(slot), theta.shape, theta.dtype) for slot in optimizer.slots}
        new[name.new], changed = _updated(architecture.parameters[name], optimizer, theta, dtheta, slots, h)
        new |= {name.state(slot).new: node for slot, node in changed.items()}
    return {name: node.named(name) for name, node in new.items()}


def _updated(
    declared: Parameter, optimizer: Optimizer, theta: Node, dtheta: Node, slots: Slots, h: Slots
) -> tuple[Node, dict[str, Node]]:
    """A parameter's θ′ and new slots: the optimizer's update, with the factors that η and λ have for this parameter."""
    if declared.learning_rate_factor != 1.0:
        h = {**h, "η": h["η"] * declared.learning_rate_factor}
    if declared.decay_factor and optimizer.weight_decay:
        own = h if declared.decay_factor == 1.0 else {**h, "λ": h["λ"] * declared.decay_factor}
        theta, dtheta = optimizer.decayed(theta, dtheta, own)
    return optimizer.update(theta, dtheta, slots, h)
