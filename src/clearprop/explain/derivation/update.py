"""The update of every parameter, by the optimizer's own graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clearprop.execute import Array, evaluate
from clearprop.explain.derivation import phrases as p
from clearprop.explain.derivation.document import Equation, Section, Step
from clearprop.explain.derivation.elements import Elements, Index, largest
from clearprop.explain.derivation.shared import letters, needed, parts
from clearprop.explain.derivation.source import Source, is_printable
from clearprop.explain.derivation.steps import Detail, without_repeats
from clearprop.explain.derivation.symbols import Place, symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.language import Language
from clearprop.explain.math import Math, number
from clearprop.graph import Graph, Node, tidy, variable
from clearprop.train import Moment, Optimizer
from clearprop.train.optimizers import clipped

_OTHER_ELEMENTS = 2  # of an array that is too large to print


def update_section(source: Source, lang: Language, detail: Detail, optimizer: Optimizer) -> Section:
    """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step."""
    name = type(optimizer).__name__
    intro = [p.UPDATE_INTRO(lang, optimizer=f"{name}, η = {first_rate(optimizer):g}")]
    if optimizer.slots:
        intro.append(p.FIRST_STEP(lang, optimizer=name))
    return Section(p.UPDATE(lang), tuple(intro), tuple(_Updates(source, optimizer).steps(lang, detail)))


def first_rate(optimizer: Optimizer) -> float:
    """η of the first step."""
    return optimizer.schedule.rate(Moment(0, total_steps=1, steps_per_epoch=1))


class _Updates:
    """The graph of one optimizer step, its numbers, and how both are written."""

    def __init__(self, source: Source, optimizer: Optimizer) -> None:
        self._source = source
        self._graph, given = update_graph(source, optimizer)
        named = {node: str(node.name) for node in self._graph.nodes if node.name and node.op.name != "constant"}
        shared = letters(self._graph.nodes, named, first=len(source.auxiliary) + 1)
        self._names = named | shared
        self._shared = {letter: node for node, letter in shared.items()}
        self._values: dict[str, Array] = given | evaluate(dict(self._graph.outputs) | self._shared, given)
        self._elements = Elements(self._names.get, self._values, samples=1)

    def steps(self, lang: Language, detail: Detail) -> Iterator[Step]:
        """A step for each new value, after those of the shared values that it needs."""
        told: set[str] = set()
        for name, node in self._graph.outputs.items():
            for letter in needed(node, self._names.get, self._shared):
                if letter not in told:
                    told.add(letter)
                    yield self._step(letter, self._shared[letter], p.SHARED(lang), lang, detail)
            yield self._step(name, node, self._heading(name, lang), lang, detail)

    def _heading(self, name: str, lang: Language) -> str:
        parameter = name.rstrip("'").partition(".")[2] or name.rstrip("'")
        layer = self._source.values.architecture.parameters[parameter].layer
        kind = {"W": p.NEW_WEIGHTS, "b": p.NEW_BIAS}.get(parameter.rstrip("0123456789"), p.NEW_PARAMETER)
        return (p.STATE if "." in name else kind)(lang, l=layer)

    def _step(self, name: str, node: Node, heading: str, lang: Language, detail: Detail) -> Step:
        sides = [symbol(name), self._writer(node, symbol).formula(node)]
        equations: list[Equation] = []
        notes: tuple[str, ...] = ()
        array = self._values[name]
        shown = detail != "formulas" and bool(np.isfinite(array).all())
        if shown and self._is_small(node, array):
            sides += [self._writer(node, self._printed).formula(node), self._source.matrix(array)]
        elif shown and array.size == 1:
            sides.append(self._source.matrix(array))
        elif shown:
            equations = [self._element(name, node, index) for index in largest(array, _OTHER_ELEMENTS)]
            notes = (p.LARGE(lang), p.MORE(lang, count=f"{array.size - len(equations):,}"))
        return Step(name, heading, (without_repeats(sides), *equations), notes)

    def _is_small(self, node: Node, array: Array) -> bool:
        named = [self._values[self._names[x]] for x in parts(node, self._names.get)[1]]
        return all(is_printable(value.shape) for value in [array, *named])

    def _writer(self, at: Node, write: Callable[[str], Math]) -> Writer:
        """Writes a node's formula down to what has a name, which is written as given."""

        def leaf(x: Node) -> Math | None:
            name = self._names.get(x)
            return None if name is None or x is at else write(name)

        return Writer(leaf, self._source.column, digits=self._source.digits)

    def _printed(self, name: str) -> Math:
        return self._source.matrix(self._values[name])

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

        written = [Writer(leaf, digits=self._source.digits).formula(scalar) for leaf in (symbols, numbers)]
        return (symbol(name, place(name, index)), *written, self._source.matrix(self._values[name][index]))


def update_graph(source: Source, optimizer: Optimizer) -> tuple[Graph, dict[str, Array]]:
    """The new value of every parameter and of the optimizer's arrays, and what they are computed from."""
    names = [
        n for n, par in source.values.architecture.parameters.items() if par.trainable and f"d{n}" in source.arrays
    ]
    h = {"η": first_rate(optimizer), **optimizer.scalars(1)}
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
