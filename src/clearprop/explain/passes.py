"""The graphs behind a trace: forward and backward pass as they train and as the textbooks write them.

They depend on the architecture alone, not on its numbers, so they are made once and serve every trace of it: a loop
that takes a step and looks at it a thousand times plans them once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from clearprop.cached import cached_property
from clearprop.execute import Array, Program, Reference
from clearprop.graph import OPS, Graph, Name, gradient, simplify, tidy
from clearprop.graph.name import as_name
from clearprop.nn import Architecture, TargetForm, parameter_nodes
from clearprop.nn.names import A0, LOSS

_MOST_KEPT = 1 << 22  # bytes of buffers; what needs more is planned anew, which is then little of the work


class Passes:
    """One architecture's graphs for a trace, and the programs that run them. Nothing is made before it is asked for.

    Args:
        architecture: the network.
        training: whether batches normalise themselves and dropout drops.
        form: of the targets; None for a forward pass without a loss.
    """

    def __init__(self, architecture: Architecture, training: bool, form: TargetForm | None) -> None:
        self.architecture, self.training, self.form = architecture, training, form
        self._programs: dict[Graph, tuple[Program, int]] = {}  # each with the most rows it ran for

    @cached_property
    def layer_graph(self) -> Graph:
        """The forward pass and the loss as the textbooks write them, on a[L]; every layer's values have names."""
        if self.form is None:
            return self.architecture.prediction_graph("f64").keeping_names()
        return self.architecture.loss_graph("f64", self.training, self.form).keeping_names()

    @cached_property
    def graph(self) -> Graph:
        """The whole pass, forward and backward, simplified: what runs when the network trains."""
        return self._with_gradients(simplify(self.layer_graph))

    @cached_property
    def textbook_graph(self) -> Graph:
        """Forward and backward as the textbooks write them: the layer graph and its gradients, nothing fused."""
        return tidy(self._with_gradients(self.layer_graph))

    def _with_gradients(self, forward: Graph) -> Graph:
        """A forward pass, and beside it the gradients by its values and the parameters, if it has a loss."""
        if self.form is None:
            return forward
        names = [*self.computed, *self.learned]
        gradients = gradient(forward[LOSS], [forward[name] for name in names])
        outputs = dict(forward.outputs)
        outputs |= {name.gradient: node.named(name.gradient) for name, node in zip(names, gradients, strict=True)}
        return Graph(outputs)

    @cached_property
    def computed(self) -> list[Name]:
        """The layers' values in the order in which they are computed, but for whole numbers, which have no gradient."""
        named = [node.name for node in self.layer_graph.nodes if node.type.is_float and node.name is not None]
        return [name for name in named if name.role == "value"]

    @cached_property
    def learned(self) -> list[Name]:
        """The parameters that the loss depends on; a layer may declare others."""
        return list(parameter_nodes(self.layer_graph, self.architecture))

    @cached_property
    def output(self) -> Name:
        """The name of what the network puts out: a[L], unless something else comes last in it."""
        return as_name(self.architecture.forward("f64", self.training).output.name or "y")

    @cached_property
    def forward_names(self) -> list[Name]:
        """X, then layer by layer z, a, …, and the loss."""
        return [A0, *self.computed, *([LOSS] if self.form is not None else [])]

    @cached_property
    def backward_names(self) -> list[Name]:
        """da[L], dz[L], {dW[L], db[L]}, da[L−1], … down to the first layer."""
        if self.form is None:
            return []
        names: list[Name] = []
        for value in reversed(self.forward_names[1:-1]):
            names.append(value.gradient)
            if value.letter == "z" and not value.suffix:
                names += [name.gradient for name in self.learned if name.layer == value.layer]
        return list(dict.fromkeys([*names, *(name.gradient for name in self.learned)]))

    def run(self, graph: Graph, inputs: Mapping[str, Array], n: int) -> dict[str, Array]:
        """The outputs of one of the graphs for n rows."""
        return self._program(graph, n).run({name: inputs[name] for name in graph.inputs}, n)

    def _program(self, graph: Graph, n: int) -> Program:
        """A program for up to n rows: the one of before, or a new one, which is kept if its buffers are small."""
        kept, most = self._programs.get(graph, (None, 0))
        if kept is not None and n <= most:
            return kept
        program = kept or Reference().load(graph)
        is_small = program.plan.memory(n) <= _MOST_KEPT
        if is_small and graph in (self.graph, self.textbook_graph):
            self._programs[graph] = program, n
        return program if is_small or kept is None else Reference().load(graph)


def passes_of(architecture: Architecture, training: bool, form: TargetForm | None) -> Passes:
    """The graphs of an architecture; those of the newest are remembered, with the rules that they were made by."""
    try:
        return _remembered(architecture, training, form, tuple((op.gradient, op.stable) for op in OPS.values()))
    except TypeError:  # code of the user's, which may change between one trace and the next
        return Passes(architecture, training, form)


@lru_cache(maxsize=16)
def _remembered(architecture: Architecture, training: bool, form: TargetForm | None, rules: tuple[Any, ...]) -> Passes:
    """Whoever puts a wrong rule in the place of a right one, to see the checker catch it, gets graphs made by it."""
    return Passes(architecture, training, form)
