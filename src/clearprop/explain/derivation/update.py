"""The update of every parameter, by the optimizer's own graph."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clearprop.execute import Array, evaluate
from clearprop.explain.derivation import phrases as p
from clearprop.explain.derivation.document import Equation, Section, Step
from clearprop.explain.derivation.elements import Elements, Index, largest
from clearprop.explain.derivation.source import Source, is_printable
from clearprop.explain.derivation.steps import Detail, without_repeats
from clearprop.explain.derivation.symbols import Place, symbol
from clearprop.explain.derivation.writer import Leaf, Writer
from clearprop.explain.language import Language
from clearprop.explain.math import Math, number
from clearprop.graph import Graph, Node, tidy, variable
from clearprop.train import Optimizer
from clearprop.train.optimizers import clipped

_OTHER_ELEMENTS = 2  # of an array that is too large to print


def update_section(source: Source, lang: Language, detail: Detail, optimizer: Optimizer) -> Section:
    """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step."""
    name = type(optimizer).__name__
    intro = [p.UPDATE_INTRO(lang, optimizer=f"{name}, η = {optimizer.schedule.learning_rate:g}")]
    if optimizer.slots:
        intro.append(p.FIRST_STEP(lang, optimizer=name))
    return Section(p.UPDATE(lang), tuple(intro), tuple(_Updates(source, optimizer).steps(lang, detail)))


class _Updates:
    """The graph of one optimizer step, its numbers, and how both are written."""

    def __init__(self, source: Source, optimizer: Optimizer) -> None:
        self._source = source
        self._graph, given = _update_graph(source, optimizer)
        self._values: dict[str, Array] = given | evaluate(self._graph, given)
        self._elements = Elements(self._stop, self._values, samples=1)

    def steps(self, lang: Language, detail: Detail) -> Iterator[Step]:
        """A step for each new value."""
        for name, node in self._graph.outputs.items():
            yield self._step(name, node, lang, detail)

    def _step(self, name: str, node: Node, lang: Language, detail: Detail) -> Step:
        parameter = name.rstrip("'").partition(".")[2] or name.rstrip("'")
        layer = self._source.values.architecture.parameters[parameter].layer
        heading = {"W": p.NEW_WEIGHTS, "b": p.NEW_BIAS}.get(parameter.rstrip("0123456789"), p.NEW_PARAMETER)
        heading = p.STATE if "." in name else heading
        sides = [symbol(name), Writer(self._symbol(node), self._source.column).formula(node)]
        equations: list[Equation] = []
        notes: tuple[str, ...] = ()
        array = self._values[name]
        if detail != "formulas" and is_printable(array.shape):
            sides += [Writer(self._numbers(node), self._source.column).formula(node), self._source.matrix(array)]
        elif detail != "formulas":
            equations = [self._element(name, node, index) for index in largest(array, _OTHER_ELEMENTS)]
            notes = (p.LARGE(lang), p.MORE(lang, count=f"{array.size - len(equations):,}"))
        return Step(name, heading(lang, l=layer), (without_repeats(sides), *equations), notes)

    def _stop(self, node: Node) -> str | None:
        return node.name if node.op.name != "constant" else None

    def _symbol(self, at: Node) -> Leaf:
        return lambda x: symbol(x.name) if x.name is not None and x is not at and self._stop(x) else None

    def _numbers(self, at: Node) -> Leaf:
        def numbers(x: Node) -> Math | None:
            stop = self._stop(x)
            return None if stop is None or x is at else self._source.matrix(self._values[stop])

        return numbers

    def _element(self, name: str, node: Node, index: Index) -> Equation:
        """One entry: every op of an update works entry by entry."""
        scalar = self._elements.written_out(node, index)
        leaves, column = self._elements.leaves, self._source.column

        def place(name: str, index: Index) -> Place:
            below = tuple(k + 1 for k in index)
            return Place(below[::-1] if column else below)

        def symbols(x: Node) -> Math | None:
            leaf = leaves.get(x)
            return None if leaf is None else symbol(leaf.name, place(leaf.name, leaf.index or ()))

        def numbers(x: Node) -> Math | None:
            return number(self._elements.numbers[x], self._source.digits) if x in leaves else None

        written = [Writer(leaf).formula(scalar) for leaf in (symbols, numbers)]
        return (symbol(name, place(name, index)), *written, self._source.matrix(self._values[name][index]))


def _update_graph(source: Source, optimizer: Optimizer) -> tuple[Graph, dict[str, Array]]:
    """The new value of every parameter and of the optimizer's arrays, and what they are computed from."""
    names = [
        n for n, par in source.values.architecture.parameters.items() if par.trainable and f"d{n}" in source.arrays
    ]
    h = {"η": optimizer.schedule.learning_rate, **optimizer.scalars(1)}
    scalars = {name: variable(name) for name in h}
    given: dict[str, Array] = {name: np.asarray(value, np.float64) for name, value in h.items()}
    gradients = {n: variable(f"d{n}", source.arrays[n].shape) for n in names}
    outputs: dict[str, Node] = {}
    for name, gradient in clipped(gradients, optimizer).items():
        theta = variable(name, source.arrays[name].shape)
        slots = {slot: variable(f"{slot}.{name}", theta.shape) for slot in optimizer.slots}
        given |= {name: source.arrays[name], f"d{name}": source.arrays[f"d{name}"]}
        given |= {str(slot.name): np.zeros(source.arrays[name].shape) for slot in slots.values()}
        if source.values.architecture.parameters[name].is_weight:
            theta, gradient = optimizer.decayed(theta, gradient, scalars)
        new, changed = optimizer.update(theta, gradient, slots, scalars)
        outputs |= {f"{slot}.{name}'": node.named(f"{slot}.{name}'") for slot, node in changed.items()}
        outputs[f"{name}'"] = new.named(f"{name}'")
    graph = tidy(Graph(outputs))
    return graph, {name: value for name, value in given.items() if name in graph.inputs}
