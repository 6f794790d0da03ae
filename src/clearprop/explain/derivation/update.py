"""The update of every parameter: the last section, made of the same graph as the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from clearprop.explain.derivation.document import part, step
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.steps import Detail, Steps, without_repeats
from clearprop.explain.derivation.symbols import symbol
from clearprop.graph import Name, Node
from clearprop.messages import Message, Words
from clearprop.present.document import Equation, Section
from clearprop.present.formula import fill, identifier, number, parse
from clearprop.train import Optimizer, first_numbers

_CORRECTIONS = {"c₁": "β1", "c₂": "β2"}
_CORRECTION = parse("1 - {#beta}^{#t}")
_NEW = {"W": "derivation.new_weights", "b": "derivation.new_bias"}


def update_section(updates: UpdateSteps) -> Section:
    """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step."""
    optimizer = updates.optimizer
    name = type(optimizer).__name__
    intro = [Message("derivation.update_intro", optimizer=f"{name}, η = {first_numbers(optimizer)['η']:g}")]
    if optimizer.slots:
        intro.append(Message("derivation.first_step", optimizer=name))
    made = [made for new in updates.names for made in updates.of(new, updates.heading(new))]
    return part("derivation.update", intro, (*updates.settings(), *made))


class UpdateSteps(Steps):
    """Makes the steps of an optimizer's first step.

    Args:
        source: the run, made with the optimizer.
        detail: "formulas", "values" (numbers put in) or "elements" (every element, too).
        optimizer: whose first step it is.
    """

    def __init__(self, source: DerivationSource, detail: Detail, optimizer: Optimizer) -> None:
        super().__init__(source, detail)
        self.optimizer = optimizer

    @property
    def names(self) -> list[Name]:
        """What is new after the step, in order: m.W1' of an optimizer with arrays of its own, and W1'."""
        made = [node.name for node in self._source.graph.outputs.values() if node.name is not None]
        learned = self._source.values.learned
        return [name for name in made if name.role == "new" and name.root in learned]

    def settings(self) -> Iterator[Section]:
        """The optimizer's numbers beside η, and how those of the first step follow: c₁ = 1 − β₁ᵗ."""
        numbers = first_numbers(self.optimizer)
        del numbers["η"]
        equations = [equation for letter in numbers if len(equation := self._setting(letter, numbers)) > 1]
        if equations:
            heading = Message("derivation.settings", optimizer=type(self.optimizer).__name__)
            yield step("settings", heading, equations)

    def _setting(self, letter: str, numbers: Mapping[str, float]) -> Equation:
        sides = [symbol(Name.scalar(letter))]
        shown = self.detail != "formulas"
        if letter in _CORRECTIONS:
            beta, digits = _CORRECTIONS[letter], self._source.digits
            sides.append(fill(_CORRECTION, {"beta": symbol(Name.scalar(beta)), "t": identifier("t")}))
            if shown:
                sides.append(fill(_CORRECTION, {"beta": number(numbers[beta], digits), "t": number(1)}))
        return (*sides, number(numbers[letter], self._source.digits)) if shown else tuple(sides)

    def heading(self, name: Name) -> Message:
        """What a new value is, in words."""
        parameter = name.root
        kind = _NEW.get(parameter.letter, "derivation.new_parameter")
        return Message(kind if name.of == parameter else "derivation.state", l=parameter.layer)

    def _step(self, name: Name, node: Node, heading: Words, notes: list[Message]) -> Section:
        """The formula, and the numbers if they fit; of a large array single elements, and what they stand for."""
        source, array = self._source, self._source.arrays[name]
        sides = [symbol(name), source.symbols.formula(node)]
        if self.detail == "formulas" or not np.isfinite(array).all():
            return step(name, heading, (without_repeats(sides),))
        if source.is_small(node):
            sides += [source.numbers.formula(node), source.printed(name)]
        elif array.size == 1:
            sides.append(source.printed(name))
        else:
            notes.append(Message("derivation.large"))
        elements, left_out = self._elements(name, node) if array.size > 1 else ([], [])
        return step(name, heading, (without_repeats(sides), *elements), (*notes, *left_out))
