"""The update of every parameter, by the optimizer's own graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from clearprop.cached import cached_property
from clearprop.execute import Array, evaluate
from clearprop.explain.derivation.arrange import Index
from clearprop.explain.derivation.document import part, step
from clearprop.explain.derivation.elements import Elements, some_indices
from clearprop.explain.derivation.shared import letters, needed, parts
from clearprop.explain.derivation.source import Source
from clearprop.explain.derivation.steps import Detail, without_repeats
from clearprop.explain.derivation.symbols import Place, symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.graph import Graph, Node, tidy, variable
from clearprop.messages import Message
from clearprop.present.document import Equation, Section
from clearprop.present.formula import Math, fill, identifier, is_printable, number, parse
from clearprop.train import Moment, Optimizer
from clearprop.train.optimizers import clipped

_CORRECTIONS = {"c₁": "β1", "c₂": "β2"}
_NEW = {"W": "derivation.new_weights", "b": "derivation.new_bias"}
_CORRECTION = parse("1 - {#beta}^{#t}")


def update_section(updates: Updates) -> Section:
    """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step."""
    optimizer = updates.optimizer
    name = type(optimizer).__name__
    intro = [Message("derivation.update_intro", optimizer=f"{name}, η = {first_rate(optimizer):g}")]
    if optimizer.slots:
        intro.append(Message("derivation.first_step", optimizer=name))
    return part("derivation.update", intro, (*updates.settings(), *updates.steps()))


def first_rate(optimizer: Optimizer) -> float:
    """η of the first step."""
    return optimizer.schedule.rate(Moment(0, total_steps=1, steps_per_epoch=1))


class Updates:
    """The graph of one optimizer step, its numbers, and how both are written.

    Args:
        source: the run whose gradients are used.
        detail: "formulas", "values" (numbers put in) or "elements" (every element, too).
        optimizer: whose first step it is.
    """

    def __init__(self, source: Source, detail: Detail, optimizer: Optimizer) -> None:
        self._source, self._detail, self.optimizer = source, detail, optimizer
        self._graph, self._given = update_graph(source, optimizer)
        named = {node: str(node.name) for node in self._graph.nodes if node.name and node.op.name != "constant"}
        shared = letters(self._graph.nodes, named, first=len(source.auxiliary) + 1)
        self._names = named | shared
        self._shared = {letter: node for node, letter in shared.items()}
        self._told: set[str] = set()

    @cached_property
    def _values(self) -> dict[str, Array]:
        return self._given | evaluate(dict(self._graph.outputs) | self._shared, self._given)

    @cached_property
    def _elements(self) -> Elements:
        return Elements(self._names.get, self._values, samples=1)

    @property
    def names(self) -> list[str]:
        """What is new after the step: W1', and m.W1' of an optimizer with arrays of its own."""
        return list(self._graph.outputs)

    @staticmethod
    def parameter_of(name: str) -> str:
        """The parameter that a new value belongs to."""
        return name.rstrip("'").rpartition(".")[2]

    def settings(self) -> Iterator[Section]:
        """The optimizer's numbers beside η, and how those of the first step follow: c₁ = 1 − β₁ᵗ."""
        numbers = self.optimizer.scalars(1)
        equations = [equation for name in numbers if len(equation := self._setting(name, numbers)) > 1]
        if equations:
            heading = Message("derivation.settings", optimizer=type(self.optimizer).__name__)
            yield step("settings", heading, tuple(equations))

    def _setting(self, name: str, numbers: Mapping[str, float]) -> Equation:
        printed = number(numbers[name], self._source.digits)
        shown = self._detail != "formulas"
        if name not in _CORRECTIONS:
            return (symbol(name), printed) if shown else (symbol(name),)
        beta = _CORRECTIONS[name]
        formula = fill(_CORRECTION, {"beta": symbol(beta), "t": identifier("t")})
        put_in = fill(_CORRECTION, {"beta": number(numbers[beta], self._source.digits), "t": number(1)})
        return (symbol(name), formula, put_in, printed) if shown else (symbol(name), formula)

    def steps(self) -> Iterator[Section]:
        """A step for each new value, after those of the shared values that it needs."""
        for name in self.names:
            yield from self.of(name)

    def of(self, name: str) -> Iterator[Section]:
        """The step of a new value, after those of the shared values that it needs and that are not written yet."""
        node = self._graph[name]
        for letter in needed(node, self._names.get, self._shared):
            if letter not in self._told:
                self._told.add(letter)
                yield self._step(letter, self._shared[letter], Message("derivation.shared"))
        yield self._step(name, node, self._heading(name))

    def element_step(self, name: str, index: Index) -> Section:
        """One element of a new value."""
        return step(name, self._heading(name), (self._element(name, self._graph[name], index),))

    def _heading(self, name: str) -> Message:
        parameter = self.parameter_of(name)
        layer = self._source.values.architecture.parameters[parameter].layer
        kind = _NEW.get(parameter.rstrip("0123456789"), "derivation.new_parameter")
        return Message("derivation.state" if "." in name else kind, l=layer)

    def _step(self, name: str, node: Node, heading: Message) -> Section:
        sides = [symbol(name), self._writer(node, symbol).formula(node)]
        array = self._values[name]
        if self._detail == "formulas" or not np.isfinite(array).all():
            return step(name, heading, (without_repeats(sides),))
        is_small = self._is_small(node, array)
        if is_small:
            sides.append(self._writer(node, self._printed).formula(node))
        if is_small or array.size == 1:
            sides.append(self._source.matrix(array))
        main = without_repeats(sides)
        if array.size == 1 or (is_small and self._detail != "elements"):
            return step(name, heading, (main,))
        chosen = some_indices(array, self._detail == "elements")
        left = array.size - len(chosen)
        notes = [Message("derivation.large")] * (not is_small) + [Message("derivation.more", n=left)] * (left > 0)
        elements = [self._element(name, node, index) for index in chosen]
        return step(name, heading, (main, *elements), tuple(notes))

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
        leaves = self._elements.leaves

        def symbols(x: Node) -> Math | None:
            leaf = leaves.get(x)
            return None if leaf is None else symbol(leaf.name, self._place(leaf.name, leaf.index or ()))

        def numbers(x: Node) -> Math | None:
            return number(self._elements.numbers[x], self._source.digits) if x in leaves else None

        written = [Writer(leaf, digits=self._source.digits).formula(scalar) for leaf in (symbols, numbers)]
        place = self._place(name, index)
        return without_repeats([symbol(name, place), *written, self._source.matrix(self._values[name][index])])

    def _place(self, name: str, index: Index) -> Place:
        if self._values[name].size == 1:
            return Place()
        below = tuple(k + 1 for k in index)
        return Place(below[::-1] if self._source.column else below)


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
