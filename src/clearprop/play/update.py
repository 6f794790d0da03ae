"""The update that comes next: θ′, and what the optimizer keeps, from the gradients that are shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop import graph as g
from clearprop.execute import Array, Program, Reference
from clearprop.explain import Trace
from clearprop.graph import Graph, Name
from clearprop.nn import Architecture
from clearprop.train import Optimizer, first_numbers
from clearprop.train.step import append_update


class Update:
    """The optimizer's step of one network, as a program.

    Attributes:
        names: of the new values in the order of the textbook: m.W1', v.W1', W1'.
    """

    def __init__(self, architecture: Architecture, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        learned = [p for p in architecture.parameters.values() if p.trainable]
        theta = {p.name: g.variable(p.name, p.shape, "f64") for p in learned}
        gradients = {n: g.variable(n.gradient, node.shape, "f64") for n, node in theta.items()}
        new = append_update(gradients, theta, architecture, optimizer)
        found = {node.name: node for node in new.values() if node.name is not None}
        self.names = [n for p in theta for n in (*(p.state(slot).new for slot in optimizer.slots), p.new)]
        self._graph = Graph({name: found[name] for name in self.names})
        self._program: Program = Reference().load(self._graph)
        self._last: tuple[Trace, Mapping[Name, Array]] | None = None

    def values(self, trace: Trace) -> Mapping[Name, Array]:
        """The new values after the step that a trace was made before, by name."""
        if self._last is None or self._last[0] is not trace:
            scalars = first_numbers(self.optimizer, trace.steps_before + 1)
            given: dict[str, Array] = {}
            for name, node in self._graph.inputs.items():
                if name in trace.parameters:
                    given[name] = trace.parameters[name]
                elif name in scalars:
                    given[name] = np.asarray(scalars[name])
                elif name in trace:
                    given[name] = trace[name]
                else:
                    given[name] = trace.slots.get(name, np.zeros([d for d in node.shape if isinstance(d, int)]))
            made = self._program.run(given)
            self._last = trace, {name: made[name] for name in self.names}
        return self._last[1]
