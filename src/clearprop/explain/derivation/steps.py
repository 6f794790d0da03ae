"""Each named value of a run as a step: its formula, the numbers put in, the result, and its elements on request.

The last steps are those of the update; they are made of the same graph as the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

import numpy as np

from clearprop.explain.derivation.elements import some_indices
from clearprop.explain.derivation.general import rule_of
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.writer import Writer
from clearprop.graph import OPS, Name, Node, Op, variable
from clearprop.graph.entries import Index
from clearprop.graph.node import is_constant, is_variable
from clearprop.messages import Message, Words
from clearprop.present.document import Block, Equation, Equations, Paragraph, Section
from clearprop.present.formula import LONGEST, Math, fill, identifier, is_printable, number, parse
from clearprop.train import GradientDescent, Optimizer, first_numbers

Detail = Literal["formulas", "values", "elements"]
DETAILS: tuple[Detail, ...] = get_args(Detail)
_LONGEST_SAMPLE = 64  # numbers of a single sample that are all printed


def step(name: str, heading: Words, equations: Iterable[Equation] = (), notes: Iterable[Words] = ()) -> Section:
    """A section on one value, such as z1 or dW2: the equations from which it follows, and notes below them."""
    shown = tuple(equations)
    blocks: list[Block] = [Equations(shown)] if shown else []
    return Section(heading, (*blocks, *(Paragraph.of(note, kind="note") for note in notes)), name, "step")


def part(key: str, intro: Iterable[Message], steps: Iterable[Section]) -> Section:
    """Steps under a title: forward pass, backward pass, update."""
    return Section(Message(key), (*(Paragraph.of(words, kind="soft") for words in intro), *steps))


class Steps:
    """Makes the steps of one derivation, in as much detail as `Trace.explain` is asked for."""

    def __init__(self, source: DerivationSource, detail: Detail) -> None:
        self._source, self.detail = source, detail
        self._defined: set[Op] = set()  # fused ops whose meaning has been said
        self._told: set[Name] = set()  # shared values, u₁, u₂, …, that have been written out

    def of(self, name: Name, heading: Words, notes: Iterable[Message] = ()) -> Iterator[Section]:
        """The step of a value, after those of the shared values that it needs."""
        node = self._source.node(name)
        for letter in self._source.needed(node):
            if letter not in self._told:
                self._told.add(letter)
                yield self._step(letter, self._source.node(letter), Message("derivation.shared", of=heading), [])
        yield self._step(name, node, heading, list(notes))

    def given(self, name: Name, heading: Words) -> Section:
        """The step of a value that is not computed: the input, the target, a parameter."""
        array = self._source.arrays[name]
        if self.detail == "formulas":
            return step(name, heading, ((self._source.symbol(name),),))
        if is_printable(array.shape):
            return step(name, heading, ((self._source.symbol(name), self._source.printed(name)),))
        if array.size == array.shape[-1] <= _LONGEST_SAMPLE:
            return step(name, heading, tuple(self._in_parts(name)))
        chosen = some_indices(array, self.detail == "elements")
        left = array.size - len(chosen)
        notes = [Message("derivation.large"), *([Message("derivation.more_given", n=left)] if left else [])]
        return step(name, heading, tuple(self.given_element(name, index) for index in chosen), notes)

    def _in_parts(self, name: Name) -> Iterator[Equation]:
        """Equations for a row that is too long for one line: of x₁ … x₁₂, of x₁₃ … x₂₄, and so on."""
        values = self._source.arrays[name]
        whole = variable(name, values.shape[-1:])
        for start in range(0, values.shape[-1], LONGEST):
            stop = min(start + LONGEST, values.shape[-1])
            piece = OPS["slice"](whole, axis=0, start=start, stop=stop)
            written = Writer(lambda x: self._source.symbol(name) if is_variable(x) else None).formula(piece)
            yield written, self._source.matrix(values[..., start:stop])

    def given_element(self, name: Name, index: Index) -> Equation:
        """One element of a value that is not computed."""
        return self._source.element_symbol(name, index), self._source.matrix(self._source.arrays[name][index])

    def _step(self, name: Name, node: Node, heading: Words, notes: list[Message]) -> Section:
        """The general rule, the value's own formula with numbers and result, what fused ops mean, single elements."""
        source = self._source
        equations: list[Equation] = list(rule_of(name, source))
        main: list[Math] = [source.symbol(name), source.symbols.formula(node)]
        shown = self.detail != "formulas"
        if shown and not source.is_finite(name):  # the textbook formula gives ∞ or NaN; the value itself may be finite
            notes.append(Message("derivation.not_finite"))
            shown = False
            main += [source.printed(name)] if source.is_small(node) and np.isfinite(source.arrays[name]).all() else []
        elif shown and source.is_small(node):
            main += [source.numbers.formula(node), source.printed(name)]
        elif shown:
            unknown = source.elements.cannot_write(node)
            notes.append(Message("derivation.too_large" if unknown else "derivation.large"))
        if is_constant(node) and name.role == "gradient":
            notes.append(Message("derivation.zero"))
        equations.append(without_repeats(main))
        equations += source.as_output(name, shown and source.is_small(node))
        equations += self._definitions(node)
        if shown:
            elements, said = self._elements(name, node)
            equations += [element for element in elements if element not in equations]
            notes += said
        return step(name, heading, tuple(equations), tuple(notes))

    # --- what the fused ops in a formula mean

    def _definitions(self, node: Node) -> Iterator[Equation]:
        """What each fused op in a formula means, said once and for a single sample: op(x, y) = simpler ops."""
        for x in [node, *self._source.inner(node)]:
            op = x.op
            if op.definition is None or op in self._defined or op.kind == "product":
                continue
            self._defined.add(op)
            inputs = [variable(letter, i.shape, i.dtype) for letter, i in zip("xyuvw", x.inputs, strict=False)]
            meaning = op.definition(*inputs, **x.attrs)
            writer = Writer(_letter, samples=1, digits=self._source.digits)
            sides = without_repeats([writer.formula(op(*inputs, **x.attrs)), writer.formula(meaning)])
            if len(sides) > 1:
                yield sides

    # --- single elements

    def _elements(self, name: Name, node: Node) -> tuple[list[Equation], list[Message]]:
        """Equations of single elements, and what is to be said of those that are left out."""
        everything = self.detail == "elements"
        if not everything and self._source.is_small(node):
            return [], []
        unknown = self._source.elements.cannot_write(node)
        if unknown:
            return [], [Message("derivation.no_elements", op=unknown)]
        array = self._source.arrays[name]
        chosen = some_indices(array, everything, self._source.elements.sources(node))
        left = array.size - len(chosen)
        return [self.element(name, index) for index in chosen], [Message("derivation.more", n=left)] if left else []

    def element(self, name: Name, index: Index) -> Equation:
        """One element: its formula, the numbers put in, the result."""
        source = self._source
        scalar = source.elements.written_out(source.node(name), index)
        value = source.arrays[name][index]
        sides = [source.element_symbol(name, index), source.element_symbols.formula(scalar)]
        if source.is_finite(name):
            sides.append(source.element_numbers.formula(scalar))
        if np.isfinite(value):
            sides.append(source.matrix(value))
        return without_repeats(sides)


def _letter(node: Node) -> Math | None:
    return identifier(str(node.name)) if is_variable(node) else None


def without_repeats(sides: list[Math]) -> Equation:
    """The sides of an equation, none of them twice in a row."""
    return tuple(side for i, side in enumerate(sides) if i == 0 or side != sides[i - 1])


# --- the update


def called(optimizer: Optimizer) -> Words:
    """What an optimizer is called: gradient descent, or by its class, as Adam."""
    return Message("derivation.gradient_descent") if type(optimizer) is GradientDescent else type(optimizer).__name__


def with_rate(optimizer: Optimizer) -> Message:
    """An optimizer and its learning rate: Adam, η = 0.001."""
    return Message("derivation.optimizer", name=called(optimizer), rate=first_numbers(optimizer)["η"])


_CORRECTIONS = {"c₁": "β1", "c₂": "β2"}  # of Adam's averages, each with the β that it is made of
_CORRECTION = parse("1 - {#beta}^{#t}")
_NEW = {  # by role
    "weight": "derivation.new_weights",
    "bias": "derivation.new_bias",
    "scale": "derivation.new_scale",
    "shift": "derivation.new_shift",
}


class UpdateSteps(Steps):
    """Makes the steps of the update: an optimizer's first, or the one before which the trace was made.

    The source must be made with the same optimizer.
    """

    def __init__(self, source: DerivationSource, detail: Detail, optimizer: Optimizer) -> None:
        super().__init__(source, detail)
        self.optimizer = optimizer

    def section(self, why: Iterable[Message] = ()) -> Section:
        """θ′ = θ − η ∂L/∂θ for every parameter, or whatever the optimizer does in its first step, and why that."""
        intro = [Message("derivation.update_intro", optimizer=with_rate(self.optimizer)), *why]
        frozen = [p.name for p in self._source.values.architecture.parameters.values() if p.is_frozen]
        if frozen:
            intro.append(Message("derivation.frozen", names=[f"{n.letter}[{n.layer}]{n.suffix}" for n in frozen]))
        if self.optimizer.slots:
            before = self._source.values.steps_before
            key, counted = ("derivation.later_step", {"t": before + 1}) if before else ("derivation.first_step", {})
            intro.append(Message(key, optimizer=called(self.optimizer), **counted))
        made = [section for new in self.names for section in self.of(new, self.heading(new))]
        return part("derivation.update", intro, (*self._settings(), *made))

    @property
    def names(self) -> list[Name]:
        """What is new after the step, in order: m.W1' of an optimizer with arrays of its own, and W1'."""
        made = [node.name for node in self._source.graph.outputs.values() if node.name is not None]
        learned = self._source.values.learned
        return [name for name in made if name.role == "new" and name.root in learned]

    def _settings(self) -> Iterator[Section]:
        """The optimizer's numbers beside η, and how those of the first step follow: c₁ = 1 − β₁ᵗ."""
        numbers = first_numbers(self.optimizer, self._source.values.steps_before + 1)
        del numbers["η"]
        equations = [equation for letter in numbers if len(equation := self._setting(letter, numbers)) > 1]
        if equations:
            heading = Message("derivation.settings", optimizer=called(self.optimizer))
            yield step("settings", heading, equations)

    def _setting(self, letter: str, numbers: Mapping[str, float]) -> Equation:
        sides = [self._source.symbol(Name.scalar(letter))]
        shown = self.detail != "formulas"
        if letter in _CORRECTIONS:
            beta, digits = _CORRECTIONS[letter], self._source.digits
            sides.append(fill(_CORRECTION, {"beta": self._source.symbol(Name.scalar(beta)), "t": identifier("t")}))
            if shown:
                sides.append(
                    fill(
                        _CORRECTION,
                        {"beta": number(numbers[beta], digits), "t": number(self._source.values.steps_before + 1)},
                    )
                )
        return (*sides, number(numbers[letter], self._source.digits)) if shown else tuple(sides)

    def heading(self, name: Name) -> Message:
        """What a new value is, in words."""
        parameter = name.root
        declared = self._source.values.architecture.parameters[parameter]
        kind = _NEW.get(declared.role, "derivation.new_parameter")
        return Message(kind if name.of == parameter else "derivation.state", l=parameter.layer)

    def _step(self, name: Name, node: Node, heading: Words, notes: list[Message]) -> Section:
        """The formula, and the numbers if they fit; of a large array, or on request, single elements."""
        source, array = self._source, self._source.arrays[name]
        sides = [source.symbol(name), source.symbols.formula(node)]
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
